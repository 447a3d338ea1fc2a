/** Where a run begins: after what an earlier one consumed of the same input, or at the beginning. */
import * as Position from '../protocol/Position'
import type { Stored } from '../protocol/Lease'
import * as SequenceNumber from './SequenceNumber'
import type { Shard } from './Shard'
import { start, type Cursor, type Source } from './Source'
import type { Found } from './StateFile'
import type { State } from './State'
import * as Trace from './Trace'

type Positions = State['shards']

export interface Request {
  /** The input as a user calls it. */
  readonly name: string
  readonly source: Source
  readonly shards: ReadonlyArray<Shard>
  readonly found: Found | null
  /** Whether a trace is kept of such an input. */
  readonly isTraced: boolean
  /** A last line without a newline is not complete yet. */
  readonly isFollowed: boolean
}

export interface Resumption {
  readonly positions: Positions
  /** How many lines of the stream came before the input's first one. */
  readonly origin: Cursor
  /** Where the first shard reads on. */
  readonly from: Cursor
  /** The trace of what was consumed. */
  readonly pen: Trace.Pen
  /** For the user: what is resumed, or why nothing is; null: there is nothing to resume. */
  readonly notice: string | null
  /** Whether these are the lines that the state was written for. */
  readonly isSame: boolean
}

export type Outcome =
  | { readonly _tag: 'Begins'; readonly resumption: Resumption }
  /** What was consumed is not all there yet: it comes through a pipe. */
  | { readonly _tag: 'Waits' }

const endOf = (shard: Shard | undefined): number => shard?.until ?? 0

const lineOf = (shards: ReadonlyArray<Shard>, id: string, stored: Stored): number => {
  if (stored === null) return 0
  return stored === 'SHARD_END'
    ? endOf(shards.find((one) => one.id === id))
    : SequenceNumber.lineOf(stored.sequenceNumber)
}

/** The last line that any shard has consumed. */
export const lastLine = (shards: ReadonlyArray<Shard>, positions: Positions): number =>
  Object.entries(positions).reduce((last, [id, stored]) => Math.max(last, lineOf(shards, id, stored)), 0)

/** Up to here every shard has consumed what it has. */
const firstLine = (shards: ReadonlyArray<Shard>, positions: Positions, last: number): number =>
  shards
    .filter(({ id }) => positions[id] !== 'SHARD_END')
    .reduce(
      (first, { id, after }) => Math.min(first, Math.max(after, lineOf(shards, id, positions[id] ?? null))),
      last
    )

/** No position is beyond the line. */
const upTo = (positions: Positions, line: number, first: number): Positions =>
  Object.fromEntries(
    Object.entries(positions).map(([id, stored]): readonly [string, Stored] => {
      if (stored === null || stored === 'SHARD_END' || SequenceNumber.lineOf(stored.sequenceNumber) <= line)
        return [id, stored]
      return [id, line <= first ? null : Position.make(SequenceNumber.ofLine(line), 0)]
    })
  )

const begins = (resumption: Resumption): Outcome => ({ _tag: 'Begins', resumption })

const anew = (notice: string | null): Outcome =>
  begins({ positions: {}, origin: start, from: start, pen: Trace.begin(start), notice, isSame: false })

const FRESH = '--fresh starts from the beginning'

const changed = ({ name }: Request, when: string, why: string): Outcome =>
  anew(
    `${name} is not what the previous run read (until ${when}): ${why}. It is read from the beginning, and ` +
      'the positions of that run are forgotten'
  )

/** What comes of the input when the hash of its consumed lines is compared. */
type Verdict = 'Same' | 'LastLineChanged' | 'Changed'

const compare = (trace: Trace.Trace, pen: Trace.Pen, isFollowed: boolean): Verdict => {
  const now = Trace.of(pen)
  if (now.hash === trace.hash) return pen.isCut && isFollowed ? 'LastLineChanged' : 'Same'
  return now.before === trace.before ? 'LastLineChanged' : 'Changed'
}

/** Compares the input with what a run before this one noted of it. */
export const resume = (request: Request): Outcome => {
  const { name, source, shards, found, isFollowed } = request
  if (found === null) return anew(null)
  const { shards: positions, input } = found.state
  const last = lastLine(shards, positions)
  const first = input?.first ?? 0
  if (last <= first && first === 0) return anew(null)
  const when = new Date(found.at).toISOString()
  const origin: Cursor = { line: first, offset: 0 }
  if (input !== null && input.line !== last)
    return changed(request, when, 'its positions and its trace differ')

  const begun = Trace.begin(origin)
  const before = Trace.draw(source, begun, Math.min(last, firstLine(shards, positions, last)))
  const drawn = Trace.draw(source, before.pen, last)
  const { line } = drawn.pen.at
  if (line < last) {
    if (!drawn.isEnd) return { _tag: 'Waits' }
    return changed(request, when, `it has ${line - first} lines, and that run had read ${last - first}`)
  }
  const verdict = input === null ? 'Same' : compare(input, drawn.pen, isFollowed)
  const isEnded = shards.some(({ id, until }) => positions[id] === 'SHARD_END' && until === last)
  if (verdict === 'Changed' || (verdict === 'LastLineChanged' && isEnded))
    return changed(request, when, `its first ${last - first} lines have changed`)

  const lines = `line ${last - first} of ${name}, where the previous run ended (${when})`
  if (verdict === 'LastLineChanged') {
    const pen = Trace.draw(source, begun, last - 1).pen
    const from = before.pen.at.line < last ? before.pen.at : pen.at
    const notice = `continuing at ${lines}: the line has changed since, or had no newline, and is read again; ${FRESH}`
    return begins({ positions: upTo(positions, last - 1, first), origin, from, pen, notice, isSame: true })
  }
  const unchecked =
    input === null && request.isTraced
      ? '; that version of kclts did not note what it had read, so these may be other lines'
      : ''
  return begins({
    positions,
    origin,
    from: before.pen.at,
    pen: drawn.pen,
    notice: `continuing after ${lines}${unchecked}; ${FRESH}`,
    isSame: true
  })
}
