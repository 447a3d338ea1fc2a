/** Dead letters as the records they were, once more to a child: one session for a shard, in the order of the shard. */
import * as E from 'fp-ts/Either'
import * as ActionCodec from '../protocol/wire/Action'
import * as ReplyCodec from '../protocol/wire/Reply'
import * as Action from '../protocol/Action'
import * as KinesisRecord from '../protocol/KinesisRecord'
import type { DeadLetter } from '../core/DeadLetter'
import * as Position from '../protocol/Position'
import type { Clock } from '../run/Clock'
import type { Open } from './Link'

export interface Options {
  readonly shardId: string
  /** The next letters of the shard; none at the end. Positions increase. */
  readonly batch: () => ReadonlyArray<DeadLetter>
  readonly open: Open
  readonly clock: Clock
  /** These records are finished, or have a new letter on disk. */
  readonly onFinished: (positions: ReadonlyArray<Position.Position>) => void
}

/** `Stopped`: asked to. `Failed`: the handler halted, or the breaker did; the log says why. */
export type Ending = 'Done' | 'Stopped' | 'Failed'

export interface Redelivery {
  readonly ended: Promise<Ending>
  /** Begins no further record. */
  readonly stop: () => void
  /** Waits for nothing. */
  readonly kill: () => void
  readonly crashed: (thrown: unknown) => void
}

const recordOf = (letter: DeadLetter): KinesisRecord.KinesisRecord =>
  KinesisRecord.make({
    shardId: letter.shardId,
    sequenceNumber: letter.sequenceNumber,
    subSequenceNumber: letter.subSequenceNumber,
    partitionKey: letter.partitionKey,
    approximateArrivalTimestamp: letter.approximateArrivalTimestamp,
    base64: letter.data
  })

export const start = ({ shardId, batch, open, clock, onFinished }: Options): Redelivery => {
  let end: (ending: Ending) => void = () => undefined
  const ended = new Promise<Ending>((resolve) => {
    end = resolve
  })
  let current: ReadonlyArray<DeadLetter> = []
  let isStopping = false
  let isClosing = false
  /** What a session that drains or halts has finished is the prefix up to its watermark. */
  const finishedPrefix = (): ReadonlyArray<Position.Position> => {
    const watermark = link.session()?.progress.watermark ?? null
    return watermark === null ? [] : current.filter((one) => Position.compare(one, watermark) <= 0)
  }
  /** A checkpoint says that these records are finished, the outputs among them delivered. */
  const finishUpTo = (position: Position.Position): void => {
    const finished = current.filter((one) => Position.compare(one, position) <= 0)
    current = current.slice(finished.length)
    if (finished.length > 0) onFinished(finished)
  }
  const finish = (positions: ReadonlyArray<Position.Position>): void => {
    current = []
    onFinished(positions)
  }

  const proceed = (): void => {
    if (isClosing) return
    current = isStopping ? [] : batch()
    if (current.length > 0)
      return link.send(ActionCodec.encode(Action.processRecords(current.map(recordOf), null)))
    isClosing = true
    link.send(ActionCodec.encode(Action.shutdownRequested))
  }

  const read = (text: string): void => {
    const reply = ReplyCodec.decode(text)
    if (E.isLeft(reply)) return
    if (reply.right._tag === 'Checkpoint') {
      const { sequenceNumber, subSequenceNumber } = reply.right
      if (sequenceNumber !== null) finishUpTo(Position.make(sequenceNumber, subSequenceNumber ?? 0))
      return link.send(ActionCodec.encode(Action.checkpointed(sequenceNumber, subSequenceNumber, null)))
    }
    if (isClosing) return link.close()
    finish(isStopping ? finishedPrefix() : current)
    clock.soon(proceed)
  }

  const link = open(shardId, {
    hear: (text) => clock.soon(() => read(text)),
    closed: (code) =>
      clock.soon(() => {
        finish(finishedPrefix())
        end(code !== 0 ? 'Failed' : isStopping ? 'Stopped' : 'Done')
      })
  })
  link.send(ActionCodec.encode(Action.initialize(shardId, 'TRIM_HORIZON', 0)))
  return {
    ended,
    stop: () => {
      isStopping = true
      link.drain()
    },
    kill: () => {
      finish(finishedPrefix())
      link.kill()
      end('Stopped')
    },
    crashed: link.crashed
  }
}
