/** One shard on two descriptors, in a process of its own. */
import type { ExitCode } from '../core/Effect'
import type { AnyHandler } from '../core/Handler'
import type * as Session from '../core/Session'
import type { Capabilities } from '../run/Capabilities'
import type { Interpreter } from '../run/Interpreter'
import type { Observe } from '../run/Meter'
import type { Tracing } from '../tracing/Tracing'
import * as Connection from './Connection'
import type * as Console from './Console'
import { leave } from './leave'
import type { Log } from './Log'
import * as Pipe from './Pipe'
import type * as IdleDetector from './IdleDetector'
import * as Reader from './Reader'
import * as Recorder from './Recorder'
import * as Signals from './Signals'
import * as UserCode from './UserCode'

/** Watches the user code of a conversation, and remembers the records at which it ended the process. */
export interface Guard {
  /** The same, watched. */
  readonly code: Pick<Conversation, 'handler' | 'bury' | 'deliver'>
  readonly admit: Capabilities['admit']
  readonly observe: Observe
  /** To be called before the first line. */
  readonly follow: (interpreter: Interpreter) => void
  /** User code failed outside a record. */
  readonly crashed: () => void
  /** User code has ended the process. */
  readonly exited: () => void
  /** The conversation is over. */
  readonly end: () => void
}

export interface Conversation {
  readonly env: Session.Env
  readonly handler: AnyHandler
  /** What the handler's module acquired. */
  readonly resource: unknown
  /** null: nothing is traced. */
  readonly tracing: Tracing | null
  readonly log: Log
  /** What user code prints. */
  readonly console: Pick<Console.Captured, 'outside'>
  readonly bury: Capabilities['bury']
  readonly deliver: Capabilities['deliver']
  readonly descriptors: Pipe.Descriptors
  /** Has watched since before the handler was loaded; null: nothing watches. */
  readonly idle: IdleDetector.IdleDetector | null
  /** null: nothing watches. */
  readonly guard: Guard | null
  /** null: nothing is recorded. */
  readonly recorder: Recorder.Recorder | null
  /** Closes the sinks and releases what was acquired, within a time of its own; never rejects. */
  readonly close: () => Promise<void>
}

/** Takes over the process until the daemon ends the conversation; then sets the exit code and lets it end. */
export const run = (conversation: Conversation): void => {
  const { env, resource, tracing, log, descriptors, idle, guard, recorder, close } = conversation
  const observe = Recorder.all([guard?.observe, recorder?.session()])
  const { handler, bury, deliver } = guard?.code ?? conversation
  // The daemon has our answers by its end, and nothing can be halted any more.
  const over = UserCode.watch(log, {
    crashed: (thrown) => {
      guard?.crashed()
      interpreter.crashed(thrown)
    },
    exited: () => guard?.exited()
  })
  const { interpreter } = Connection.open({
    env,
    handler,
    resource,
    tracing,
    log: log.write,
    bury,
    deliver,
    input: idle === null ? Reader.of(descriptors.input) : Reader.whileIdle(descriptors.input, idle),
    write: (text) => Pipe.write(descriptors.output, text),
    ...(observe === undefined ? {} : { observe }),
    ...(guard === null ? {} : { admit: guard.admit }),
    onExit: (code) => {
      over()
      guard?.end()
      void close().then(() => end(code, log))
    }
  })
  guard?.follow(interpreter)
  conversation.console.outside(() => {
    const { shardId } = interpreter.state()
    return shardId === '' ? {} : { shard: shardId }
  })
  const listen = (): void => {
    for (const name of Signals.names)
      process.on(name, () => log.write('debug', `${name} is left to the daemon`, {}))
  }
  if (idle === null) listen()
  else idle.apart(listen)
}

const end = (code: ExitCode, log: Log): void => {
  log.write(code === 0 ? 'debug' : 'error', 'leaving', { code })
  leave(code)
}
