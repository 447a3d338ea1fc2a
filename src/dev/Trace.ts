/**
 * What distinguishes an input from another one: a hash of the lines that were consumed. Lines that are added do not change it, and
 * neither does another name, another inode or another kind of newline; a line that was changed does.
 */
import { createHash, type Hash } from 'node:crypto'
import type { Cursor, Source } from './Source'

export interface Trace {
  /** How many lines of the stream came before the first one of this content. */
  readonly first: number
  /** The last line that was consumed. */
  readonly line: number
  /** Of all lines from the first to the last one, */
  readonly hash: string
  /** and of the same without the last one, which had perhaps no newline yet. */
  readonly before: string
}

/** A trace that is being drawn: the hash up to a place of the input. */
export interface Pen {
  readonly first: number
  readonly at: Cursor
  readonly hash: Hash
  readonly before: string
  /** Whether the last line had no newline. */
  readonly isCut: boolean
}

const LINES = 10_000
const BYTES = 8 << 20
const CARRIAGE_RETURN = 0x0d
const NEWLINE = Buffer.from('\n')

const digest = (hash: Hash): string => hash.copy().digest('base64url')

const add = (hash: Hash, line: Buffer): void => {
  hash.update(line[line.length - 1] === CARRIAGE_RETURN ? line.subarray(0, -1) : line).update(NEWLINE)
}

/** At the first line of a content. */
export const begin = (at: Cursor): Pen => {
  const hash = createHash('sha256')
  return { first: at.line, at, hash, before: digest(hash), isCut: false }
}

export interface Drawn {
  readonly pen: Pen
  /** The input has an end, and it is here. */
  readonly isEnd: boolean
}

/** On to a line, or as far as there is something to read. */
export const draw = (source: Source, from: Pen, line: number): Drawn => {
  const hash = from.hash.copy()
  let { at, before, isCut } = from
  let isEnd = false
  while (at.line < line && !isEnd) {
    const piece = source.read(at, { lines: Math.min(LINES, line - at.line), bytes: BYTES })
    for (const [i, text] of piece.lines.entries()) {
      if (i === piece.lines.length - 1) before = digest(hash)
      add(hash, text)
    }
    ;({ isCut, isEnd } = piece)
    if (piece.next.line === at.line) break
    at = piece.next
  }
  return { pen: { first: from.first, at, hash, before, isCut }, isEnd }
}

export const of = ({ first, at, hash, before }: Pen): Trace => ({
  first,
  line: at.line,
  hash: digest(hash),
  before
})

/** Follows what is consumed of an input: gives the trace up to each line that is, in their order. */
export const following = (source: Source, begun: Pen): ((line: number) => Trace) => {
  let pen = begun
  return (line) => {
    const origin = source.origin()
    // What a followed file held before is consumed: the next run will find what it holds now.
    if (line > origin.line && origin.line > pen.first) pen = begin(origin)
    pen = draw(source, pen, line).pen
    return of(pen)
  }
}
