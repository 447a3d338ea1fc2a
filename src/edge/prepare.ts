/** From a request to a child that is ready to run. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as Config from '../config/Config'
import type * as ConfigSearch from '../config/ConfigSearch'
import * as Console from './Console'
import { run, type Conversation, type Guard } from './Conversation'
import * as HandlerModule from './HandlerModule'
import * as Folders from '../files/Folders'
import * as Log from './Log'
import { leave, watchEnd } from './leave'
import type { Descriptors } from './Pipe'
import type { IdleDetector } from './IdleDetector'
import type * as Recorder from './Recorder'
import * as Configuration from './Configuration'
import * as Startup from './Startup'
import * as Managed from '../run/Managed'

export interface Request {
  readonly cwd: string
  /** The configuration file to use; null: search for one. */
  readonly file: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags: Readonly<Record<string, string>>
  /** A handler that is here already, from a user's own program; null: the configuration names its module. */
  readonly handler: HandlerModule.HandlerModule | null
  readonly descriptors: Descriptors
  /** Watches since before the handler is loaded; null: nothing does, and the event loop is never blocked. */
  readonly idle: IdleDetector | null
  /** Watches the user code; null: nothing does. */
  readonly guard: ((guarded: Guarded) => Guard) | null
  /** Records the session, if the configuration asks for it; null: nothing does. */
  readonly record: Recorder.Open | null
}

/** What there is to watch, and what for. */
export interface Guarded {
  readonly config: Config.Config
  readonly env: Request['env']
  readonly log: Log.Log
  readonly idle: IdleDetector | null
  readonly code: Guard['code']
}

/** Opens what a child needs. */
export const prepare = (request: Request): Managed.Managed<Omit<Conversation, 'close'>> =>
  pipe(
    Configuration.read({ ...request, handlerRequired: request.handler === null }),
    Managed.chain((loaded) => async () => {
      const log = await Log.of(loaded.config, request.env)
      return Console.during(loaded.config, log.write, (console) => ready(request, loaded, log, console))()
    })
  )

/** Loads the handler: what its module prints is heard by now. */
const ready =
  (
    request: Request,
    loaded: ConfigSearch.Loaded,
    log: Log.Log,
    console: Console.Captured
  ): ReturnType<typeof prepare> =>
  async () => {
    const { config } = loaded
    const module =
      request.handler === null ? await HandlerModule.load(config.handler) : E.right(request.handler)
    // At that level we have something to say whenever a signal comes.
    const idle = config.log.level === 'debug' ? null : request.idle
    const prepared = await Startup.ready(loaded, module, { log, idle, record: request.record })()
    if (idle === null) request.idle?.end()
    else idle.loaded()
    return pipe(
      prepared,
      E.map(({ value, release }) => {
        const { handler, bury, deliver } = value
        const code = { handler, bury, deliver }
        const guard =
          request.guard?.({ config, env: Folders.placed(request.env, config.home), log, idle, code }) ?? null
        const { descriptors } = request
        return { value: { ...value, log, console, descriptors, idle, guard }, release }
      })
    )
  }

/** Exit code 2 and a message when the process ends before its handler can run; gives a way to watch no more. */
export const watchLoad = (): (() => void) =>
  watchEnd(
    2,
    'the process ended before the handler was ready: its module, or `acquire`, calls process.exit or awaits something that never happens'
  )

/** Prepares and runs a conversation; what is wrong goes to stderr, and the exit code is that of the refusal. */
export const runOrExplain = async (request: Request): Promise<void> => {
  const unwatch = watchLoad()
  const conversation = await prepare(request)()
  unwatch()
  if (E.isRight(conversation)) {
    const { value } = conversation.right
    const close = Managed.closing(conversation.right, (problem) => value.log.write('error', problem, {}))
    return run({ ...value, close })
  }
  for (const problem of conversation.left.problems) process.stderr.write(`kclts: ${problem}\n`)
  leave(conversation.left.code)
}
