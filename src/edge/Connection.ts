/** One shard's pipes and its interpreter: the capabilities of the real world, with nothing of the process around it. */
import type { Readable } from 'node:stream'
import * as Lines from '../codec/Lines'
import type { ExitCode } from '../core/Effect'
import * as Failure from '../core/Failure'
import type { AnyHandler } from '../core/Handler'
import type * as Session from '../core/Session'
import type { Capabilities } from '../run/Capabilities'
import * as Interpreter from '../run/Interpreter'
import type * as Meter from '../run/Meter'
import * as Timer from './Timer'

export interface Options {
  readonly env: Session.Env
  readonly handler: AnyHandler
  /** What the handler's module acquired. */
  readonly resource: unknown
  readonly log: Capabilities['log']
  readonly bury: Capabilities['bury']
  readonly deliver: Capabilities['deliver']
  /** Told of every step of the session. */
  readonly observe?: Meter.Observe
  /** Read by nobody else; destroyed when the session is over. */
  readonly input: Readable
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

/** Milliseconds since 1970 that never go back, whatever is done to the machine's clock. */
export const now = (): number => performance.timeOrigin + performance.now()

/** Begins to read at once. */
export const open = ({ env, handler, resource, input, write, onExit, ...options }: Options): Connection => {
  let callOff = (): void => undefined

  const world: Capabilities = {
    now,
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
    ...(options.observe === undefined ? {} : { observe: options.observe }),
    wait: (until, then) => {
      callOff()
      callOff = Timer.after(Math.max(0, Math.ceil(until - now())), then)
    },
    breathe: (then) => {
      setImmediate(then)
    },
    exit: (code) => {
      callOff()
      input.destroy()
      onExit(code)
    }
  }
  const interpreter = Interpreter.make(world, env, handler, resource)
  return { interpreter, pending: listen(input, interpreter) }
}

const listen = (input: Readable, interpreter: Interpreter.Interpreter): (() => number) => {
  const lines = Lines.make()
  let ended = false
  const finish = (): void => {
    if (ended) return
    ended = true
    interpreter.end(lines.pending())
  }
  input.on('data', (chunk: Buffer) => lines.push(chunk, interpreter.line))
  input.on('end', finish)
  input.on('close', finish)
  input.on('error', (problem) => interpreter.broken(`stdin cannot be read: ${problem.message}`))
  return lines.pending
}
