/** From a request to a child that is ready to run: configuration, dead-letter file, handler. */
import * as E from 'fp-ts/Either'
import * as Config from '../codec/Config'
import * as Failure from '../core/Failure'
import { run, type Conversation } from './Conversation'
import * as ConfigSearch from './ConfigSearch'
import * as DeadLetterFile from './DeadLetterFile'
import * as HandlerModule from './HandlerModule'
import * as Log from './Log'
import { leave, watchEnd } from './leave'
import type { Descriptors } from './Pipe'

export interface Request {
  readonly cwd: string
  /** The configuration file to use; null: search for one. */
  readonly file: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags: Readonly<Record<string, string>>
  /** A handler that is here already, from a user's own program; null: the configuration names its module. */
  readonly handler: HandlerModule.HandlerModule | null
  readonly descriptors: Descriptors
}

type Module = E.Either<string, HandlerModule.HandlerModule>

type Letters = ReturnType<typeof DeadLetterFile.open>

/** What is wrong with what the configuration names, each with the place where it is named. */
export const problemsOf = (
  loaded: ConfigSearch.Loaded,
  module: Module,
  letters: Letters
): ReadonlyArray<string> => [
  ...(E.isLeft(module) ? [ConfigSearch.showLater(loaded, 'handler', module.left)] : []),
  ...(E.isLeft(letters)
    ? [ConfigSearch.showLater(loaded, 'failure.deadLetters', Failure.show(letters.left))]
    : [])
]

/** Left: what is wrong, a message each. Nothing was read from the daemon then. */
export const prepare = async (request: Request): Promise<E.Either<ReadonlyArray<string>, Conversation>> => {
  const loaded = ConfigSearch.load({ ...request, handlerRequired: request.handler === null })
  if (E.isLeft(loaded)) return E.left(loaded.left.map(ConfigSearch.show))
  const { config } = loaded.right

  const module: Module =
    request.handler === null ? await HandlerModule.load(config.handler) : E.right(request.handler)
  const log = await Log.make(config.log.level, config.log.format)
  const letters = DeadLetterFile.open(config.failure.deadLetters, (warning) => log.write('warn', warning, {}))
  if (E.isLeft(module) || E.isLeft(letters)) return E.left(problemsOf(loaded.right, module, letters))

  const { handler, name, version } = module.right
  return E.right({
    env: Config.toEnv(config, name, version),
    handler,
    log,
    bury: letters.right.bury,
    descriptors: request.descriptors
  })
}

/** Exit code 2 and a message when the process ends while the handler's module is loaded; gives a way to watch no more. */
export const watchLoad = (): (() => void) =>
  watchEnd(
    2,
    'the process ended before the handler was loaded: its module calls process.exit, or awaits what nothing ends'
  )

/** Prepares and runs a conversation; what is wrong goes to stderr, and the exit code is 2. */
export const runOrExplain = async (request: Request): Promise<void> => {
  const unwatch = watchLoad()
  const conversation = await prepare(request)
  unwatch()
  if (E.isRight(conversation)) return run(conversation.right)
  for (const problem of conversation.left) process.stderr.write(`kclts: ${problem}\n`)
  leave(2)
}
