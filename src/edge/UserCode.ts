/** What user code does to the process beside its calls: it fails where no call awaits it, or it ends the process. */
import * as Failure from '../core/Failure'
import type { Log } from './Log'

export interface Listener {
  readonly crashed: (thrown: unknown) => void
  /** The process ends in the middle of the conversation. */
  readonly exited?: () => void
}

/** Gives a function that says the conversation is over: a failure is only logged from then on. */
export const watch = (log: Log, { crashed, exited }: Listener): (() => void) => {
  let isOver = false
  const failed = (thrown: unknown): void =>
    isOver
      ? log.write('error', 'user code failed after the end of the conversation', {
          reason: Failure.inFull(Failure.fromUnknown(thrown))
        })
      : crashed(thrown)
  process.on('uncaughtException', failed)
  process.on('unhandledRejection', failed)
  process.once('exit', () => {
    if (isOver) return
    log.write('error', 'user code ended the process; the work in progress is not acknowledged', {})
    process.exitCode = 1
    exited?.()
  })
  return () => {
    isOver = true
  }
}
