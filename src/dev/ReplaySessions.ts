/** The letters of `kclts dead-letters replay` on their way through the handler: session after session. */
import * as E from 'fp-ts/Either'
import * as Config from '../config/Config'
import type { DeadLetter } from '../core/DeadLetter'
import { isSeveral, type AnyHandler } from '../core/Handler'
import * as Position from '../protocol/Position'
import * as Chance from './Chance'
import * as InProcess from './InProcess'
import type { Open } from './Link'
import * as Redelivery from './Redelivery'
import * as Index from '../deadLetters/DeadLetterIndex'
import type * as Marks from '../deadLetters/DeadLetterMarks'
import * as HandlerModule from '../edge/HandlerModule'
import type * as Log from '../edge/Log'
import type * as Destinations from '../edge/Destinations'
import * as Attempt from '../run/Attempt'
import type * as Screen from './Screen'
import type { Surroundings } from '../edge/Surroundings'

/** The handler with all it needs, opened. */
export interface Stage {
  readonly config: Config.Config
  readonly module: HandlerModule.HandlerModule
  readonly resource: unknown
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
  'a dry run of a handler that is an effect is none: what it does would take place; --effects lets it'

/** Whether nothing is delivered or changed, and whether effects of the handler may take place all the same. */
export interface Dry {
  readonly dryRun: boolean
  readonly effects: boolean
}

/** What is found out only when it runs: the first effect ends a dry run, and a Task is not begun. */
const pureOnly = (handler: AnyHandler): AnyHandler => {
  const checked = (returned: unknown): unknown =>
    typeof returned === 'function' || Attempt.begin(returned) !== null
      ? { _tag: 'Halt', reason: EFFECTFUL }
      : returned
  return isSeveral(handler)
    ? {
        several: (records, context) => {
          const returned: unknown = handler.several(records, context)
          const answer = checked(returned)
          return answer === returned ? returned : records.map(() => answer)
        }
      }
    : (record, context) => checked(handler(record, context))
}

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
      // Under the lock nobody else changes the file: it was done by hand.
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
 * What fails again stays: to skip would take it away. The letters are of the stream that they name, if they name one,
 * which need not be that of the configuration.
 */
const envOf = ({ config, module }: Stage, stream: string | null): InProcess.Options['env'] => {
  const daemon = { ...config.daemon, streamName: stream, streamArn: null }
  const env = Config.toEnv({ ...config, daemon }, HandlerModule.about(module))
  return env.onFailure === 'skip' ? { ...env, onFailure: 'dead-letter' } : env
}

/** How far the letters are, and what of that is on disk. */
class Progress {
  readonly #run: Run
  readonly #done = new Set<Index.Entry>()
  #failed = 0
  unmarked: string | null = null

  constructor(run: Run) {
    this.#run = run
  }

  readonly finished = (entries: ReadonlyArray<Index.Entry>, reason: Marks.Reason): void => {
    const fresh = entries.filter((entry) => !this.#done.has(entry))
    for (const entry of fresh) this.#done.add(entry)
    if (reason === 'failed again') this.#failed += fresh.length
    // After a failure nothing is noted any more: the disk may have taken a part.
    if (this.unmarked !== null || fresh.length === 0) return
    const noted = this.#run.onFinished(fresh, reason)
    if (E.isLeft(noted)) this.unmarked = noted.left
  }

  readonly counts = (): { readonly done: number; readonly failed: number } => ({
    done: this.#done.size,
    failed: this.#failed
  })
}

/** The entries of a session by the positions of their records. */
const byPosition = (group: Group): ((position: Position.Position) => ReadonlyArray<Index.Entry>) => {
  const entries = new Map(group.map((entry) => [Position.show(entry), entry]))
  return (position) => {
    const entry = entries.get(Position.show(position))
    return entry === undefined ? [] : [entry]
  }
}

/** Replays session after session until one fails or the user stops it. */
export const replayAll = async (
  entries: ReadonlyArray<Index.Entry>,
  stage: Stage,
  { dryRun, effects }: Dry,
  around: Surroundings,
  screen: Screen.Screen,
  run: Run
): Promise<Counts> => {
  const state = new Progress(run)
  let replayed = 0
  const { clock } = around
  const progress = (): void => {
    const { done, failed } = state.counts()
    const text = `finished: ${done - failed}, failed again: ${failed}`
    screen.progress({ done, total: entries.length, text })
  }
  /** A session knows the stream of its letters: it goes into the letters of what fails again, and into the keys of outputs. */
  const openFor = (
    stream: string | null,
    entriesAt: (position: Position.Position) => ReadonlyArray<Index.Entry>
  ): Open =>
    InProcess.make({
      env: envOf(stage, stream),
      handler: dryRun && !effects ? pureOnly(stage.module.handler) : stage.module.handler,
      resource: stage.resource,
      bury: async (letter) => {
        const buried = await run.bury(letter)
        if (E.isRight(buried)) state.finished(entriesAt(letter), 'failed again')
        return buried
      },
      deliver: run.deliver,
      log: stage.log.write,
      clock,
      chance: Chance.make(1),
      onHandled: () => {
        replayed += 1
      }
    })
  let redelivery: Redelivery.Redelivery | null = null
  let stops = 0
  const offs = [
    around.onCrash((thrown) => redelivery?.crashed(thrown)),
    around.onStop(() => {
      stops += 1
      if (stops === 1) screen.print('kclts: stopping; once more stops at once\n')
      if (stops === 1) redelivery?.stop()
      else redelivery?.kill()
    })
  ]
  try {
    let ending: Redelivery.Ending = 'Done'
    for (const group of groups(entries)) {
      if (ending !== 'Done' || stops > 0 || state.unmarked !== null) break
      const entriesAt = byPosition(group)
      redelivery = Redelivery.start({
        shardId: group[0]?.shardId ?? '',
        batch: batches(group),
        open: openFor(group[0]?.stream ?? null, entriesAt),
        clock,
        onFinished: (positions) => {
          state.finished(positions.flatMap(entriesAt), 'replayed')
          if (state.unmarked !== null) redelivery?.stop()
          if (around.isTerminal) progress()
        }
      })
      ending = await redelivery.ended
    }
    const { done, failed } = state.counts()
    return {
      ending: stops > 0 && ending === 'Done' ? 'Stopped' : ending,
      unmarked: state.unmarked,
      replayed: Math.max(replayed, done),
      finished: done - failed,
      failed
    }
  } finally {
    for (const off of offs) off()
  }
}
