/** Decode, step, perform: brings the fold to life with the capabilities it is given. */
import * as E from 'fp-ts/Either'
import * as ActionCodec from '../protocol/wire/Action'
import * as Places from '../protocol/wire/Places'
import * as ReplyCodec from '../protocol/wire/Reply'
import type { Letter } from '../core/DeadLetter'
import type { Output } from '../core/Decision'
import type { Effect, Level, LogFields } from '../core/Effect'
import * as Failure from '../core/Failure'
import type { AnyHandler } from '../core/Handler'
import * as Input from '../core/Input'
import type { KinesisRecords } from '../protocol/KinesisRecords'
import * as Session from '../core/Session'
import type { Capabilities } from './Capabilities'
import * as Runner from './Runner'

export interface Interpreter {
  /** One line from the daemon, without its newline. */
  readonly line: (line: Uint8Array) => void
  /** The daemon's stream ended, with so many bytes of an unfinished line. */
  readonly end: (pending: number) => void
  /** The conversation cannot go on: an unreadable stdin, a stdout that is gone. */
  readonly broken: (problem: string) => void
  /** User code failed outside a record. */
  readonly crashed: (thrown: unknown) => void
  /** The worker is stopping: begin no further record. */
  readonly drain: () => void
  /** A record that `admit` of the capabilities did not let begin may begin now. */
  readonly resume: () => void
  readonly state: () => Session.State
  /** How far the shard was behind its tip when the last batch was read; null when the daemon did not say. */
  readonly millisBehindLatest: () => number | null
}

/** After so many milliseconds of work the event loop is let turn: on every way that leads to work, and for all of a thread. */
export const BREATH = 20
/** The clock is looked at once in so many answers that come together. */
const ANSWERS = 16

const EXCERPT = 120

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

const excerpt = (line: Uint8Array): string => {
  const text = textOf(line.subarray(0, EXCERPT * 4)).slice(0, EXCERPT)
  return JSON.stringify(text) + (line.length > EXCERPT ? ` and more, ${line.length} bytes` : '')
}

const isBlank = (line: Uint8Array): boolean => line.length === 0 || (line.length === 1 && line[0] === 0x0d)

/** `resource`: what the handler's module acquired, for the handler's context. */
export const make = (
  world: Capabilities,
  env: Session.Env,
  handler: AnyHandler,
  resource: unknown = undefined
): Interpreter => {
  const step = Session.step(env)
  const { observe } = world
  const recall = new AbortController()
  /** When the clock was last looked at: to look costs as much as the fold of a record. */
  let seen = 0
  const now = (): number => (seen = world.now())
  let state = Session.initial
  let millisBehindLatest: number | null = null
  let out = ''
  /** The event loop has to turn: no record is begun, and answers wait. */
  let pausing = false
  const stream = env.stream === undefined ? {} : { stream: env.stream }
  let answers: Array<Input.Input> = []
  /** Those of the open batch. */
  let records: KinesisRecords | null = null
  /** When the wait that is set is over. */
  let waiting = Infinity

  /** Gives what is to be done now. */
  const take = (input: Input.Input): ReadonlyArray<Effect> => {
    const before = state
    const taken = step(before, input)
    state = taken[0]
    observe?.(input, taken, before)
    return taken[1]
  }

  /** Does it all, and what comes of it. */
  const performAll = (effects: ReadonlyArray<Effect>): void => {
    const outcomes: Array<Input.Input> = []
    begin(effects, outcomes)
    for (const outcome of outcomes) begin(take(outcome), outcomes)
    flush()
  }

  const begin = (effects: ReadonlyArray<Effect>, outcomes: Array<Input.Input>): void => {
    for (const effect of effects) {
      const outcome = perform(effect)
      if (outcome !== null) outcomes.push(outcome)
    }
  }

  const feed = (input: Input.Input): void => {
    const effects = take(input)
    // A record that is just finished wants nothing: most are.
    if (effects.length > 0) performAll(effects)
    if (records === null || state.batch !== null) return
    records.release?.()
    records = null
  }

  const isLong = (): boolean => now() - world.turned(seen) >= BREATH

  const pause = (): void => {
    pausing = true
    world.soon(() => {
      pausing = false
      const waited = answers
      answers = []
      hear(waited)
      if (pausing) answers.push(Input.ticked(world.now()))
      else tick()
    })
  }

  /** Takes answers for as long as this turn of the event loop may last; the others wait for the next one. */
  const hear = (inputs: ReadonlyArray<Input.Input>): void => {
    if (pausing) {
      for (const input of inputs) answers.push(input)
      return
    }
    for (let heard = 1; heard <= inputs.length; heard++) {
      const input = inputs[heard - 1]
      if (input !== undefined) feed(input)
      if ((heard % ANSWERS === 0 || heard === inputs.length) && isLong()) {
        pause()
        answers = inputs.slice(heard)
        return
      }
    }
  }

  /** Something has come of what was begun earlier: on with the batch. */
  const report = (inputs: ReadonlyArray<Input.Input>): void => {
    hear(inputs)
    run()
  }

  /** A checkpoint and its status leave in one write. */
  const flush = (): void => {
    if (out === '') return
    const text = out
    out = ''
    world.write(text)
  }

  const log = (level: Level, message: string, fields: LogFields): void =>
    world.log(level, message, { shard: state.shardId, ...fields })

  /** Gives the input that reports the effect's outcome, when it is known at once. */
  const perform = (effect: Effect): Input.Input | null => {
    switch (effect._tag) {
      case 'Write':
        out += ReplyCodec.encode(effect.reply)
        return null
      case 'Bury':
        return bury(effect.index, effect.letter)
      case 'Deliver':
        deliver(effect.index, effect.outputs)
        return null
      case 'Abort':
        runner.abort(effect.ticket)
        return null
      case 'Recall':
        recall.abort()
        return null
      case 'Wait':
        wait(effect.until)
        return null
      case 'Log':
        log(effect.level, effect.message, effect.fields)
        return null
      case 'Exit':
        flush()
        world.exit(effect.code)
        return null
    }
  }

  const bury = (index: number, letter: Letter): Input.Input | null => {
    const buried = (stored: E.Either<Failure.Failure, void>): Input.Input =>
      Input.buried(index, E.isLeft(stored) ? stored.left : null, world.now())
    const stored = world.bury({ ...letter, time: world.wall() })
    if (!(stored instanceof Promise)) return buried(stored)
    void stored.then((later) => report([buried(later)]))
    return null
  }

  const deliver = (index: number, outputs: ReadonlyArray<Output>): void => {
    const record = state.batch?.records.at(index)
    if (record === undefined) return
    world.deliver({ ...stream, record, outputs, recalled: recall.signal }, (end) =>
      report([
        E.isLeft(end)
          ? Input.undelivered(index, end.left.then, end.left.failure, world.now())
          : Input.delivered([index], world.now())
      ])
    )
  }

  const tick = (): void => {
    waiting = Infinity
    report([Input.ticked(world.now())])
  }

  /** A wait that ends sooner is left alone: the session is asked again then. To set a timer for each record costs more. */
  const wait = (until: number): void => {
    if (until >= waiting) return
    waiting = until
    world.wait(until, tick)
  }

  const runner = Runner.make({
    handler,
    resource,
    world: { now, random: world.random },
    log,
    feed,
    hear,
    report,
    state: () => state,
    millisBehindLatest: () => millisBehindLatest,
    ...(world.admit === undefined ? {} : { admit: world.admit })
  })

  /** Runs the open batch as far as it goes, with a breath whenever this turn of the event loop has taken long. */
  const run = (): void => {
    if (pausing || state.batch === null) return
    const until = world.turned(seen) + BREATH
    do {
      if (seen >= until && Session.next(state) >= 0) return pause()
    } while (runner.next(seen) && !pausing)
  }

  return {
    line: (line) => {
      if (isBlank(line)) return Places.release(line)
      const action = ActionCodec.read(state.shardId, line)
      /** Of a batch that is open: only a daemon that breaks the protocol sends another one meanwhile. */
      let left: KinesisRecords | null = null
      if (E.isRight(action) && action.right._tag === 'ProcessRecords') {
        millisBehindLatest = action.right.millisBehindLatest
        left = records
        records = action.right.records
      }
      feed(
        E.isLeft(action)
          ? Input.broken(`a line from the daemon cannot be read (${action.left}): ${excerpt(line)}`)
          : Input.received(action.right, now(), world.random())
      )
      left?.release?.()
      run()
    },
    end: (pending) =>
      feed(
        pending > 0
          ? Input.broken(`stdin ended in the middle of a line, after ${pending} bytes of it`)
          : Input.closed
      ),
    broken: (problem) => feed(Input.broken(problem)),
    crashed: (thrown) => feed(Input.crashed(Failure.fromUnknown(thrown), world.now())),
    drain: () => feed(Input.drained(world.now())),
    resume: () => {
      now()
      run()
    },
    state: () => state,
    millisBehindLatest: () => millisBehindLatest
  }
}
