/** The one place that ends the process. */
import type { ExitCode } from '../core/Effect'

/** How long user code may keep handles open after the end. The daemon waits for our exit without limit. */
export const GRACE_MS = 2000

/**
 * Ends the process with the code: at once when nothing is left to do, else after GRACE_MS, whatever timers or
 * sockets user code left open. Protocol and logs are written synchronously, so nothing of ours is cut.
 */
export const leave = (code: ExitCode | 2 | 4): void => {
  process.exitCode = code
  process.once('exit', () => {
    process.exitCode = code
  })
  setTimeout(() => process.exit(code), GRACE_MS).unref()
}
