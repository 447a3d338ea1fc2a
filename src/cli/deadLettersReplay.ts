/** `kclts dead-letters replay`: the letters once more through the handler; what fails again stays. */
import * as E from 'fp-ts/Either'
import * as Config from '../codec/Config'
import type { DeadLetter } from '../core/DeadLetter'
import * as Failure from '../core/Failure'
import { isSeveral, type AnyHandler } from '../core/Handler'
import * as Chance from '../daemon/local/Chance'
import * as InProcess from '../daemon/local/InProcess'
import * as Redelivery from '../daemon/local/Redelivery'
import * as ConfigSearch from '../edge/ConfigSearch'
import * as Choice from '../edge/DeadLetterChoice'
import * as DeadLetterFile from '../edge/DeadLetterFile'
import * as Index from '../edge/DeadLetterIndex'
import * as Taking from '../edge/DeadLetterTaking'
import * as Lock from '../edge/Lock'
import * as HandlerModule from '../edge/HandlerModule'
import * as Log from '../edge/Log'
import * as Outlets from '../edge/Outlets'
import * as Resource from '../edge/Resource'
import * as Attempt from '../run/Attempt'
import { openSinks } from './conversation'
import { counted, find, read, unreadable, type Code, type Options as Common } from './deadLettersFile'
import * as Screen from './Screen'
import type { Surroundings } from './Surroundings'

export interface Options extends Common {
  /** Runs the handler, delivers nothing, changes nothing. */
  readonly dryRun: boolean
  /** With `dryRun`: the effects of the handler may take place. */
  readonly effects: boolean
}

/** The handler with all it needs, opened. */
interface Stage {
  readonly config: Config.Config
  readonly module: HandlerModule.HandlerModule
  readonly resource: Resource.Resource
  readonly outlets: Outlets.Outlets
  readonly log: Log.Log
}

/** What goes on while letters are replayed. */
interface Run {
  readonly bury: Outlets.Outlets['bury']
  readonly deliver: Outlets.Outlets['deliver']
  readonly onFinished: (key: string) => void
}

interface Counts {
  readonly ending: Redelivery.Ending
  readonly replayed: number
  readonly finished: number
  readonly failed: number
}

// -- opening ----------------------------------------------------------------------------------------------------------

const DRY: Outlets.Outlets = {
  bury: () => E.right(undefined),
  deliver: (_delivery, then) => queueMicrotask(() => then(E.right(undefined))),
  advice: [],
  close: () => Promise.resolve()
}

const EFFECTFUL =
  'a dry run of a handler that is an effect is none: what it does would take place; --effects lets it'

const isAsync = (value: unknown): boolean =>
  typeof value === 'function' && value.constructor.name === 'AsyncFunction'

const mayAct = ({ handler, exported }: HandlerModule.HandlerModule): boolean =>
  exported('acquire') !== undefined || isAsync(isSeveral(handler) ? handler.several : handler)

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

/** All but the one that takes dead letters alone: it needs no codec, and nothing goes there now. */
const sinksFor = (
  { sinks, failure }: Config.Config,
  { exported }: HandlerModule.HandlerModule
): Config.Config['sinks'] => {
  const letters = Config.sinkOf(failure.deadLetters)
  const outputs = exported('outputs')
  if (letters === null || typeof outputs !== 'object' || outputs === null) return sinks
  return Object.fromEntries(
    Object.entries(sinks).filter(([name]) => name !== letters || Object.hasOwn(outputs, name))
  )
}

const prepare = async (
  file: string,
  options: Options,
  { cwd, env }: Surroundings,
  screen: Screen.Screen
): Promise<E.Either<string, Stage>> => {
  const loaded = ConfigSearch.load({
    cwd,
    env,
    file: options.config,
    flags: options.flags,
    handlerRequired: true
  })
  if (E.isLeft(loaded)) return E.left(loaded.left.map(ConfigSearch.show).join('\n'))
  const { config } = loaded.right
  const module = await HandlerModule.load(config.handler)
  if (E.isLeft(module)) return module
  if (options.dryRun && !options.effects && mayAct(module.right)) return E.left(EFFECTFUL)
  const log = await Log.of(config, env, { write: screen.print })
  const warn = (warning: string): void => log.write('warn', warning, {})
  // Sinks are those of the configuration; what fails again goes back to the file it is from.
  const sinks = sinksFor(config, module.right)
  const here = { ...config, sinks, failure: { ...config.failure, deadLetters: file } }
  const outlets = options.dryRun ? E.right(DRY) : await Outlets.open(openSinks, here, module.right, warn)
  if (E.isLeft(outlets))
    return E.left(
      outlets.left.map(({ key, text }) => ConfigSearch.showLater(loaded.right, key, text)).join('\n')
    )
  const resource = await Resource.acquire(module.right, config.deadline)
  if (E.isLeft(resource)) {
    await outlets.right.close()
    return resource
  }
  return E.right({ config, module: module.right, resource: resource.right, outlets: outlets.right, log })
}

// -- running ----------------------------------------------------------------------------------------------------------

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

const shards = (entries: ReadonlyArray<Index.Entry>): ReadonlyArray<ReadonlyArray<Index.Entry>> => {
  const found = new Map<string, Array<Index.Entry>>()
  for (const entry of [...entries].sort(Index.inOrder)) {
    const shard = found.get(entry.shardId)
    if (shard === undefined) found.set(entry.shardId, [entry])
    else shard.push(entry)
  }
  return [...found.values()]
}

/** What fails again stays: to skip it would take it away. */
const envOf = ({ config, module }: Stage): InProcess.Options['env'] => {
  const env = Config.toEnv(config, HandlerModule.about(module))
  return env.onFailure === 'skip' ? { ...env, onFailure: 'dead-letter' } : env
}

/** Replays shard after shard until one fails or the user stops it. */
const replayAll = async (
  entries: ReadonlyArray<Index.Entry>,
  stage: Stage,
  options: Options,
  around: Surroundings,
  screen: Screen.Screen,
  run: Run
): Promise<Counts> => {
  const failed = new Set<string>()
  const done = new Set<string>()
  let replayed = 0
  const { clock } = around
  const finished = (key: string): void => {
    done.add(key)
    run.onFinished(key)
  }
  const progress = (): void => {
    const text = `finished: ${done.size - failed.size}, failed again: ${failed.size}`
    screen.progress({ done: done.size, total: entries.length, text })
  }
  const open = InProcess.make({
    env: envOf(stage),
    handler: options.dryRun && !options.effects ? pureOnly(stage.module.handler) : stage.module.handler,
    resource: stage.resource.value,
    bury: async (letter) => {
      const buried = await run.bury(letter)
      if (E.isLeft(buried)) return buried
      failed.add(Index.keyOf(letter))
      finished(Index.keyOf(letter))
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
    for (const shard of shards(entries)) {
      if (ending !== 'Done' || stops > 0) break
      const shardId = shard[0]?.shardId ?? ''
      redelivery = Redelivery.start({
        shardId,
        batch: batches(shard),
        open,
        clock,
        onFinished: (positions) => {
          for (const position of positions) finished(Index.keyOf({ ...position, shardId }))
          if (around.isTerminal) progress()
        }
      })
      ending = await redelivery.ended
    }
    return {
      ending: stops > 0 && ending === 'Done' ? 'Stopped' : ending,
      replayed: Math.max(replayed, done.size),
      finished: done.size - failed.size,
      failed: failed.size
    }
  } finally {
    for (const off of offs) off()
  }
}

// -- the file ---------------------------------------------------------------------------------------------------------

/** Takes the letters, replays them, puts back what is left. Left: why nothing was replayed. */
const onFile = async (
  file: string,
  entries: ReadonlyArray<Index.Entry>,
  stage: Stage,
  options: Options,
  around: Surroundings,
  screen: Screen.Screen
): Promise<E.Either<string, Counts>> => {
  const gone = new Set<string>()
  Taking.take(file)
  // What there is to warn of was told when the outlets were opened.
  const letters = DeadLetterFile.open(file, (warning) => stage.log.write('debug', warning, {}))
  if (E.isLeft(letters)) {
    Taking.settle(file, () => false)
    return E.left(Failure.show(letters.left))
  }
  // The entries were found in the file that is now aside.
  const aside = entries.map((entry) => ({ ...entry, at: { ...entry.at, file: Taking.takenName(file) } }))
  try {
    const counts = await replayAll(aside, stage, options, around, screen, {
      bury: letters.right.bury,
      deliver: stage.outlets.deliver,
      onFinished: (key) => void gone.add(key)
    })
    return E.right(counts)
  } finally {
    letters.right.close()
    Taking.settle(file, (key) => gone.has(key))
  }
}

const told = (counts: Counts, left: number, { dryRun }: Options): string =>
  [
    dryRun ? 'dry run, nothing was delivered or changed: ' : '',
    `${counted(counts.replayed, 'letter')} replayed, ${counts.finished} finished, ${counts.failed} failed again, ${left} left\n`
  ].join('')

const ENDINGS: Readonly<Record<Redelivery.Ending, string>> = {
  Done: '',
  Stopped: 'stopped before the end\n',
  Failed: 'halted before the end; the log says why\n'
}

const replayLocked = async (
  file: string,
  options: Options,
  around: Surroundings,
  screen: Screen.Screen
): Promise<E.Either<string, Code>> => {
  if (!options.dryRun && Taking.recover(file))
    screen.print('kclts: a replay before this one did not end; what it had taken is back in the file\n')
  const index = read(file)
  if (E.isLeft(index)) return index
  screen.print(unreadable(index.right))
  const chosen = Choice.choose(index.right.entries, options.choice)
  if (E.isLeft(chosen)) return chosen
  const entries = chosen.right
  const lines: Code = index.right.unreadable.length > 0 ? 1 : 0
  if (entries.length === 0) {
    around.stdout('there is nothing to replay\n')
    return E.right(lines)
  }
  const stage = await prepare(file, options, around, screen)
  if (E.isLeft(stage)) return stage
  const { outlets, resource } = stage.right
  try {
    const run: Run = { ...DRY, onFinished: () => undefined }
    const counts = options.dryRun
      ? E.right(await replayAll(entries, stage.right, options, around, screen, run))
      : await onFile(file, entries, stage.right, options, around, screen)
    if (E.isLeft(counts)) return counts
    const left = E.map(({ entries: all }: Index.Index) => all.length)(read(file))
    if (E.isLeft(left)) return left
    const { ending, finished, failed } = counts.right
    screen.close()
    around.stdout(told(counts.right, options.dryRun ? left.right - finished : left.right, options))
    screen.print(ENDINGS[ending])
    return E.right(ending === 'Done' && failed === 0 ? lines : 1)
  } finally {
    await outlets.close()
    const released = await resource.release()
    if (E.isLeft(released)) screen.print(`kclts dead-letters replay: ${released.left}\n`)
  }
}

/** Progress and logs go to stderr, the summary to stdout. */
export const replay = async (options: Options, around: Surroundings): Promise<Code> => {
  const screen = around.isTerminal
    ? await Screen.terminal(around.stderr)
    : Screen.plain((text) => void around.stderr.write(text))
  const uncapture = around.capture(screen.print)
  const fail = (problem: string, code: Code): Code => {
    screen.print(`kclts dead-letters replay: ${problem}\n`)
    return code
  }
  const file = find(options, around)
  const lock = E.chain((found: string) => Lock.acquire(found))(file)
  try {
    if (E.isLeft(file)) return fail(file.left, 2)
    if (E.isLeft(lock)) return fail(lock.left, 2)
    const code = await replayLocked(file.right, options, around, screen)
    return E.isLeft(code) ? fail(code.left, 2) : code.right
  } catch (thrown) {
    return fail(Failure.show(Failure.fromUnknown(thrown)), 1)
  } finally {
    if (E.isRight(lock)) lock.right.release()
    uncapture()
    screen.close()
  }
}
