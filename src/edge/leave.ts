/** The one place that ends the process. */
import type { ExitCode } from '../core/Effect'

/**
 * Until it is called off, an end of the process that is not ours (user code calls process.exit, or awaits what nothing
 * ends) is reported on stderr and exits with the code: Node alone would end with 0, or without a message.
 */
export const watchEnd = (code: 1 | 2, message: string): (() => void) => {
  const ended = (): void => {
    process.stderr.write(`kclts: ${message}\n`)
    process.exitCode = code
  }
  process.once('exit', ended)
  return () => {
    process.off('exit', ended)
  }
}

/** How long user code may keep handles open after the end. The daemon waits for our exit without limit. */
export const GRACE_MS = 2000

/**
 * Ends the process with the code: at once when nothing is left to do, else after GRACE_MS, whatever timers or
 * sockets user code left open. Protocol and logs are written synchronously, so nothing of ours is cut.
 */
export const leave = (code: ExitCode | 2 | 4 | 5): void => {
  process.exitCode = code
  process.once('exit', () => {
    process.exitCode = code
  })
  setTimeout(() => process.exit(code), GRACE_MS).unref()
}
