/** The context of a handler that is called by hand. */
import type { Context } from '../core/Handler'
import * as Logged from '../run/Logged'

export type { Logged } from '../run/Logged'

/** The options of `context`; all are optional. */
export interface Options<Resource = undefined> {
  /** 1 by default, the first attempt. */
  readonly attempt?: number
  /** null by default. */
  readonly millisBehindLatest?: number | null
  /** What the handler's `acquire` would have returned. */
  readonly resource?: Resource
  /** By default a signal that is never aborted; `AbortSignal.abort()` is aborted from the start. */
  readonly signal?: AbortSignal
}

/** A context that keeps the log lines as plain data. */
export interface Collecting<Resource> extends Context<Resource> {
  /** What the handler has logged so far, in order. */
  readonly logged: ReadonlyArray<Logged.Logged>
}

interface Make {
  /**
   * With a resource.
   *
   * @param options the resource, and what else the context says
   * @returns a context that keeps what is logged in `logged`
   */
  <Resource>(options: Options<Resource> & { readonly resource: Resource }): Collecting<Resource>
  /**
   * Without a resource.
   *
   * @param options what the context says; each option has a default
   * @returns a context that keeps what is logged in `logged`
   */
  (options?: Options): Collecting<undefined>
}

/**
 * A context to call an effectful handler with.
 *
 * @function
 * @example
 * deepStrictEqual(await handler(record({ json: order }), context({ resource: fake, attempt: 2 })), ack())
 */
export const context: Make = <Resource>(
  options: Options<Resource> = {}
): Collecting<Resource | undefined> => {
  const logged: Array<Logged.Logged> = []
  return {
    attempt: options.attempt ?? 1,
    millisBehindLatest: options.millisBehindLatest ?? null,
    resource: options.resource,
    signal: options.signal ?? new AbortController().signal,
    log: (level, message, fields) => void logged.push(Logged.make(level, message, fields)),
    logged
  }
}
