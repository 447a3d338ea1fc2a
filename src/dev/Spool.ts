/** A stream that can be read only once, such as stdin, kept in a temporary file so that any place can be read again. */
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import type { Readable } from 'node:stream'
import * as Failure from '../core/Failure'
import * as FileSource from './FileSource'
import type { Source } from './Source'

export const writeAll = (fd: number, bytes: Buffer): void => {
  let rest = bytes
  while (rest.length > 0) rest = rest.subarray(fs.writeSync(fd, rest))
}

/**
 * A temporary file that has no name any more by the time this returns: whatever happens, its space is given back when
 * the process ends.
 */
export const scratch = (): number => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-'))
  const fd = fs.openSync(path.join(folder, 'input'), 'ax+', 0o600)
  fs.rmSync(folder, { recursive: true })
  return fd
}

export const whyNotKept = (thrown: unknown): string =>
  `the input cannot be kept in ${os.tmpdir()}: ${Failure.fromUnknown(thrown).message}`

/** Why there can be no temporary file; null: there can. */
export const obstacle = (): string | null => {
  try {
    fs.closeSync(scratch())
    return null
  } catch (thrown) {
    return `${whyNotKept(thrown)}; set TMPDIR to a folder that this user may write to`
  }
}

/** Memory holds no more of the stream than a chunk. */
export const make = (input: Readable, onProblem: (problem: string) => void): Source => {
  const fd = scratch()
  let isComplete = false
  let problem: string | null = null
  const stop = (why: string): void => {
    isComplete = true
    problem = why
    onProblem(why)
    input.destroy()
  }
  input.on('data', (chunk: Buffer) => {
    try {
      writeAll(fd, chunk)
    } catch (thrown) {
      stop(whyNotKept(thrown))
    }
  })
  input.once('end', () => {
    isComplete = true
  })
  input.once('error', ({ message }) => stop(`the input cannot be read: ${message}`))
  const source = FileSource.make(fd, () => isComplete)
  return {
    ...source,
    problem: () => problem,
    close: () => {
      input.destroy()
      source.close()
    }
  }
}
