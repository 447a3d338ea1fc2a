/** Conversations with Amazon's real daemon, as they were on the wire: see `test/system/daemon/captures.test.js`. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Action from '../../src/protocol/Action'
import * as KinesisRecord from '../../src/protocol/KinesisRecord'

/** The mutants of `npm run mutate` are built elsewhere. */
const ROOT = process.env['KCLTS_ROOT'] ?? path.join(__dirname, '../../..')
const FOLDER = path.join(ROOT, 'test/protocol/captures')

export type Line =
  | { readonly _tag: 'Daemon'; readonly action: Action.Action }
  | { readonly _tag: 'Child'; readonly text: string }
  /** The daemon closed stdin. */
  | { readonly _tag: 'Eof' }
  | { readonly _tag: 'Exit' }
  | { readonly _tag: 'Stolen' }

export interface Capture {
  readonly name: string
  readonly lines: ReadonlyArray<Line>
  /** Each checkpoint that the lease table took, as `sequenceNumber/subSequenceNumber`; null if that is not known. */
  readonly stored: ReadonlyArray<string> | null
}

interface Wire {
  readonly action: string
  readonly shardId: string
  readonly sequenceNumber: string | null
  readonly subSequenceNumber: number | null
  readonly error: string | null
  readonly records: ReadonlyArray<{ readonly sequenceNumber: string; readonly subSequenceNumber: number }>
}

const recordOf = ({ sequenceNumber, subSequenceNumber }: Wire['records'][number]) =>
  KinesisRecord.make({
    shardId: 'shard',
    sequenceNumber,
    subSequenceNumber,
    partitionKey: '',
    approximateArrivalTimestamp: null,
    base64: ''
  })

/** Of a record a capture keeps nothing but its position. */
const actionOf = (line: string): Action.Action => {
  const wire = JSON.parse(line) as Wire
  switch (wire.action) {
    case 'initialize':
      return Action.initialize(wire.shardId, wire.sequenceNumber, wire.subSequenceNumber)
    case 'processRecords':
      return Action.processRecords(wire.records.map(recordOf), null)
    case 'leaseLost':
      return Action.leaseLost
    case 'shardEnded':
      return Action.shardEnded
    case 'shutdownRequested':
      return Action.shutdownRequested
    case 'checkpoint':
      return Action.checkpointed(wire.sequenceNumber, wire.subSequenceNumber, wire.error)
    default:
      throw new Error(`${wire.action} is not an action of a capture`)
  }
}

const lineOf = (line: string): Line => {
  if (line.startsWith('> ')) return { _tag: 'Daemon', action: actionOf(line.slice(2)) }
  if (line.startsWith('< ')) return { _tag: 'Child', text: line.slice(2) }
  if (line === '! eof') return { _tag: 'Eof' }
  return line === '! when stolen' ? { _tag: 'Stolen' } : { _tag: 'Exit' }
}

const STORED = '= stored '

const parse = (name: string, text: string): Capture => {
  const lines = text.split('\n').filter((line) => line !== '')
  const stored = lines.filter((line) => line.startsWith(STORED)).map((line) => line.slice(STORED.length))
  return {
    name,
    lines: lines.filter((line) => !line.startsWith(STORED)).map(lineOf),
    stored: stored.length === 0 ? null : stored
  }
}

export const all: ReadonlyArray<Capture> = fs
  .readdirSync(FOLDER)
  .sort()
  .map((file) => parse(path.basename(file, '.txt'), fs.readFileSync(path.join(FOLDER, file), 'utf8')))
