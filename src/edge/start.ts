/** The child inside a user's own program, as kclpy's `start`: `executableName = node app.js`. */
import type { AnyHandler, BatchHandler, EffectHandler, Handler } from '../core/Handler'
import { guardStdout } from './Pipe'
import * as Signals from './Signals'

/** The options of `start`. */
export interface StartOptions {
  /** The configuration file. Without it, kclts searches from the current folder up. */
  readonly config?: string
  /** The version of the handler, which is written on dead letters. */
  readonly version?: string
  /** What the module of a handler would export: `outputs`, `acquire`, `release`, and the functions of module sinks. */
  readonly exports?: Readonly<Record<string, unknown>>
}

/** A handler of any kind; one of several records is named, as its export would be. */
export type Startable<Outputs, Resource> =
  | Handler<Outputs>
  | EffectHandler<Outputs, Resource>
  | { readonly batchHandler: BatchHandler<Outputs, Resource> }

/**
 * Runs one shard on stdin and stdout with the given handler; the configuration's `handler` is not needed. What the
 * program prints through `process.stdout` goes to stderr from here on, and what it prints through `console` becomes lines of
 * the log once the configuration is read (`log.console`). Ends the process when the daemon ends the conversation, with
 * exit code 2 when the configuration is wrong.
 *
 * @param handler the handler, or `{ batchHandler }`
 * @param options the configuration, and what the module of a handler would export
 * @returns at once; the conversation goes on until the daemon ends it
 */
export const start = <Outputs = Record<never, never>, Resource = undefined>(
  handler: Startable<Outputs, Resource>,
  options: StartOptions = {}
): void => {
  guardStdout()
  Signals.leaveToDaemon()
  if (typeof handler === 'function') void begin(handler, handler.name, options)
  else void begin({ several: handler.batchHandler }, handler.batchHandler.name, options)
}

/** The rest of the edge is loaded only here, so that a handler which imports kclts does not pay for it. */
const begin = async (handler: AnyHandler, name: string, options: StartOptions): Promise<void> => {
  const { runOrExplain } = await import('./prepare.js')
  await runOrExplain({
    cwd: process.cwd(),
    file: options.config ?? null,
    env: process.env,
    flags: {},
    handler: {
      handler,
      version: options.version ?? null,
      name: name || 'handler',
      exported: (other) => options.exports?.[other]
    },
    descriptors: { input: 0, output: 1 },
    // Its program may have begun anything before.
    idle: null,
    guard: null,
    record: null
  })
}
