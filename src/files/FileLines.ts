/** The lines of a file that may be larger than memory. */
import * as fs from 'node:fs'
import * as Lines from '../protocol/wire/Lines'

export interface Line {
  /** Its bytes without the newline. */
  readonly content: Buffer
  /** Where it begins. */
  readonly offset: number
  /** False for a last line without a newline. */
  readonly isEnded: boolean
}

const CHUNK = 1 << 20

/** The lines from a position on, where one begins, in order. Throws what `node:fs` throws. */
export function* from(fd: number, start: number): Generator<Line, void> {
  const splitter = Lines.make()
  let found: Array<Line> = []
  let offset = start
  let isEnded = true
  const onLine = (content: Buffer): void => {
    found.push({ content, offset, isEnded })
    offset += content.length + 1
  }
  let position = start
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK)
    const size = fs.readSync(fd, chunk, 0, CHUNK, position)
    if (size === 0) break
    position += size
    found = []
    splitter.push(chunk.subarray(0, size), onLine)
    yield* found
  }
  found = []
  isEnded = false
  if (splitter.pending() > 0) splitter.push(Buffer.from('\n'), onLine)
  yield* found
}

/** All lines of a file in order; a last one without a newline is one too. Throws what `node:fs` throws. */
export function* of(file: string): Generator<Line, void> {
  const fd = fs.openSync(file, 'r')
  try {
    yield* from(fd, 0)
  } finally {
    fs.closeSync(fd)
  }
}
