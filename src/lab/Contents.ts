/** What is in a life of a recording, counted. */
import * as KinesisRecords from '../protocol/KinesisRecords'
import type { Entry, Header } from './Recording'
import * as Recording from './Recording'
import * as Reader from './Reader'

export interface Contents {
  readonly header: Header
  readonly files: number
  /** Bytes of the files. */
  readonly stored: number
  /** Milliseconds since 1970, of the first and the last input. */
  readonly from: number
  readonly to: number
  readonly batches: number
  readonly records: number
  /** Bytes of the payloads. */
  readonly bytes: number
  /** Checkpoints that the session asked for. */
  readonly checkpoints: number
  readonly gaps: number
  readonly isComplete: boolean
  /** Records that the recorder dropped. */
  readonly dropped: number
  readonly damage: string | null
}

const empty = ({ header, parts }: Reader.Life): Contents => ({
  header,
  files: parts.length,
  stored: parts.reduce((sum, { bytes }) => sum + bytes, 0),
  from: header.started.wall,
  to: header.started.wall,
  batches: 0,
  records: 0,
  bytes: 0,
  checkpoints: 0,
  gaps: 0,
  isComplete: false,
  dropped: 0,
  damage: null
})

const withInput = (before: Contents, { input }: Recording.Took): Contents => {
  const to = 'now' in input ? Recording.wallOf(before.header, input.now) : before.to
  if (input._tag !== 'Received' || input.action._tag !== 'ProcessRecords') return { ...before, to }
  const { records } = input.action
  return {
    ...before,
    to,
    batches: before.batches + 1,
    records: before.records + records.length,
    bytes: before.bytes + KinesisRecords.bytes(records)
  }
}

const step = (before: Contents, entry: Entry): Contents => {
  switch (entry._tag) {
    case 'Took':
      return withInput(before, entry)
    case 'Wrote':
      return entry.reply._tag === 'Checkpoint' ? { ...before, checkpoints: before.checkpoints + 1 } : before
    case 'Gap':
      return { ...before, gaps: before.gaps + 1 }
    case 'Closed':
      return { ...before, isComplete: entry.complete, dropped: entry.dropped, damage: entry.damage }
  }
}

/** Of the small inputs, which are most of a recording, the last one of a block has its time. */
const isCounted = (entry: Entry, isLast: boolean): boolean =>
  isLast || entry._tag !== 'Took' || entry.input._tag === 'Received'

/** Reads all of the life, and keeps none of it. */
export const of = (life: Reader.Life): Contents => {
  let contents = empty(life)
  for (const block of Reader.entries(life))
    block.forEach((entry, index) => {
      if (isCounted(entry, index === block.length - 1)) contents = step(contents, entry)
    })
  return contents
}
