/** The two ends of the conversation with the daemon: file descriptors. */
import * as fs from 'node:fs'

/** The descriptors to read and to write: 0 and 1, or 4 and 3 behind the wrapper `kclts-child`. */
export interface Descriptors {
  readonly input: number
  readonly output: number
}

const PAUSE_MS = 2
const pause = new Int32Array(new SharedArrayBuffer(4))

/** The pipe is full and does not block, or a signal has arrived before anything was written. */
const isFull = (problem: unknown): boolean =>
  problem instanceof Error && ['EAGAIN', 'EINTR'].includes((problem as NodeJS.ErrnoException).code ?? '')

/**
 * Writes all of the text, synchronously: replies are tiny, and the daemon is waiting for them. If the pipe is full, it waits.
 * Throws if the daemon no longer reads (EPIPE).
 */
export const write = (fd: number, text: string): void => {
  const bytes = bytesOf(text)
  let at = writeSome(fd, bytes, 0)
  while (at < bytes.length) {
    Atomics.wait(pause, 0, 0, PAUSE_MS)
    at += writeSome(fd, bytes, at)
  }
}

/** How many bytes were written; 0 when the pipe is full. */
const writeSome = (fd: number, bytes: Buffer, at: number): number => {
  try {
    return fs.writeSync(fd, bytes, at, bytes.length - at, null)
  } catch (problem) {
    if (isFull(problem)) return 0
    throw problem
  }
}

/** The last text and its bytes: most replies repeat the one before. */
let last = { text: '', bytes: Buffer.alloc(0) }

const bytesOf = (text: string): Buffer => {
  if (text !== last.text) last = { text, bytes: Buffer.from(text) }
  return last.bytes
}

/**
 * Keeps what user code prints away from the daemon's stdout. Behind the wrapper, descriptor 1 is already stderr. Without it, a
 * running process can only redirect its own streams, `console` and `process.stdout`, but not what native code or a grandchild
 * writes to descriptor 1.
 */
export const guardStdout = (): void => {
  process.stdout.write = process.stderr.write.bind(process.stderr)
}
