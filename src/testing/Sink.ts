/** How the sinks behave in a test: what they answer to an output, and when. */
import * as E from 'fp-ts/Either'
import type { Output } from '../core/Decision'
import * as Failure from '../core/Failure'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import type { Capabilities, Undelivered } from '../run/Capabilities'
import type { Clock } from './Clock'

/** `after`: milliseconds. */
export type Reply =
  | { readonly _tag: 'Acknowledges'; readonly after: number }
  | {
      readonly _tag: 'GivesUp'
      readonly reason: string
      readonly then: Undelivered['then']
      readonly after: number
    }
  | { readonly _tag: 'Silent' }

/**
 * Acknowledges an output after the given milliseconds.
 *
 * @param after milliseconds
 * @returns the reply
 */
export const acknowledges = (after = 0): Reply => ({ _tag: 'Acknowledges', after })

/**
 * Gives an output up after the given milliseconds; `then` is what its configuration says should follow.
 *
 * @param reason what the last attempt failed with
 * @param then `halt`, `dead-letter`, or `policy`: the record failed, as if the sink could not send the value
 * @param after milliseconds
 * @returns the reply
 */
export const givesUp = (reason: string, then: Undelivered['then'] = 'halt', after = 0): Reply => ({
  _tag: 'GivesUp',
  reason,
  then,
  after
})

/** Never answers. A real sink gives up at its deadline. */
export const silent: Reply = { _tag: 'Silent' }

/** What a sink replies to every output, or to each of them. */
export type Sink = Reply | ((output: Output, record: KinesisRecord) => Reply)

/** By name; a sink that is not named acknowledges at once. */
export type Sinks = Readonly<Record<string, Sink>>

const replyOf = (sink: Sink = acknowledges(), output: Output, record: KinesisRecord): Reply =>
  typeof sink === 'function' ? sink(output, record) : sink

const endOf = (sink: string, reply: Reply): E.Either<Undelivered, void> =>
  reply._tag === 'GivesUp'
    ? E.left({ then: reply.then, failure: Failure.make('SinkFailure', `sink ${sink}: ${reply.reason}`) })
    : E.right(undefined)

/**
 * Delivers as the real sinks do: outputs of one key arrive one after the other, and a record is delivered
 * when each of its outputs is.
 *
 * @param sinks how each sink behaves
 * @param clock the clock by which they take their time
 * @param onDelivered called for each output that was acknowledged
 * @returns a function that delivers the outputs of a record. Its Left says which sink gave up, and why.
 */
export const deliver = (
  sinks: Sinks,
  clock: Clock,
  onDelivered: (record: KinesisRecord, output: Output) => void
): Capabilities['deliver'] => {
  /** When the output before it of the same sink and key has its answer. */
  const freeAt = new Map<string, number>()

  const answerAt = (output: Output, record: KinesisRecord, reply: Reply): number => {
    const queue = JSON.stringify([output.sink, output.key ?? record.partitionKey])
    const begins = Math.max(clock.now(), freeAt.get(queue) ?? 0)
    const ends = reply._tag === 'Silent' ? Infinity : begins + reply.after
    freeAt.set(queue, ends)
    return ends
  }

  return ({ record, outputs }, then) => {
    const ends: Array<E.Either<Undelivered, void>> = []
    let left = outputs.length
    outputs.forEach((output, index) => {
      const reply = replyOf(sinks[output.sink], output, record)
      const time = answerAt(output, record, reply)
      if (time === Infinity) return
      clock.at(time, () => {
        ends[index] = endOf(output.sink, reply)
        if (reply._tag === 'Acknowledges') onDelivered(record, output)
        left -= 1
        if (left === 0) then(ends.find(E.isLeft) ?? E.right(undefined))
      })
    })
  }
}
