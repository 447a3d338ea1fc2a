import type { DeadLetter } from '../../src/core/DeadLetter'

/** A dead letter as good as any. */
export const letter: DeadLetter = {
  shardId: 'shard-1',
  sequenceNumber: '7',
  subSequenceNumber: 0,
  partitionKey: 'p',
  approximateArrivalTimestamp: null,
  data: 'e30=',
  reason: 'a test',
  error: null,
  handlerVersion: null,
  time: 0
}
