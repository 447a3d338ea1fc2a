/** One shard on two descriptors: fills the capabilities with the real world and runs an interpreter on it. */
import type { Readable } from 'node:stream'
import * as Lines from '../codec/Lines'
import type { ExitCode } from '../core/Effect'
import * as Failure from '../core/Failure'
import type { AnyHandler } from '../core/Handler'
import type * as Session from '../core/Session'
import type { Capabilities } from '../run/Capabilities'
import * as Interpreter from '../run/Interpreter'
import { leave } from './leave'
import type { Log } from './Log'
import * as Pipe from './Pipe'
import * as Signals from './Signals'
import * as Timer from './Timer'

export interface Conversation {
  readonly env: Session.Env
  readonly handler: AnyHandler
  /** What the handler's module acquired. */
  readonly resource: unknown
  readonly log: Log
  readonly bury: Capabilities['bury']
  readonly deliver: Capabilities['deliver']
  readonly descriptors: Pipe.Descriptors
  /** Closes the sinks and releases what was acquired, within a time of its own; never rejects. */
  readonly close: () => Promise<void>
}

/** Milliseconds since 1970 that never go back, whatever is done to the machine's clock. */
const now = (): number => performance.timeOrigin + performance.now()

const AFTER_END = 'user code failed after the end of the conversation'

const reasonOf = (thrown: unknown): string => {
  const failure = Failure.fromUnknown(thrown)
  return failure.stack ?? Failure.show(failure)
}

/** Takes over the process until the daemon ends the conversation; then sets the exit code and lets it end. */
export const run = (conversation: Conversation): void => {
  const { env, handler, resource, log, bury, deliver, descriptors, close } = conversation
  const input = Pipe.reader(descriptors.input)
  let callOff = (): void => undefined
  let ended = false

  const world: Capabilities = {
    now,
    random: Math.random,
    write: (text) => {
      try {
        Pipe.write(descriptors.output, text)
      } catch (problem) {
        interpreter.broken(
          `the daemon no longer reads our replies: ${Failure.show(Failure.fromUnknown(problem))}`
        )
      }
    },
    bury,
    deliver,
    log: log.write,
    wait: (until, then) => {
      callOff()
      callOff = Timer.after(Math.max(0, Math.ceil(until - now())), then)
    },
    breathe: (then) => {
      setImmediate(then)
    },
    exit: (code) => {
      ended = true
      callOff()
      input.destroy()
      void close().then(() => end(code, log))
    }
  }
  const interpreter = Interpreter.make(world, env, handler, resource)

  listen(input, interpreter)
  // The daemon has our answers by then, and nothing can be halted any more: it is told, no more.
  const crashed = (thrown: unknown): void =>
    ended ? log.write('error', AFTER_END, { reason: reasonOf(thrown) }) : interpreter.crashed(thrown)
  process.on('uncaughtException', crashed)
  process.on('unhandledRejection', crashed)
  process.once('exit', () => {
    if (ended) return
    log.write('error', 'user code ended the process; nothing of what was open is acknowledged', {})
    process.exitCode = 1
  })
  for (const name of Signals.names)
    process.on(name, () => log.write('debug', `${name} is left to the daemon`, {}))
}

const end = (code: ExitCode, log: Log): void => {
  log.write(code === 0 ? 'debug' : 'error', 'leaving', { code })
  leave(code)
}

const listen = (input: Readable, interpreter: Interpreter.Interpreter): void => {
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
}
