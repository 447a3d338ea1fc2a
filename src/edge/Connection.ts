/** One shard's pipes and its interpreter: the capabilities of the real world, with nothing of the process around it. */
import * as Lines from '../protocol/wire/Lines'
import * as BufferPool from '../protocol/wire/BufferPool'
import type { ExitCode } from '../core/Effect'
import * as Failure from '../core/Failure'
import type { AnyHandler } from '../core/Handler'
import type * as Session from '../core/Session'
import type { Capabilities } from '../run/Capabilities'
import * as Interpreter from '../run/Interpreter'
import type * as Meter from '../run/Meter'
import * as Clock from '../run/Clock'
import type { Reader } from './Reader'
import * as Turn from '../run/Turn'

export interface Options {
  readonly env: Session.Env
  readonly handler: AnyHandler
  /** What the handler's module acquired. */
  readonly resource: unknown
  readonly log: Capabilities['log']
  readonly bury: Capabilities['bury']
  readonly deliver: Capabilities['deliver']
  readonly admit?: Capabilities['admit'] | undefined
  /** Told of every step of the session. */
  readonly observe?: Meter.Observe
  /** Bytes have come, and what they brought has begun. */
  readonly onRead?: () => void
  /** Read by nobody else; closed when the session is over. */
  readonly input: Reader
  /** Says the text to the daemon; throws when it no longer reads. */
  readonly write: (text: string) => void
  /** The session is over. Called once, last. */
  readonly onExit: (code: ExitCode) => void
}

export interface Connection {
  readonly interpreter: Interpreter.Interpreter
  /** Bytes of a line that has not come to its end. */
  readonly pending: () => number
}

/** Begins to read at once. */
export const open = ({ env, handler, resource, input, write, onExit, ...options }: Options): Connection => {
  const lines = Lines.make(BufferPool.takeHome)
  let breathing = false
  const alarm = Clock.alarm(Turn.clock)

  const world: Capabilities = {
    ...Turn.clock,
    random: Math.random,
    write: (text) => {
      try {
        write(text)
      } catch (problem) {
        interpreter.broken(
          `the daemon no longer reads our replies: ${Failure.show(Failure.fromUnknown(problem))}`
        )
      }
    },
    bury: options.bury,
    deliver: options.deliver,
    log: options.log,
    ...(options.admit === undefined ? {} : { admit: options.admit }),
    ...(options.observe === undefined ? {} : { observe: options.observe }),
    wait: alarm.set,
    soon: (then) => {
      breathing = true
      Turn.soon(() => {
        breathing = false
        then()
      })
    },
    exit: (code) => {
      alarm.cancel()
      input.close()
      onExit(code)
    }
  }
  const interpreter = Interpreter.make(world, env, handler, resource)
  let ended = false
  input.listen({
    awaits: () => (breathing ? 'turn' : interpreter.state().batch === null ? 'bytes' : 'else'),
    chunk: (bytes) => {
      lines.push(bytes, interpreter.line)
      options.onRead?.()
    },
    into: {
      space: lines.space,
      filled: (count) => {
        lines.filled(count, interpreter.line)
        options.onRead?.()
      }
    },
    end: () => {
      if (ended) return
      ended = true
      interpreter.end(lines.pending())
    },
    broken: (problem) => interpreter.broken(`stdin cannot be read: ${problem.message}`)
  })
  return { interpreter, pending: lines.pending }
}
