/** Decodes, steps and performs: runs the fold with the capabilities that it is given. */
import * as E from 'fp-ts/Either'
import * as ActionCodec from '../protocol/wire/Action'
import * as BufferPool from '../protocol/wire/BufferPool'
import * as Lines from '../protocol/wire/Lines'
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
  /** The daemon's stream ended, with the given bytes of an unfinished line. */
  readonly end: (pending: number) => void
  /** The conversation cannot go on: stdin cannot be read, or stdout is closed. */
  readonly broken: (problem: string) => void
  /** User code failed outside a record. */
  readonly crashed: (thrown: unknown) => void
  /** The worker is stopping: begin no further record. */
  readonly drain: () => void
  /** A record that the capability `admit` held back may begin now. */
  readonly resume: () => void
  readonly state: () => Session.State
  /** How far the shard was behind its tip when the last batch was read; null when the daemon did not say. */
  readonly millisBehindLatest: () => number | null
}

/** After this many milliseconds of work in the whole thread, whatever caused it, the event loop gets a turn. */
export const BREATH = 20
/** How many answers that arrive together are handled per look at the clock. */
const ANSWERS = 16
/** A batch of at most so many records is short, as far as turns of the event loop are concerned. */
const FEW = 8

class SessionInterpreter implements Interpreter, Runner.Owner {
  readonly #step: ReturnType<typeof Session.step>
  readonly #stream: { readonly stream?: string }
  readonly #runner: Runner.Runner
  readonly #recall = new AbortController()
  /** When the clock was last read: reading it costs as much as the fold of a record. */
  #seen = 0
  #state = Session.initial
  #millisBehindLatest: number | null = null
  #out = ''
  /** The event loop must get a turn: until then no record begins, and answers wait. */
  #pausing = false
  #answers: Array<Input.Input> = []
  /** The records of the open batch. */
  #records: KinesisRecords | null = null
  /** When the timer that is set fires. */
  #waiting = Infinity

  constructor(
    private readonly world: Capabilities,
    env: Session.Env,
    handler: AnyHandler,
    resource: unknown
  ) {
    this.#step = Session.step(env)
    this.#stream = env.stream === undefined ? {} : { stream: env.stream }
    this.#runner = Runner.make(this, {
      handler,
      filter: env.filter,
      world: {
        now: () => this.#now(),
        wall: world.wall,
        random: world.random,
        ...(world.admit === undefined ? {} : { admit: world.admit })
      },
      around: { resource, log: (level, message, fields) => this.#log(level, message, fields) }
    })
  }

  // -- what comes -----------------------------------------------------------------------------------------------------

  readonly line = (line: Uint8Array): void => {
    if (Lines.isBlank(line)) return BufferPool.release(line)
    const action = ActionCodec.read(this.#state.shardId, line)
    /** Of a batch that is open: only a daemon that breaks the protocol sends another one meanwhile. */
    let left: KinesisRecords | null = null
    if (E.isRight(action) && action.right._tag === 'ProcessRecords') {
      this.#millisBehindLatest = action.right.millisBehindLatest
      left = this.#records
      this.#records = action.right.records
    }
    this.feed(
      E.isLeft(action)
        ? Input.broken(action.left)
        : Input.received(action.right, this.#now(), this.world.random())
    )
    left?.release?.()
    this.#run()
  }

  readonly end = (pending: number): void =>
    this.feed(
      pending > 0
        ? Input.broken(`stdin ended in the middle of a line, after ${pending} bytes of it`)
        : Input.closed
    )

  readonly broken = (problem: string): void => this.feed(Input.broken(problem))

  readonly crashed = (thrown: unknown): void =>
    this.feed(Input.crashed(Failure.fromUnknown(thrown), this.world.now()))

  readonly drain = (): void => this.feed(Input.drained(this.world.now()))

  readonly resume = (): void => {
    this.#now()
    this.#run()
  }

  readonly state = (): Session.State => this.#state

  readonly millisBehindLatest = (): number | null => this.#millisBehindLatest

  // -- the fold -------------------------------------------------------------------------------------------------------

  readonly feed = (input: Input.Input): void => {
    const effects = this.#take(input)
    // Most records finish without any effect.
    if (effects.length > 0) this.#performAll(effects)
    if (this.#records === null || this.#state.batch !== null) return
    this.#records.release?.()
    this.#records = null
  }

  /** Returns what is to be done now. */
  #take(input: Input.Input): ReadonlyArray<Effect> {
    const before = this.#state
    const taken = this.#step(before, input)
    this.#state = taken[0]
    this.world.observe?.(input, taken, before)
    return taken[1]
  }

  // -- turns of the event loop ----------------------------------------------------------------------------------------

  #now(): number {
    return (this.#seen = this.world.now())
  }

  #isLong(): boolean {
    return this.#now() - this.world.turned(this.#seen) >= BREATH
  }

  #pause(): void {
    this.#pausing = true
    this.world.soon(() => {
      this.#pausing = false
      const waited = this.#answers
      this.#answers = []
      this.hear(waited)
      if (this.#pausing) this.#answers.push(Input.ticked(this.world.now()))
      else this.#tick()
    })
  }

  /** Takes answers for as long as this turn of the event loop may last; the others wait for the next one. */
  readonly hear = (inputs: ReadonlyArray<Input.Input>): void => {
    if (this.#pausing) {
      for (const input of inputs) this.#answers.push(input)
      return
    }
    for (let heard = 1; heard <= inputs.length; heard++) {
      const input = inputs[heard - 1]
      if (input !== undefined) this.feed(input)
      if ((heard % ANSWERS === 0 || heard === inputs.length) && this.#isLong()) {
        this.#pause()
        this.#answers = inputs.slice(heard)
        return
      }
    }
  }

  /** Something that was begun earlier has ended: the batch continues. */
  readonly report = (inputs: ReadonlyArray<Input.Input>): void => {
    this.hear(inputs)
    this.#run()
  }

  /** Runs the open batch as far as it goes, and pauses whenever this turn of the event loop has taken long. */
  #run(): void {
    if (this.#pausing || this.#state.batch === null) return
    const isShort = this.#state.batch.records.length <= FEW
    const until = this.world.turned(this.#seen, isShort) + BREATH
    do {
      if (this.#seen >= until && Session.next(this.#state) >= 0) return this.#pause()
    } while (this.#runner.next(this.#seen) && !this.#pausing)
  }

  #tick(): void {
    this.#waiting = Infinity
    this.report([Input.ticked(this.world.now())])
  }

  /** A timer that fires earlier is kept, since the session is asked again then. Setting a timer for each record would cost more. */
  #wait(until: number): void {
    if (until >= this.#waiting) return
    this.#waiting = until
    this.world.wait(until, () => this.#tick())
  }

  // -- effects --------------------------------------------------------------------------------------------------------

  /** Performs the effects, and what follows from them. */
  #performAll(effects: ReadonlyArray<Effect>): void {
    const outcomes: Array<Input.Input> = []
    this.#begin(effects, outcomes)
    for (const outcome of outcomes) this.#begin(this.#take(outcome), outcomes)
    this.#flush()
  }

  #begin(effects: ReadonlyArray<Effect>, outcomes: Array<Input.Input>): void {
    for (const effect of effects) {
      const outcome = this.#perform(effect)
      if (outcome !== null) outcomes.push(outcome)
    }
  }

  /** Returns the input that reports the effect's outcome, if it is known at once. */
  #perform(effect: Effect): Input.Input | null {
    switch (effect._tag) {
      case 'Write':
        this.#out += ReplyCodec.encode(effect.reply)
        return null
      case 'Bury':
        return this.#bury(effect.index, effect.letter)
      case 'Deliver':
        this.#deliver(effect.index, effect.outputs)
        return null
      case 'Abort':
        this.#runner.abort(effect.ticket)
        return null
      case 'Recall':
        this.#recall.abort()
        return null
      case 'Wait':
        this.#wait(effect.until)
        return null
      case 'Log':
        this.#log(effect.level, effect.message, effect.fields)
        return null
      case 'Exit':
        this.#flush()
        this.#records?.release?.()
        this.#records = null
        this.world.exit(effect.code)
        return null
    }
  }

  /** A checkpoint and its status leave in one write. */
  #flush(): void {
    if (this.#out === '') return
    const text = this.#out
    this.#out = ''
    this.world.write(text)
  }

  #log(level: Level, message: string, fields: LogFields): void {
    this.world.log(level, message, { shard: this.#state.shardId, ...fields })
  }

  #bury(index: number, letter: Letter): Input.Input | null {
    const buried = (stored: E.Either<Failure.Failure, void>): Input.Input =>
      Input.buried(index, E.isLeft(stored) ? stored.left : null, this.world.now())
    const stored = this.world.bury({ ...letter, time: this.world.wall() })
    if (!(stored instanceof Promise)) return buried(stored)
    void stored.then((later) => this.report([buried(later)]))
    return null
  }

  #deliver(index: number, outputs: ReadonlyArray<Output>): void {
    const record = this.#state.batch?.records.at(index)
    if (record === undefined) return
    const { signal } = this.#recall
    this.world.deliver({ ...this.#stream, record, outputs, recalled: signal }, (end) =>
      this.report([
        E.isLeft(end)
          ? Input.undelivered(index, end.left.then, end.left.failure, this.world.now())
          : Input.delivered([index], this.world.now())
      ])
    )
  }
}

/** `resource`: what the handler's module acquired, for the handler's context. */
export const make = (
  world: Capabilities,
  env: Session.Env,
  handler: AnyHandler,
  resource: unknown = undefined
): Interpreter => new SessionInterpreter(world, env, handler, resource)
