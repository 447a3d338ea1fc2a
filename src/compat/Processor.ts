/** What Amazon's `aws-kcl` asks of a record processor, with its types, and how its methods are called. */
import type * as Action from '../protocol/Action'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as KinesisRecords from '../protocol/KinesisRecords'

/** One record, with the fields that aws-kcl hands over: what the daemon sends. */
export interface WireRecord {
  readonly action: 'record'
  /** The payload in base64. */
  readonly data: string
  readonly partitionKey: string
  readonly sequenceNumber: string
  readonly subSequenceNumber: number
  /** Milliseconds since 1970. */
  readonly approximateArrivalTimestamp: number | null
}

/** Called when the checkpoint is stored, or has failed for good: with the name of the daemon's exception. */
export type CheckpointCallback = (error: string | null, sequenceNumber?: string | null) => void

/** A record, or any other place in the stream. */
export interface Place {
  readonly sequenceNumber: string
  readonly subSequenceNumber: number
}

/** What a record processor checkpoints with. The callback gets `null`, or the name of the daemon's exception. */
export interface Checkpointer {
  /** At the end of what was delivered; when the shard has ended, at its end. */
  checkpoint(callback?: CheckpointCallback): void
  /** At that record; of an aggregated one its first, as Amazon's does. */
  checkpoint(sequenceNumber: string | null | undefined, callback?: CheckpointCallback): void
  /** Not in aws-kcl: at one record of an aggregate. */
  checkpoint(sequenceNumber: string, subSequenceNumber: number, callback?: CheckpointCallback): void
  /** Not in aws-kcl: at that record. */
  checkpoint(record: Place, callback?: CheckpointCallback): void
}

export interface InitializeInput {
  readonly shardId: string
  readonly sequenceNumber: string | null
  readonly subSequenceNumber: number | null
}
export interface ProcessRecordsInput {
  readonly records: ReadonlyArray<WireRecord>
  readonly millisBehindLatest: number | null
  readonly checkpointer: Checkpointer
}
export interface CheckpointerInput {
  readonly checkpointer: Checkpointer
}
export interface ShutdownInput {
  readonly reason: 'ZOMBIE' | 'TERMINATE'
  /** Not with ZOMBIE: another worker has the lease. */
  readonly checkpointer?: Checkpointer
}

/** Says that the processor is done with what it was called for. */
export type Complete = () => void

interface Always {
  initialize(input: InitializeInput, complete: Complete): void
  processRecords(input: ProcessRecordsInput, complete: Complete): void
  shutdownRequested?(input: CheckpointerInput, complete: Complete): void
}
interface Newer {
  leaseLost(input: object, complete: Complete): void
  shardEnded(input: CheckpointerInput, complete: Complete): void
}
/** Of the time before leaseLost and shardEnded. */
interface Older {
  shutdown(input: ShutdownInput, complete: Complete): void
}

export type RecordProcessor = Always & (Newer | Older)

const has = (processor: object, name: string): boolean =>
  name in processor && typeof (processor as Record<string, unknown>)[name] === 'function'

/** Whether all methods are there, as aws-kcl demands it. */
export const isComplete = (processor: unknown): processor is RecordProcessor =>
  typeof processor === 'object' &&
  processor !== null &&
  has(processor, 'initialize') &&
  has(processor, 'processRecords') &&
  ((has(processor, 'leaseLost') && has(processor, 'shardEnded')) || has(processor, 'shutdown'))

const isOlder = (processor: RecordProcessor): processor is Always & Older => has(processor, 'shutdown')

const wire = (record: KinesisRecord): WireRecord => ({
  data: record.base64,
  partitionKey: record.partitionKey,
  sequenceNumber: record.sequenceNumber,
  approximateArrivalTimestamp: record.approximateArrivalTimestamp,
  subSequenceNumber: record.subSequenceNumber,
  action: 'record'
})

/** Calls the method for the action. */
export const call = (
  processor: RecordProcessor,
  action: Action.Plain,
  checkpointer: Checkpointer,
  complete: Complete
): void => {
  switch (action._tag) {
    case 'Initialize': {
      const { shardId, sequenceNumber, subSequenceNumber } = action
      return processor.initialize({ shardId, sequenceNumber, subSequenceNumber }, complete)
    }
    case 'ProcessRecords': {
      const { millisBehindLatest } = action
      const records = KinesisRecords.toArray(action.records).map(wire)
      return processor.processRecords({ records, millisBehindLatest, checkpointer }, complete)
    }
    case 'LeaseLost':
      return isOlder(processor)
        ? processor.shutdown({ reason: 'ZOMBIE' }, complete)
        : processor.leaseLost({}, complete)
    case 'ShardEnded':
      return isOlder(processor)
        ? processor.shutdown({ reason: 'TERMINATE', checkpointer }, complete)
        : processor.shardEnded({ checkpointer }, complete)
    case 'ShutdownRequested':
      return processor.shutdownRequested === undefined
        ? complete()
        : processor.shutdownRequested({ checkpointer }, complete)
  }
}
