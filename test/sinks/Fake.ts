/** A sink's service that does as it is told, and entries for it. */
import * as E from 'fp-ts/Either'
import * as Failure from '../../src/core/Failure'
import * as Outbox from '../../src/sinks/Outbox'
import { again, done, never, type Entry, type Sent, type Sink, type Transport } from '../../src/sinks/Sink'
import * as Time from './Time'

export const entry = (id: string, key = 'k', bytes = 1): Entry => ({ id, key, value: id, json: id, bytes })

export const down = again(Failure.make('Down', 'down'))
export const poison = never(Failure.make('Poison', 'never'))

/** What a request gives: an answer for each entry, a rejection, or nothing at all for ever. */
export type Answer = (ids: ReadonlyArray<string>, signal: AbortSignal) => Promise<ReadonlyArray<Sent>>

export const all =
  (sent: Sent): Answer =>
  (ids) =>
    Promise.resolve(ids.map(() => sent))

export const silence: Answer = () => new Promise(() => undefined)

export const settings: Outbox.Settings = {
  count: 100,
  bytes: 1000,
  linger: 0,
  timeout: 10_000,
  backoff: 100,
  deadline: 60_000
}

export interface Rig {
  readonly sink: Sink
  readonly time: Time.Time
  /** `time: ids` of each request. */
  readonly requests: ReadonlyArray<string>
  /** `time: id, how it ended` in this order. */
  readonly ends: ReadonlyArray<string>
  readonly outages: ReadonlyArray<string>
  readonly push: (...entries: ReadonlyArray<Entry>) => void
}

/** `answers`: to the first requests; all later ones are done. */
export const rig = (
  answers: ReadonlyArray<Answer>,
  given: Partial<Outbox.Settings & Transport['limits']> & {
    readonly perEntry?: boolean
    readonly time?: Time.Time
  } = {}
): Rig => {
  const time = given.time ?? Time.make()
  const requests: Array<string> = []
  const ends: Array<string> = []
  const outages: Array<string> = []
  const transport: Transport = {
    limits: { count: 1000, bytes: 10_000, entryBytes: given.entryBytes ?? 10_000 },
    answersPerEntry: given.perEntry ?? false,
    send: (entries, signal) => {
      const answer = answers[requests.length] ?? all(done)
      const ids = entries.map(({ id }) => id)
      requests.push(`${time.now()}: ${ids.join(' ')}`)
      return answer(ids, signal)
    },
    close: () => Promise.resolve(void ends.push(`${time.now()}: closed`))
  }
  const sink = Outbox.make(transport, { ...settings, ...given }, time, (failure) =>
    outages.push(`${time.now()}: ${failure === null ? 'works' : Failure.show(failure)}`)
  )
  return {
    sink,
    time,
    requests,
    ends,
    outages,
    push: (...entries) => {
      for (const one of entries)
        void sink.push(one).then((end) => {
          ends.push(`${time.now()}: ${one.id} ${E.isRight(end) ? 'done' : Failure.show(end.left.failure)}`)
        })
    }
  }
}
