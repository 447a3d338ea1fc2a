/** A line of a recording: JSON, whose first key says what it is. */
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Input from '../core/Input'
import * as Action from '../protocol/Action'
import { isFields, type Fields } from '../protocol/Fields'
import type { Position } from '../protocol/Position'
import type { Reply } from '../protocol/Reply'
import * as Columns from './Columns'
import * as Recording from './Recording'
import * as Steps from './Steps'

/** How a line ends a part. */
export interface End {
  readonly complete: boolean
  /** Records of the life that were dropped so far. */
  readonly dropped: number
  /** Another part follows. */
  readonly more: boolean
}

// -- writing ----------------------------------------------------------------------------------------------------------

export const header = (header: Recording.Header): string => JSON.stringify(header)

export const steps = (steps: Steps.Steps): string => JSON.stringify(steps)

export const reply = (reply: Reply): string => JSON.stringify({ reply })

/** @param from the checkpoint that was acknowledged last, when recording went on */
export const gap = (records: number, why: string, from: Position | null): string =>
  JSON.stringify({ gap: { records, why, from } })

export const end = (end: End): string => JSON.stringify({ end })

/** A batch of the daemon. */
export const batch = (
  columns: Columns.Columns,
  behind: number | null,
  { now, random }: Pick<Input.Received, 'now' | 'random'>
): string => {
  const { packed, ...others } = columns
  const line = JSON.stringify({ batch: others, now, random, behind })
  // It is base64, which is long and needs no escapes.
  return packed === undefined ? line : `${line.slice(0, -1)},"packed":"${packed}"}`
}

const discreet = ({ name }: Failure.Failure): Failure.Failure => Failure.make(name, '')

/** Messages may quote a payload, and so does the problem with a line. */
const withoutMessages = (input: Input.Input): Input.Input => {
  switch (input._tag) {
    case 'Threw':
    case 'Undelivered':
    case 'Crashed':
      return { ...input, failure: discreet(input.failure) }
    case 'Buried':
      return { ...input, problem: input.problem === null ? null : discreet(input.problem) }
    case 'Broken':
      return Input.broken('')
    case 'Received':
    case 'Begun':
    case 'Handled':
    case 'Dropped':
    case 'Delivered':
    case 'Ticked':
    case 'Drained':
    case 'Closed':
      return input
  }
}

/**
 * An input that is neither a batch nor a step.
 *
 * @param isOpen whether payloads are kept as they are, and so may be what quotes them
 */
export const input = (input: Input.Input, isOpen: boolean): string =>
  JSON.stringify({ input: isOpen ? input : withoutMessages(input) })

// -- reading ----------------------------------------------------------------------------------------------------------

export type Line = { readonly _tag: 'Entries'; readonly entries: ReadonlyArray<Recording.Entry> } | EndLine

export interface EndLine {
  readonly _tag: 'End'
  readonly end: End
}

const entries = (entries: ReadonlyArray<Recording.Entry>): E.Either<string, Line> =>
  E.right({ _tag: 'Entries', entries })

const unknown: E.Either<string, never> = E.left('is no line of a recording')

/** An `initialize` from a checkpoint, for a session that begins where a recording goes on. */
export const initialize = (
  { shard }: Pick<Recording.Header, 'shard'>,
  from: Position | null,
  now: number
): Recording.Entry =>
  Recording.took(
    Input.received(
      Action.initialize(shard, from?.sequenceNumber ?? 'TRIM_HORIZON', from?.subSequenceNumber ?? 0),
      now,
      0
    )
  )

const readBatch = (
  { shard, data }: Recording.Header,
  batch: Fields,
  { now, random, behind, packed }: Fields
): E.Either<string, Line> => {
  const columns = packed === undefined ? batch : { ...batch, packed }
  if (!Columns.areWhole(columns) || typeof now !== 'number' || typeof random !== 'number') return unknown
  const records = new Columns.Records(shard, columns, data === 'full')
  const action = Action.processRecords(records, typeof behind === 'number' ? behind : null)
  return entries([Recording.took(Input.received(action, now, random))])
}

const readSteps = (fields: Fields): E.Either<string, Line> => {
  const inputs = Steps.is(fields) ? Steps.read(fields as unknown as Steps.Steps) : null
  return inputs === null ? unknown : entries(inputs.map(Recording.took))
}

const readPosition = (value: unknown): Position | null =>
  isFields(value) &&
  typeof value['sequenceNumber'] === 'string' &&
  typeof value['subSequenceNumber'] === 'number'
    ? { sequenceNumber: value['sequenceNumber'], subSequenceNumber: value['subSequenceNumber'] }
    : null

const readGap = (
  header: Recording.Header,
  { records, why, from }: Fields,
  now: number
): E.Either<string, Line> =>
  typeof records === 'number' && typeof why === 'string'
    ? entries([Recording.gap(records, why), initialize(header, readPosition(from), now)])
    : unknown

const readEnd = ({ complete, dropped, more }: Fields): E.Either<string, Line> =>
  typeof complete === 'boolean' && typeof dropped === 'number' && typeof more === 'boolean'
    ? E.right({ _tag: 'End', end: { complete, dropped, more } })
    : unknown

const TAGS: ReadonlySet<unknown> = new Set<Input.Input['_tag']>([
  'Received',
  'Threw',
  'Undelivered',
  'Buried',
  'Drained',
  'Closed',
  'Broken',
  'Crashed'
])

const isInput = (value: Fields): boolean =>
  TAGS.has(value['_tag']) && (value['_tag'] !== 'Received' || isFields(value['action']))

const dispatch = (header: Recording.Header, fields: Fields, last: number): E.Either<string, Line> => {
  const { batch, input, reply, gap, end } = fields
  if (fields['steps'] !== undefined) return readSteps(fields)
  if (isFields(batch)) return readBatch(header, batch, fields)
  if (isFields(input) && isInput(input)) return entries([Recording.took(input as unknown as Input.Input)])
  if (isFields(reply)) return entries([Recording.wrote(reply as unknown as Reply)])
  if (isFields(gap)) return readGap(header, gap, last)
  return isFields(end) ? readEnd(end) : unknown
}

/**
 * A line that is no header.
 *
 * @param last the time of the last input before it
 */
export const read = (header: Recording.Header, text: string, last: number): E.Either<string, Line> => {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? dispatch(header, value, last) : unknown
  } catch {
    return unknown
  }
}
