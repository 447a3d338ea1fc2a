/** Dead letters as the records they were, once more to a child: one session for a shard, in the order of the shard. */
import * as Action from '../protocol/Action'
import * as KinesisRecord from '../protocol/KinesisRecord'
import type { DeadLetter } from '../core/DeadLetter'
import * as Position from '../protocol/Position'
import type { Clock } from '../run/Clock'
import * as Conversation from './Conversation'
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
    if (conversation.state()._tag !== 'Quiet') return
    current = isStopping ? [] : batch()
    conversation.say(
      current.length > 0 ? Action.processRecords(current.map(recordOf), null) : Action.shutdownRequested
    )
  }

  const over = (ending: Ending): void => {
    finish(finishedPrefix())
    end(ending)
  }

  const conversation = Conversation.begin(shardId, open, clock, {
    stores: ({ verdict }) => {
      if (verdict._tag === 'Writes') finishUpTo(verdict.place)
      return null
    },
    answered: (meaning) => {
      if (meaning === 'shutdownRequested') return link.close()
      finish(isStopping ? finishedPrefix() : current)
      clock.soon(proceed)
    },
    closes: () => link.close(),
    failed: () => {
      conversation.end()
      link.kill()
      over('Failed')
    },
    skipped: () => undefined,
    left: (code) => over(code !== 0 ? 'Failed' : isStopping ? 'Stopped' : 'Done')
  })
  const { link } = conversation
  conversation.say(Action.initialize(shardId, 'TRIM_HORIZON', 0))
  return {
    ended,
    stop: () => {
      isStopping = true
      link.drain()
    },
    kill: () => {
      conversation.end()
      finish(finishedPrefix())
      link.kill()
      end('Stopped')
    },
    crashed: link.crashed
  }
}
