/** A record that could not be processed, with everything needed to understand it and to run it again. */
import type { Failure } from './Failure'

/** What the fold knows of it: everything but the time of day. */
export interface Letter {
  /** The name of the stream that the record is from; absent where it is not known, as in letters of older versions. */
  readonly stream?: string
  /** The shard that the record is from. */
  readonly shardId: string
  /** The sequence number of the record. */
  readonly sequenceNumber: string
  /** 0, or the position of the record within an aggregated record. */
  readonly subSequenceNumber: number
  /** The partition key of the record. */
  readonly partitionKey: string
  /** Milliseconds since 1970, or null when the daemon did not say. */
  readonly approximateArrivalTimestamp: number | null
  /** The payload in base64, as it came. */
  readonly data: string
  /** Why the record failed, in one sentence. */
  readonly reason: string
  /** null for a `reject`, which is no error. */
  readonly error: Failure | null
  /** The handler module's export `version`, when it has one. */
  readonly handlerVersion: string | null
}

/** A record that failed for good, as it is stored: one line of JSON. */
export interface DeadLetter extends Letter {
  /** When the dead letter was written, by the wall clock, in milliseconds since 1970. */
  readonly time: number
}
