/** `kclts dead-letters replay`: the letters once more through the handler; what finishes is marked as done. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from '../../config/Config'
import * as Failure from '../../core/Failure'
import { isSeveral } from '../../core/Handler'
import type * as Redelivery from '../../dev/Redelivery'
import * as Choice from '../../deadLetters/DeadLetterChoice'
import * as DeadLetterFile from '../../deadLetters/DeadLetterFile'
import * as Index from '../../deadLetters/DeadLetterIndex'
import * as Marks from '../../deadLetters/DeadLetterMarks'
import * as Taking from '../../deadLetters/DeadLetterTaking'
import * as HandlerModule from '../../edge/HandlerModule'
import * as Log from '../../edge/Log'
import * as Destinations from '../../edge/Destinations'
import * as Startup from '../../edge/Startup'
import * as Managed from '../../run/Managed'
import {
  counted,
  find,
  lock,
  nothingTo,
  read,
  RECOVERED,
  unreadable,
  type Code,
  type Options as Common
} from './file'
import {
  EFFECTFUL,
  replayAll,
  type Counts,
  type Dry,
  type Given,
  type Run,
  type Stage
} from '../../dev/ReplaySessions'
import * as Screen from '../../dev/Screen'
import type { Surroundings } from '../../edge/Surroundings'

export interface Options extends Common, Dry {
  readonly exclusive: boolean
}

// -- opening ----------------------------------------------------------------------------------------------------------

const DRY: Destinations.Destinations = {
  bury: () => E.right(undefined),
  deliver: (_delivery, then) => queueMicrotask(() => then(E.right(undefined))),
  advice: [],
  close: () => Promise.resolve()
}

const dry: typeof Destinations.open = () => Promise.resolve(E.right(DRY))

const isAsync = (value: unknown): boolean =>
  typeof value === 'function' && value.constructor.name === 'AsyncFunction'

const mayAct = ({ handler, exported }: HandlerModule.HandlerModule): boolean =>
  exported('acquire') !== undefined || isAsync(isSeveral(handler) ? handler.several : handler)

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

const prepare = (
  file: string,
  options: Options,
  { cwd, env }: Surroundings,
  screen: Screen.Screen
): Managed.Managed<Stage> =>
  pipe(
    Startup.configuration({ cwd, env, file: options.config, flags: options.flags, handlerRequired: true }),
    Managed.chain((loaded) => async () => {
      const { config } = loaded
      const module = await HandlerModule.load(config.handler)
      if (E.isLeft(module)) return E.left(Managed.refusal([module.left]))
      if (options.dryRun && !options.effects && mayAct(module.right))
        return E.left(Managed.refusal([EFFECTFUL]))
      const log = await Log.of(config, env, { write: screen.print })
      const onWarning = (warning: string): void => log.write('warn', warning, {})
      // Sinks are those of the configuration; what fails again goes back to the file it is from.
      const sinks = sinksFor(config, module.right)
      const here = { ...config, sinks, failure: { ...config.failure, deadLetters: file } }
      return pipe(
        Startup.named(
          { ...loaded, config: here },
          module,
          onWarning,
          options.dryRun ? dry : Destinations.open
        ),
        Managed.beneath((named) =>
          pipe(
            Startup.resource(named.module, config.deadline),
            Managed.map((resource) => ({ ...named, config, resource, log }))
          )
        )
      )()
    })
  )

// -- the file ---------------------------------------------------------------------------------------------------------

/**
 * Replays letters, which stay where they are; each is marked once it is done. What fails again is appended as a worker
 * appends it. Killed at any moment, what has no mark comes again. Left: why nothing was replayed.
 */
const onFile = async (file: string, given: Omit<Given, 'run'>): Promise<E.Either<string, Counts>> => {
  const { stage, around } = given
  // What there is to warn of was told when the destinations were opened.
  const letters = DeadLetterFile.open(file, (warning) => stage.log.write('debug', warning, {}))
  if (E.isLeft(letters)) return E.left(Failure.show(letters.left))
  const note: Run['onFinished'] = (done, reason) =>
    E.tryCatch(
      () => Marks.append(file, done.flatMap(Index.marksOf(reason, around.clock.wall()))),
      (thrown) => Failure.show(Failure.fromUnknown(thrown))
    )
  try {
    const { bury } = letters.right
    const { deliver } = stage.destinations
    return E.right(await replayAll({ ...given, run: { bury, deliver, onFinished: note } }))
  } finally {
    letters.right.close()
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

const replayed = async (
  file: string,
  entries: ReadonlyArray<Index.Entry>,
  stage: Stage,
  options: Options,
  around: Surroundings,
  screen: Screen.Screen
): Promise<E.Either<string, Code>> => {
  const run: Run = { ...DRY, onFinished: () => E.right(undefined) }
  const given = { entries, stage, dry: options, around, screen }
  const counts = options.dryRun ? E.right(await replayAll({ ...given, run })) : await onFile(file, given)
  if (E.isLeft(counts)) return counts
  const left = pipe(
    read(file),
    E.map(({ entries: all }) => all.length)
  )
  if (E.isLeft(left)) return left
  const { ending, finished, failed, unmarked } = counts.right
  screen.close()
  around.stdout(told(counts.right, options.dryRun ? left.right - finished : left.right, options))
  screen.print(ENDINGS[ending])
  if (unmarked !== null)
    screen.print(`letters that are done could not be marked, and will come again: ${unmarked}\n`)
  return E.right(ending === 'Done' && failed === 0 && unmarked === null ? 0 : 1)
}

const replayLocked = async (
  file: string,
  options: Options,
  around: Surroundings,
  screen: Screen.Screen
): Promise<E.Either<string, Code>> => {
  if (!options.dryRun && Taking.recover(file)) screen.print(RECOVERED)
  const index = read(file)
  if (E.isLeft(index)) return index
  screen.print(unreadable(index.right))
  const chosen = Choice.choose(index.right.entries, options.choice)
  if (E.isLeft(chosen)) return chosen
  const entries = chosen.right
  const lines: Code = index.right.unreadable.length > 0 ? 1 : 0
  if (entries.length === 0) {
    around.stdout(nothingTo('replay', index.right))
    return E.right(lines)
  }
  if (!options.dryRun) Marks.prepare(file)
  const code = await pipe(
    prepare(file, options, around, screen),
    Managed.use(
      (stage) => replayed(file, entries, stage, options, around, screen),
      (problem) => screen.print(`kclts dead-letters replay: ${problem}\n`)
    )
  )()
  return pipe(
    code,
    E.mapLeft(({ problems }) => problems.join('\n')),
    E.flatten,
    E.map((ended) => (ended === 0 ? lines : ended))
  )
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
  // A dry run changes nothing that another machine could have.
  const exclusive = options.exclusive || options.dryRun
  const locked = pipe(
    file,
    E.chain((found) => lock(found, { exclusive }))
  )
  try {
    if (E.isLeft(file)) return fail(file.left, 2)
    if (E.isLeft(locked)) return fail(locked.left, 2)
    const code = await replayLocked(file.right, options, around, screen)
    return E.isLeft(code) ? fail(code.left, 2) : code.right
  } catch (thrown) {
    return fail(Failure.show(Failure.fromUnknown(thrown)), 1)
  } finally {
    if (E.isRight(locked)) locked.right.release()
    uncapture()
    screen.close()
  }
}
