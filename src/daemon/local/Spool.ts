/** A stream that can be read only once, such as stdin, kept in a temporary file so that any place can be read again. */
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import type { Readable } from 'node:stream'
import * as FileSource from './FileSource'
import type { Source } from './Source'

const writeAll = (fd: number, bytes: Buffer): void => {
  let rest = bytes
  while (rest.length > 0) rest = rest.subarray(fs.writeSync(fd, rest))
}

/**
 * The file has no name any more by the time this returns: whatever happens, its space is given back when the process
 * ends. Memory holds no more of the stream than a chunk.
 */
export const make = (input: Readable, onProblem: (problem: string) => void): Source => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-'))
  const file = path.join(folder, 'input')
  const fd = fs.openSync(file, 'ax+', 0o600)
  fs.rmSync(folder, { recursive: true })

  let isComplete = false
  const stop = (problem: string): void => {
    isComplete = true
    onProblem(problem)
    input.destroy()
  }
  input.on('data', (chunk: Buffer) => {
    try {
      writeAll(fd, chunk)
    } catch (thrown) {
      stop(`the input cannot be kept in ${os.tmpdir()}: ${thrown instanceof Error ? thrown.message : 'full'}`)
    }
  })
  input.once('end', () => {
    isComplete = true
  })
  input.once('error', (problem) => stop(`the input cannot be read: ${problem.message}`))
  const source = FileSource.make(fd, () => isComplete)
  return {
    ...source,
    close: () => {
      input.destroy()
      source.close()
    }
  }
}
