/** How an input begins: a byte order mark is no part of its first line, and what is no text has no lines. */
import { isUtf8 } from 'node:buffer'
import * as Signature from '../protocol/Signature'
import { ended, type Source } from './Source'

const MARK_BYTES = 3

/** What the input is, where that is no text. A line of text may begin as compressed data does. */
const binary = (line: Buffer): string | null =>
  isUtf8(line) && !line.includes(0) ? null : Signature.nameOf(line)

/** @param name of the input, for messages */
export const make = (source: Source, name: string): Source => {
  /** Where its contents began, the latest included. */
  const beginnings = new Set<number>([0])
  let refusal: string | null = null
  const read: Source['read'] = (from, limits) => {
    if (refusal !== null) return ended(from)
    const piece = source.read(from, limits)
    beginnings.add(source.origin().offset)
    const [first, ...rest] = beginnings.has(from.offset) ? piece.lines.slice(0, 1) : []
    if (first === undefined) return piece
    const marked = Signature.hasMark(first)
    const what = marked ? null : binary(first)
    if (what !== null) {
      refusal = `${name} begins as ${what} does; expected lines of UTF-8 text: decompress or convert it first`
      return ended(from)
    }
    return marked
      ? { ...piece, lines: [first.subarray(MARK_BYTES), ...rest, ...piece.lines.slice(1)] }
      : piece
  }
  return { ...source, read, problem: () => refusal ?? source.problem() }
}
