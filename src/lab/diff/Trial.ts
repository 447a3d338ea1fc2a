/**
 * Records of a batch through a handler, in sessions as in production: the same fold, runner and addresses of outputs. Nothing
 * is delivered, no dead letter is written, and no failure stops the others.
 */
import * as E from 'fp-ts/Either'
import { understand, type Understood } from '../../core/Decision'
import type * as Effect from '../../core/Effect'
import * as Failure from '../../core/Failure'
import type { AnyHandler } from '../../core/Handler'
import type * as Input from '../../core/Input'
import type * as Session from '../../core/Session'
import * as Action from '../../protocol/Action'
import * as KinesisRecord from '../../protocol/KinesisRecord'
import * as Position from '../../protocol/Position'
import * as ActionCodec from '../../protocol/wire/Action'
import type { Capabilities, Delivery } from '../../run/Capabilities'
import * as Clock from '../../run/Clock'
import * as Interpreter from '../../run/Interpreter'
import * as Turn from '../../run/Turn'
import type { address } from '../../sinks/Sinks'
import * as Outcome from './Outcome'

/** A handler with what its sessions need. */
export interface Subject {
  readonly env: Session.Env
  readonly handler: AnyHandler
  readonly resource: unknown
  readonly address: ReturnType<typeof address>
  /** What the handler decided for the record at an index, or what it threw. */
  readonly onDecided?: (index: number, decided: Understood | Threw) => void
}

/** As a test of `kclts/testing` sees it. */
export interface Threw {
  readonly _tag: 'Threw'
  readonly failure: Failure.Failure
}

/** Records of one shard in order, by their places in the batch. */
export interface Lot {
  readonly shardId: string
  readonly millisBehindLatest: number | null
  readonly records: ReadonlyArray<readonly [index: number, record: KinesisRecord.Fields]>
}

/**
 * What a session would do about a failure is the same for every handler, so each record is tried once, and none stops the
 * worker.
 */
export const envOf = (env: Session.Env): Session.Env => ({
  ...env,
  policy: { ...env.policy, interval: 0, count: 0, manual: false },
  onFailure: 'dead-letter',
  retries: 0,
  breaker: 0,
  badRelease: 0
})

const startOf = (shardId: string): Buffer =>
  Buffer.from(ActionCodec.encode(Action.initialize(shardId, 'TRIM_HORIZON', 0)))

const lineOf = ({ records, millisBehindLatest }: Lot): Buffer =>
  Buffer.from(
    ActionCodec.encode(
      Action.processRecords(
        records.map(([, record]) => KinesisRecord.make(record)),
        millisBehindLatest
      )
    )
  )

/** Before outputs are addressed; for a reject or a failure a letter follows. */
const outcomeOf = (understood: Understood): Outcome.Outcome => {
  switch (understood._tag) {
    case 'Ack':
      return Outcome.acked
    case 'Checkpoint':
      return Outcome.make('checkpoint')
    case 'Forgotten':
      return Outcome.make('nothing')
    case 'Skip':
      return Outcome.make('skip', understood.reason)
    case 'Reject':
      return Outcome.make('reject', understood.reason)
    case 'Halt':
      return Outcome.make('halt', understood.reason)
    case 'Invalid':
      return Outcome.make('failed', understood.reason)
  }
}

/** One session, until its batch is finished or it halts. */
class Trial {
  readonly #alarm = Clock.alarm(Turn.clock)
  readonly #places: ReadonlyMap<string, number>
  readonly #interpreter: Interpreter.Interpreter
  #end = (): void => undefined
  #isOver = false
  #lastError = 'the session ended'

  constructor(
    private readonly subject: Subject,
    private readonly lot: Lot,
    private readonly outcomes: Array<Outcome.Outcome | undefined>
  ) {
    this.#places = new Map(lot.records.map(([index, record]) => [Position.show(record), index]))
    const { env, handler, resource } = subject
    this.#interpreter = Interpreter.make(this.#world(), env, handler, resource)
  }

  readonly run = async (): Promise<void> => {
    const ended = new Promise<void>((resolve) => {
      this.#end = () => {
        this.#isOver = true
        this.#alarm.cancel()
        resolve()
      }
    })
    this.#interpreter.line(startOf(this.lot.shardId))
    this.#interpreter.line(lineOf(this.lot))
    await ended
    // Whatever ended it was about the first record that has no outcome.
    const first = this.lot.records.find(([index]) => this.outcomes[index] === undefined)
    if (first !== undefined && this.lot.records.every(([index]) => this.outcomes[index] === undefined))
      this.outcomes[first[0]] = Outcome.make('halt', this.#lastError)
  }

  #world(): Capabilities {
    return {
      ...Turn.clock,
      random: () => 0.5,
      write: () => undefined,
      wait: (until, then) => this.#alarm.set(until, then),
      log: (level, message, fields) => this.#log(level, message, fields),
      bury: (letter) => {
        const { reason, error } = letter
        this.#set(
          this.#places.get(Position.show(letter)),
          Outcome.make(error === null ? 'reject' : 'failed', reason)
        )
        return E.right(undefined)
      },
      deliver: (delivery, then) => this.#deliver(delivery, then),
      observe: (input, [after], before) => {
        if (after !== before) this.#observe(input)
        if (before.batch !== null && after.batch === null) this.#end()
      },
      exit: () => this.#end()
    }
  }

  #set(index: number | undefined, outcome: Outcome.Outcome): void {
    if (index !== undefined && !this.#isOver) this.outcomes[index] = outcome
  }

  /** The place in the whole batch of a record of the session's batch. */
  #placeOf(index: number): number | undefined {
    return this.lot.records[index]?.[0]
  }

  #observe(input: Input.Input): void {
    if (input._tag === 'Handled') {
      const understood = understand(input.value)
      const outcome = outcomeOf(understood)
      for (let i = input.index; i < input.index + input.count; i++) {
        this.#set(this.#placeOf(i), outcome)
        this.#decided(i, understood)
      }
    } else if (input._tag === 'Threw') this.#decided(input.index, { _tag: 'Threw', failure: input.failure })
    else if (input._tag === 'Undelivered' && input.then === 'halt')
      this.#set(this.#placeOf(input.index), Outcome.make('halt', Failure.show(input.failure)))
  }

  #decided(index: number, decided: Understood | Threw): void {
    const place = this.#placeOf(index)
    if (place !== undefined) this.subject.onDecided?.(place, decided)
  }

  #deliver(delivery: Delivery, then: Parameters<Capabilities['deliver']>[1]): void {
    const index = this.#places.get(Position.show(delivery.record))
    const addressed = this.subject.address(delivery)
    if (index !== undefined && !this.#isOver) {
      // What follows from an output that cannot be sent is heard later, unless the session halts for another record first.
      if (E.isLeft(addressed)) this.outcomes[index] = undefined
      else {
        const { decided, reason } = this.outcomes[index] ?? Outcome.acked
        const sent = addressed.right.map(({ name, entry: { key, json } }) => ({ sink: name, key, json }))
        this.#set(index, Outcome.make(decided, reason, sent))
      }
    }
    queueMicrotask(() => then(E.isLeft(addressed) ? addressed : E.right(undefined)))
  }

  #log(level: Effect.Level, message: string, { reason }: Effect.LogFields): void {
    if (level === 'error') this.#lastError = typeof reason === 'string' ? `${message}: ${reason}` : message
  }
}

/**
 * Fills in the outcomes of all records. After a halt a session gets one record, then two, four ...: otherwise a handler that
 * halts for each would be given the rest of the batch each time.
 *
 * @param isOver whether no further session is wanted
 */
export const run = async (
  subject: Subject,
  lot: Lot,
  outcomes: Array<Outcome.Outcome | undefined>,
  isOver: () => boolean = () => false
): Promise<void> => {
  let left = lot.records
  let most = left.length
  while (left.length > 0 && !isOver()) {
    const records = left.slice(0, most)
    await new Trial(subject, { ...lot, records }, outcomes).run()
    const open = records.filter(([index]) => outcomes[index] === undefined)
    most = open.length > 0 ? 1 : 2 * most
    left = [...open, ...left.slice(records.length)]
  }
}
