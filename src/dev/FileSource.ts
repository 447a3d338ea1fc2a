/** The lines of a file, read in pieces at any place: it may be larger than memory, and it may grow. */
import * as fs from 'node:fs'
import * as Lines from '../protocol/wire/Lines'
import { ended, start, type Cursor, type Limits, type Piece, type Source } from './Source'

/** Few lines are wanted at times: a block is small at first, and twice as large each time. */
const FIRST_BLOCK = 1 << 16
const BLOCK = 1 << 20
const NEWLINE = Buffer.from('\n')

/** This many bytes of a file, or those that there are; none means the present end of the file. */
export const readAt = (fd: number, position: number, size: number): Buffer => {
  const into = Buffer.allocUnsafe(size)
  return into.subarray(0, fs.readSync(fd, into, 0, size, position))
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
  for (let size = FIRST_BLOCK; !isFull(); size = Math.min(BLOCK, 2 * size)) {
    const bytes = readAt(fd, position, size)
    if (bytes.length === 0) break
    position += bytes.length
    framing.push(bytes, take)
  }
  const isEnd = isComplete && !isFull()
  const isCut = isEnd && framing.pending() > 0
  if (isCut) framing.push(NEWLINE, take)
  return {
    lines,
    next: { line: from.line + lines.length, offset: isEnd ? position : from.offset + taken },
    isFull: !isEnd && isFull(),
    isEnd,
    isCut
  }
}

/** The bytes before a place that are remembered, and at how many places: they show whether it is still the end of a line. */
const ANCHOR = 64
const ANCHORS = 4096

const before = (fd: number, offset: number): Buffer => {
  const length = Math.min(ANCHOR, offset)
  return readAt(fd, offset - length, length)
}

/** Says whether the file still has what was read before a place. */
const anchored = (
  fd: number
): { readonly isKept: (at: Cursor) => boolean; readonly keep: (at: Cursor) => void } => {
  const anchors = new Map<number, Buffer>()
  return {
    isKept: ({ offset }) => {
      if (fs.fstatSync(fd).size < offset) return false
      return anchors.get(offset)?.equals(before(fd, offset)) ?? true
    },
    keep: ({ offset }) => {
      anchors.set(offset, before(fd, offset))
      for (const oldest of anchors.keys()) if (anchors.size > ANCHORS) anchors.delete(oldest)
    }
  }
}

const CHANGED =
  'the input was truncated or rewritten while it was being read, so some of its lines may be missing; run it again, or use --follow'

/**
 * @param isComplete whether nothing will be added to the file any more; a last line without a newline counts only
 *   then.
 */
export const make = (fd: number, isComplete: () => boolean): Source => {
  const anchors = anchored(fd)
  let problem: string | null = null
  const read = (from: Cursor, limits: Limits): Piece => {
    if (problem === null && !anchors.isKept(from)) problem = CHANGED
    if (problem !== null) return ended(from)
    // Asked before reading: what is appended after the answer is not missed.
    const piece = readPiece(fd, isComplete(), from, limits)
    anchors.keep(piece.next)
    return piece
  }
  return {
    read,
    size: () => (isComplete() ? { offset: fs.fstatSync(fd).size } : null),
    origin: () => start,
    problem: () => problem,
    close: () => fs.closeSync(fd)
  }
}
