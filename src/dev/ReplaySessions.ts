/** The letters of `kclts dead-letters replay` on their way through the handler: session after session. */
import * as E from 'fp-ts/Either'
import * as Config from '../config/Config'
import type { DeadLetter } from '../core/DeadLetter'
import * as Records from '../core/Records'
import * as Position from '../protocol/Position'
import * as Chance from './Chance'
import * as InProcess from './InProcess'
import type { Open } from './ChildHandle'
import * as Redelivery from './Redelivery'
import * as Index from '../deadLetters/DeadLetterIndex'
import type * as Marks from '../deadLetters/DeadLetterMarks'
import * as Acting from '../edge/Acting'
import * as HandlerModule from '../edge/HandlerModule'
import type * as Log from '../edge/Log'
import type * as Destinations from '../edge/Destinations'
import type { Tracing } from '../tracing/Tracing'
import type * as Screen from './Screen'
import type { Surroundings } from '../edge/Surroundings'

/** The handler with all it needs, opened. */
export interface Stage {
  readonly config: Config.Config
  readonly module: HandlerModule.HandlerModule
  readonly resource: unknown
  /** null: nothing is traced. */
  readonly tracing: Tracing | null
  readonly destinations: Destinations.Destinations
  readonly log: Log.Log
}

/** What goes on while letters are replayed. */
export interface Run {
  readonly bury: Destinations.Destinations['bury']
  readonly deliver: Destinations.Destinations['deliver']
  /** The outputs of these records are delivered, or they have a new letter on disk. Left: it could not be noted. */
  readonly onFinished: (entries: ReadonlyArray<Index.Entry>, reason: Marks.Reason) => E.Either<string, void>
}

export interface Counts {
  readonly ending: Redelivery.Ending
  /** null, or why letters that are done could not be marked: they come again. */
  readonly unmarked: string | null
  readonly replayed: number
  readonly finished: number
  readonly failed: number
}

export const EFFECTFUL =
  'even in a dry run, the effects of an effectful handler take place; --effects allows that'

/** Whether nothing is delivered or changed, and whether effects of the handler may take place all the same. */
export interface Dry {
  readonly dryRun: boolean
  readonly effects: boolean
}

/** All that a replay needs. */
export interface Given {
  readonly entries: ReadonlyArray<Index.Entry>
  readonly stage: Stage
  readonly dry: Dry
  readonly around: Surroundings
  readonly screen: Screen.Screen
  readonly run: Run
}

/** A dry run writes no letter: what would be one again failed again. */
const logDry =
  (log: Log.Log['write']): Log.Log['write'] =>
  (level, message, fields) =>
    log(level, message === Records.BURIED ? 'record failed again' : message, fields)

const BATCH = 1000
const BATCH_BYTES = 4 << 20

/** Gives the letters of one shard after the other, in the order of the shard. */
const batches = (entries: ReadonlyArray<Index.Entry>): (() => ReadonlyArray<DeadLetter>) => {
  let next = 0
  return () => {
    const batch: Array<DeadLetter> = []
    for (let bytes = 0; bytes < BATCH_BYTES && batch.length < BATCH; next += 1) {
      const entry = entries[next]
      if (entry === undefined) break
      const letter = Index.letterOf(entry)
      // Under the lock no command changes the file: it was changed by hand.
      if (E.isLeft(letter)) throw new Error(letter.left)
      batch.push(letter.right)
      bytes += entry.at.size
    }
    return batch
  }
}

/** Letters that one session can have: of one shard of one stream, and no two of one position. */
export type Group = ReadonlyArray<Index.Entry>

/**
 * The letters in sessions, each in the order of its shard. Of two that have one position, and are not of one record,
 * each goes to a session of its own, since a session takes no position twice.
 */
export const groups = (entries: ReadonlyArray<Index.Entry>): ReadonlyArray<Group> => {
  const found = new Map<string, Array<Array<Index.Entry>>>()
  for (const entry of [...entries].sort(Index.inOrder)) {
    const shard = JSON.stringify([entry.stream, entry.shardId])
    const sessions = found.get(shard) ?? []
    found.set(shard, sessions)
    const session = sessions.find((one) => {
      const last = one.at(-1)
      return last === undefined || Position.compare(last, entry) < 0
    })
    if (session === undefined) sessions.push([entry])
    else session.push(entry)
  }
  return [...found.values()].flat()
}

/**
 * What fails again stays: to skip would take it away, and no number of rejects in a row loses anything. The filter lets
 * every letter pass, since it was chosen to be replayed, and one that is dropped would count as done. The letters are of
 * the stream that they name, if they name one, which need not be that of the configuration.
 */
const envOf = ({ config, module }: Stage, stream: string | null): InProcess.Options['env'] => {
  const daemon = { ...config.daemon, streamName: stream, streamArn: null }
  const filter = { maxAge: null, include: null, exclude: null }
  const env = { ...Config.toEnv({ ...config, daemon, filter }, HandlerModule.about(module)), badRelease: 0 }
  return env.onFailure === 'skip' ? { ...env, onFailure: 'dead-letter' } : env
}

/** The entries of a session by the positions of their records. */
const byPosition = (group: Group): ((position: Position.Position) => ReadonlyArray<Index.Entry>) => {
  const entries = new Map(group.map((entry) => [Position.show(entry), entry]))
  return (position) => {
    const entry = entries.get(Position.show(position))
    return entry === undefined ? [] : [entry]
  }
}

/** Letters on their way through the handler: how far they are, and what of that is on disk. */
class Replay {
  readonly #done = new Set<Index.Entry>()
  #failed = 0
  #handled = 0
  #stops = 0
  #unmarked: string | null = null
  #redelivery: Redelivery.Redelivery | null = null

  constructor(private readonly given: Given) {}

  readonly all = async (): Promise<Counts> => {
    const { entries, around } = this.given
    const offs = [
      around.onCrash((thrown) => this.#redelivery?.crashed(thrown)),
      around.onStop(() => this.#stop())
    ]
    try {
      let ending: Redelivery.Ending = 'Done'
      for (const group of groups(entries)) {
        if (ending !== 'Done' || this.#stops > 0 || this.#unmarked !== null) break
        ending = await this.#session(group)
      }
      return {
        ending: this.#stops > 0 && ending === 'Done' ? 'Stopped' : ending,
        unmarked: this.#unmarked,
        replayed: Math.max(this.#handled, this.#done.size),
        finished: this.#done.size - this.#failed,
        failed: this.#failed
      }
    } finally {
      for (const off of offs) off()
    }
  }

  #stop(): void {
    this.#stops += 1
    if (this.#stops > 1) return this.#redelivery?.kill()
    this.given.screen.print('kclts: stopping; a second signal stops at once\n')
    this.#redelivery?.stop()
  }

  async #session(group: Group): Promise<Redelivery.Ending> {
    const { clock, isTerminal } = this.given.around
    const [first] = group
    const entriesAt = byPosition(group)
    const redelivery = Redelivery.start({
      shardId: first?.shardId ?? '',
      batch: batches(group),
      open: this.#open(first?.stream ?? null, entriesAt),
      clock,
      onFinished: (positions) => {
        this.#finished(positions.flatMap(entriesAt), 'replayed')
        if (this.#unmarked !== null) redelivery.stop()
        if (isTerminal) this.#show()
      }
    })
    this.#redelivery = redelivery
    return redelivery.ended
  }

  /**
   * A session knows the stream of its letters: it goes into the letters of what fails again, and into the keys of
   * outputs.
   */
  #open(stream: string | null, entriesAt: ReturnType<typeof byPosition>): Open {
    const { stage, dry, around, run } = this.given
    const { handler } = stage.module
    return InProcess.make({
      env: envOf(stage, stream),
      handler: dry.dryRun && !dry.effects ? Acting.pureOnly(handler, EFFECTFUL) : handler,
      resource: stage.resource,
      tracing: stage.tracing,
      bury: async (letter) => {
        const buried = await run.bury(letter)
        if (E.isRight(buried)) this.#finished(entriesAt(letter), 'failed again')
        return buried
      },
      deliver: run.deliver,
      log: dry.dryRun ? logDry(stage.log.write) : stage.log.write,
      clock: around.clock,
      chance: Chance.make(1),
      onHandled: () => {
        this.#handled += 1
      }
    })
  }

  #finished(entries: ReadonlyArray<Index.Entry>, reason: Marks.Reason): void {
    const fresh = entries.filter((entry) => !this.#done.has(entry))
    for (const entry of fresh) this.#done.add(entry)
    if (reason === 'failed again') this.#failed += fresh.length
    // After a failure nothing is noted any more: the disk may have taken a part.
    if (this.#unmarked !== null || fresh.length === 0) return
    const noted = this.given.run.onFinished(fresh, reason)
    if (E.isLeft(noted)) this.#unmarked = noted.left
  }

  #show(): void {
    const done = this.#done.size
    const text = `finished: ${done - this.#failed}, failed again: ${this.#failed}`
    this.given.screen.progress({ done, total: this.given.entries.length, text })
  }
}

/** Replays session after session until one fails or the user stops it. */
export const replayAll = async (given: Given): Promise<Counts> => new Replay(given).all()
