/** One shard's pipes and its interpreter: the capabilities of the real world, with nothing of the process around it. */
import type { AnyHandler } from '../core/Handler'
import type * as Session from '../core/Session'
import type { Capabilities } from '../run/Capabilities'
import type * as Interpreter from '../run/Interpreter'
import type * as Meter from '../run/Meter'
import * as Clock from '../run/Clock'
import * as Traced from '../tracing/Traced'
import type { Tracing } from '../tracing/Tracing'
import * as Channel from './Channel'
import * as Collector from './Collector'
import * as HeldWarnings from './HeldWarnings'

export interface Options extends Omit<Channel.Ends<Interpreter.Interpreter>, 'awaits'> {
  readonly env: Session.Env
  readonly handler: AnyHandler
  /** What the handler's module acquired. */
  readonly resource: unknown
  readonly log: Capabilities['log']
  readonly bury: Capabilities['bury']
  readonly deliver: Capabilities['deliver']
  readonly admit?: Capabilities['admit'] | undefined
  /** null: nothing is traced. */
  readonly tracing: Tracing | null
  /** Observes every step of the session. */
  readonly observe?: Meter.Observe
}

export interface Connection {
  readonly interpreter: Interpreter.Interpreter
  /** Bytes of a line that has not ended. */
  readonly pending: () => number
}

/** Begins to read at once. */
export const open = (options: Options): Connection => {
  Collector.adaptToFold()
  const { env, handler, resource, tracing, bury, deliver, admit, observe } = options
  const { log, end } = HeldWarnings.make(options.log, Clock.monotonic)
  let isBreathing = false
  const { speaker, pending } = Channel.open<Interpreter.Interpreter>(
    {
      ...options,
      onExit: (code) => {
        end()
        options.onExit(code)
      },
      awaits: (interpreter) => (isBreathing ? 'turn' : interpreter.state().batch === null ? 'bytes' : 'else')
    },
    (world) => {
      const soon: Capabilities['soon'] = (then) => {
        isBreathing = true
        world.soon(() => {
          isBreathing = false
          then()
        })
      }
      const watched = {
        ...(admit === undefined ? {} : { admit }),
        ...(observe === undefined ? {} : { observe })
      }
      return Traced.interpreter({
        tracing,
        world: { ...world, soon, log, bury, deliver, ...watched },
        env,
        handler,
        resource
      })
    }
  )
  return { interpreter: speaker, pending }
}
