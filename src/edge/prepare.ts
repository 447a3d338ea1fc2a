/** From a request to a child that is ready to run: configuration, dead-letter file, handler. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from '../config/Config'
import * as DaemonSettings from '../config/DaemonSettings'
import * as SinkSettings from '../config/SinkSettings'
import { run, type Conversation, type Guard } from './Conversation'
import * as ConfigSearch from '../config/ConfigSearch'
import * as HandlerModule from './HandlerModule'
import * as Log from './Log'
import { leave, watchEnd } from './leave'
import * as Outlets from './Outlets'
import * as Resource from './Resource'
import type { Descriptors } from './Pipe'
import type { Quiet } from './Quiet'

export interface Request {
  readonly cwd: string
  /** The configuration file to use; null: search for one. */
  readonly file: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags: Readonly<Record<string, string>>
  /** A handler that is here already, from a user's own program; null: the configuration names its module. */
  readonly handler: HandlerModule.HandlerModule | null
  readonly descriptors: Descriptors
  /** Watches since before the handler is loaded; null: nobody does, and the event loop is never held up. */
  readonly quiet: Quiet | null
  /** Watches the user code; null: nobody does. */
  readonly guard: ((guarded: Guarded) => Guard) | null
}

/** What there is to watch, and what for. */
export interface Guarded {
  readonly config: Config.Config
  readonly env: Request['env']
  readonly log: Log.Log
  readonly quiet: Quiet | null
  readonly code: Guard['code']
}

/** What the configuration names: the handler's module, and where its outputs and dead letters go. */
export interface Opened {
  readonly module: HandlerModule.HandlerModule
  readonly outlets: Outlets.Outlets
}

/** Two streams may have records of equal shard and position: without its name, keys would not tell them apart. */
const withoutStream = (loaded: ConfigSearch.Loaded): ReadonlyArray<string> =>
  DaemonSettings.streamOf(loaded.config.daemon) === undefined
    ? SinkSettings.wantStream(loaded.config.sinks).map((name) =>
        ConfigSearch.showLater(
          loaded,
          `sinks.${name}`,
          'keys is 2, which needs the name of the stream; set daemon.streamName to that of the stream that the daemon reads'
        )
      )
    : []

/** Left: what is wrong with what the configuration names, each with the place where it is named. */
export const open = async (
  loaded: ConfigSearch.Loaded,
  module: E.Either<string, HandlerModule.HandlerModule>,
  onWarning: (warning: string) => void,
  openOutlets = Outlets.open
): Promise<E.Either<ReadonlyArray<string>, Opened>> => {
  const { config } = loaded
  const nameless = withoutStream(loaded)
  // Without a module no sink is opened, but what is wrong with the dead letters is told at once.
  const outlets = await (E.isLeft(module)
    ? Outlets.withoutSinks(config, onWarning)
    : openOutlets(config, module.right, onWarning))
  if (E.isRight(module) && E.isRight(outlets) && nameless.length === 0)
    return E.right({ module: module.right, outlets: outlets.right })
  if (E.isRight(outlets)) await outlets.right.close()
  return E.left([
    ...(E.isLeft(module) ? [ConfigSearch.showLater(loaded, 'handler', module.left)] : []),
    ...(E.isLeft(outlets)
      ? outlets.left.map(({ key, text }) => ConfigSearch.showLater(loaded, key, text))
      : []),
    ...nameless
  ])
}

/** Why nothing was read from the daemon: a message each, and the exit code. */
export interface Refusal {
  /** 1: what the handler needs could not be acquired. 2: the configuration, or what it names, is wrong. */
  readonly code: 1 | 2
  readonly problems: ReadonlyArray<string>
}

const refused = (code: Refusal['code'], problems: ReadonlyArray<string>): E.Left<Refusal> => ({
  _tag: 'Left',
  left: { code, problems }
})

/** How long the sinks may take to close: a write to a disk that is gone may hang, and the daemon waits for our exit. */
const CLOSE_MS = 5000

/** All that the shards of one process, or of one thread, share. */
export type Prepared = Omit<Conversation, 'log' | 'descriptors' | 'quiet' | 'guard'>

/** Opens what the configuration names and acquires what the handler's module needs, in this order. */
export const ready = async (
  loaded: ConfigSearch.Loaded,
  module: E.Either<string, HandlerModule.HandlerModule>,
  log: Log.Log,
  openOutlets = Outlets.open
): Promise<E.Either<Refusal, Prepared>> => {
  const { config } = loaded
  const opened = await open(loaded, module, (warning) => log.write('warn', warning, {}), openOutlets)
  if (E.isLeft(opened)) return refused(2, opened.left)
  const { outlets } = opened.right
  const resource = await Resource.acquire(opened.right.module, config.deadline)
  const close = async (): Promise<void> => {
    const closed = await Resource.within(CLOSE_MS, outlets.close)
    if (E.isLeft(closed)) log.write('error', `the sinks cannot be closed: ${closed.left}`, {})
  }
  if (E.isLeft(resource)) {
    await close()
    return refused(1, [resource.left])
  }
  return E.right({
    env: Config.toEnv(config, HandlerModule.about(opened.right.module)),
    handler: opened.right.module.handler,
    resource: resource.right.value,
    bury: outlets.bury,
    deliver: outlets.deliver,
    close: async () => {
      await close()
      const released = await resource.right.release()
      if (E.isLeft(released)) log.write('error', released.left, {})
    }
  })
}

export const prepare = async (request: Request): Promise<E.Either<Refusal, Conversation>> => {
  const loaded = ConfigSearch.load({ ...request, handlerRequired: request.handler === null })
  if (E.isLeft(loaded)) return refused(2, loaded.left.map(ConfigSearch.show))
  const { config } = loaded.right

  const module =
    request.handler === null ? await HandlerModule.load(config.handler) : E.right(request.handler)
  const log = await Log.of(config, request.env)
  const prepared = await ready(loaded.right, module, log)
  const { descriptors } = request
  // At that level we have something to say whenever a signal comes.
  const quiet = config.log.level === 'debug' ? null : request.quiet
  if (quiet === null) request.quiet?.end()
  else quiet.loaded()
  return pipe(
    prepared,
    E.map((all) => {
      const { handler, bury, deliver } = all
      const code = { handler, bury, deliver }
      const guard = request.guard?.({ config, env: request.env, log, quiet, code }) ?? null
      return { ...all, log, descriptors, quiet, guard }
    })
  )
}

/** Exit code 2 and a message when the process ends before its handler can run; gives a way to watch no more. */
export const watchLoad = (): (() => void) =>
  watchEnd(
    2,
    'the process ended before the handler was ready: its module, or `acquire`, calls process.exit or awaits what nothing ends'
  )

/** Prepares and runs a conversation; what is wrong goes to stderr, and the exit code is that of the refusal. */
export const runOrExplain = async (request: Request): Promise<void> => {
  const unwatch = watchLoad()
  const conversation = await prepare(request)
  unwatch()
  if (E.isRight(conversation)) return run(conversation.right)
  for (const problem of conversation.left.problems) process.stderr.write(`kclts: ${problem}\n`)
  leave(conversation.left.code)
}
