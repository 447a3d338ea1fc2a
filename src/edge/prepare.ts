/** From a request to a child that is ready to run: configuration, dead-letter file, handler. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from '../codec/Config'
import * as Failure from '../core/Failure'
import { run, type Conversation } from './Conversation'
import * as ConfigSearch from './ConfigSearch'
import * as DeadLetterFile from './DeadLetterFile'
import * as HandlerModule from './HandlerModule'
import * as Log from './Log'
import { leave } from './leave'
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

const openDeadLetters = (config: Config.Config, log: Log.Log): E.Either<string, Conversation['bury']> =>
  pipe(
    DeadLetterFile.open(config.failure.deadLetters, (warning) => log.write('warn', warning, {})),
    E.bimap(Failure.show, ({ bury }) => bury)
  )

/** Left: what is wrong, a message each. Nothing was read from the daemon then. */
export const prepare = async (request: Request): Promise<E.Either<ReadonlyArray<string>, Conversation>> => {
  const loaded = ConfigSearch.load({ ...request, handlerRequired: request.handler === null })
  if (E.isLeft(loaded)) return E.left(loaded.left.map(ConfigSearch.show))
  const { config } = loaded.right

  const module =
    request.handler === null ? await HandlerModule.load(config.handler) : E.right(request.handler)
  if (E.isLeft(module)) return E.left([module.left])
  const { handler, name, version } = module.right

  const log = await Log.make(config.log.level, config.log.format)
  const bury = openDeadLetters(config, log)
  if (E.isLeft(bury)) return E.left([bury.left])
  return E.right({
    env: Config.toEnv(config, name, version),
    handler,
    log,
    bury: bury.right,
    deliver: () => undefined,
    descriptors: request.descriptors
  })
}

/** Prepares and runs a conversation; what is wrong goes to stderr, and the exit code is 2. */
export const runOrExplain = async (request: Request): Promise<void> => {
  const conversation = await prepare(request)
  if (E.isRight(conversation)) return run(conversation.right)
  for (const problem of conversation.left) process.stderr.write(`kclts: ${problem}\n`)
  leave(2)
}
