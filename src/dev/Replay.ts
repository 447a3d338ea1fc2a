/** The program behind `kclts dead-letters replay`: letters of a file go through the handler again, with its sinks. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from '../config/Config'
import type * as ConfigSearch from '../config/ConfigSearch'
import * as Failure from '../core/Failure'
import * as DeadLetterFile from '../deadLetters/DeadLetterFile'
import * as Index from '../deadLetters/DeadLetterIndex'
import * as Marks from '../deadLetters/DeadLetterMarks'
import * as Acting from '../edge/Acting'
import * as Destinations from '../edge/Destinations'
import * as Console from '../edge/Console'
import * as HandlerModule from '../edge/HandlerModule'
import * as Log from '../edge/Log'
import * as Configuration from '../edge/Configuration'
import * as Startup from '../edge/Startup'
import type { Surroundings } from '../edge/Surroundings'
import * as Managed from '../run/Managed'
import {
  EFFECTFUL,
  replayAll,
  type Counts,
  type Dry,
  type Given,
  type Run,
  type Stage
} from './ReplaySessions'
import type * as Screen from './Screen'

export type { Counts } from './ReplaySessions'

export interface Options extends Dry {
  readonly config: string | null
  /** Settings by flag name. */
  readonly flags: Readonly<Record<string, string>>
}

// -- opening ----------------------------------------------------------------------------------------------------------

const DRY: Destinations.Destinations = {
  bury: () => E.right(undefined),
  deliver: (_delivery, then) => queueMicrotask(() => then(E.right(undefined))),
  advice: [],
  close: () => Promise.resolve()
}

const dry: typeof Destinations.open = () => Promise.resolve(E.right(DRY))

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

/** The handler of the configuration with all it needs, for the letters of this file. */
export const open = (
  file: string,
  options: Options,
  { cwd, env }: Surroundings,
  screen: Screen.Screen
): Managed.Managed<Stage> =>
  pipe(
    Configuration.read({ cwd, env, file: options.config, flags: options.flags, handlerRequired: true }),
    Managed.chain((loaded) => async () => {
      const log = await Log.of(loaded.config, env, { write: screen.print })
      return Console.during(loaded.config, log.write, () => ready(file, options, loaded, log))()
    })
  )

const ready =
  (file: string, options: Options, loaded: ConfigSearch.Loaded, log: Log.Log): Managed.Managed<Stage> =>
  async () => {
    const { config } = loaded
    const module = await HandlerModule.load(config.handler)
    if (E.isLeft(module)) return E.left(Managed.refusal([module.left]))
    if (options.dryRun && !options.effects && Acting.mayAct(module.right))
      return E.left(Managed.refusal([EFFECTFUL]))
    const onWarning = (warning: string): void => log.write('warn', warning, {})
    // Sinks are those of the configuration; what fails again goes back to the file it is from.
    const sinks = sinksFor(config, module.right)
    const here = { ...config, sinks, failure: { ...config.failure, deadLetters: file } }
    return pipe(
      Managed.both(
        Startup.tracing(loaded, log.write),
        Startup.named(
          { ...loaded, config: here },
          module,
          onWarning,
          options.dryRun ? dry : Destinations.open
        )
      ),
      Managed.beneath(([tracing, named]) =>
        pipe(
          Startup.resource(named.module, config.deadline),
          Managed.map((resource) => ({ ...named, tracing, config, resource, log }))
        )
      )
    )()
  }

// -- the file ---------------------------------------------------------------------------------------------------------

/**
 * Replays letters, which stay where they are; each is marked once it is done. What fails again is appended as a worker
 * appends it. Killed at any moment, what has no mark comes again. A dry run changes nothing.
 *
 * @returns Left: why nothing was replayed.
 */
export const replay = async (file: string, given: Omit<Given, 'run'>): Promise<E.Either<string, Counts>> => {
  const { stage, around, dry } = given
  if (dry.dryRun)
    return E.right(await replayAll({ ...given, run: { ...DRY, onFinished: () => E.right(undefined) } }))
  // The warnings were printed when the destinations were opened.
  const letters = DeadLetterFile.open(file, (warning) => stage.log.write('debug', warning, {}))
  if (E.isLeft(letters)) return E.left(Failure.show(letters.left))
  const note: Run['onFinished'] = (done, reason) =>
    E.tryCatch(
      () => Marks.append(file, done.flatMap(Index.marksOf(reason, around.clock.wall()))),
      Failure.describe
    )
  try {
    const { bury } = letters.right
    const { deliver } = stage.destinations
    return E.right(await replayAll({ ...given, run: { bury, deliver, onFinished: note } }))
  } finally {
    letters.right.close()
  }
}
