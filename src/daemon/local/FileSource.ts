/** The lines of a file, read in pieces at any place: it may be larger than memory, and it may grow. */
import * as fs from 'node:fs'
import * as Lines from '../../codec/Lines'
import type { Cursor, Limits, Piece, Source } from './Source'

const BLOCK = 1 << 20
const NEWLINE = Buffer.from('\n')

/** A block of the file; an empty one is the end of what there is now. */
const blockAt = (fd: number, position: number): Buffer => {
  const into = Buffer.allocUnsafe(BLOCK)
  return into.subarray(0, fs.readSync(fd, into, 0, BLOCK, position))
}

const readPiece = (fd: number, isComplete: boolean, from: Cursor, limits: Limits): Piece => {
  const framing = Lines.make()
  const lines: Array<Buffer> = []
  let taken = 0
  let position = from.offset
  const isFull = (): boolean => lines.length >= limits.lines || taken >= limits.bytes
  const take = (line: Buffer): void => {
    if (isFull()) return
    lines.push(line)
    taken += line.length + 1
  }
  while (!isFull()) {
    const bytes = blockAt(fd, position)
    if (bytes.length === 0) break
    position += bytes.length
    framing.push(bytes, take)
  }
  const isEnd = isComplete && !isFull()
  if (isEnd && framing.pending() > 0) framing.push(NEWLINE, take)
  return {
    lines,
    next: { line: from.line + lines.length, offset: isEnd ? position : from.offset + taken },
    isFull: !isEnd && isFull(),
    isEnd
  }
}

/**
 * @param isComplete whether nothing will be added to the file any more; a last line without a newline counts only
 *   then.
 */
export const make = (fd: number, isComplete: () => boolean): Source => ({
  // Asked before reading: what is appended after the answer is not missed.
  read: (from, limits) => readPiece(fd, isComplete(), from, limits),
  size: () => (isComplete() ? { offset: fs.fstatSync(fd).size } : null),
  close: () => fs.closeSync(fd)
})
