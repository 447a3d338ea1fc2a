/** Dead letters as the records they were, once more to a child: one session for a shard, in the order of the shard. */
import * as Action from '../protocol/Action'
import type * as Daemon from '../protocol/Daemon'
import * as KinesisRecord from '../protocol/KinesisRecord'
import type { DeadLetter } from '../core/DeadLetter'
import * as Position from '../protocol/Position'
import type { Clock } from '../run/Clock'
import * as Conversation from './Conversation'
import type { Open } from './ChildHandle'

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

class ShardRedelivery implements Redelivery, Conversation.Events {
  readonly ended: Promise<Ending>
  readonly #conversation: Conversation.Conversation
  #end: (ending: Ending) => void = () => undefined
  #current: ReadonlyArray<DeadLetter> = []
  #isStopping = false

  constructor(private readonly options: Options) {
    const { shardId, open, clock } = options
    this.ended = new Promise<Ending>((resolve) => {
      this.#end = resolve
    })
    this.#conversation = Conversation.begin(shardId, open, clock, this)
    this.#conversation.say(Action.initialize(shardId, 'TRIM_HORIZON', 0))
  }

  stop(): void {
    this.#isStopping = true
    this.#conversation.link.drain()
  }

  kill(): void {
    this.#conversation.end()
    this.#finish(this.#finishedPrefix())
    this.#conversation.link.kill()
    this.#end('Stopped')
  }

  crashed(thrown: unknown): void {
    this.#conversation.link.crashed(thrown)
  }

  // --- what the child says ---

  /** A checkpoint says that these records are finished, the outputs among them delivered. */
  stores({ verdict }: Daemon.Stores): null {
    if (verdict._tag !== 'Writes') return null
    const finished = this.#upTo(verdict.place)
    this.#current = this.#current.slice(finished.length)
    if (finished.length > 0) this.options.onFinished(finished)
    return null
  }

  answered(meaning: Action.Meaning): void {
    if (meaning === 'shutdownRequested') return this.closes()
    this.#finish(this.#isStopping ? this.#finishedPrefix() : this.#current)
    this.options.clock.soon(() => this.#proceed())
  }

  closes(): void {
    this.#conversation.link.close()
  }

  failed(): void {
    this.#conversation.end()
    this.#conversation.link.kill()
    this.#over('Failed')
  }

  skipped(): void {}

  left(code: number | null): void {
    this.#over(code !== 0 ? 'Failed' : this.#isStopping ? 'Stopped' : 'Done')
  }

  // --- how far the records are ---

  #proceed(): void {
    if (this.#conversation.state()._tag !== 'Idle') return
    this.#current = this.#isStopping ? [] : this.options.batch()
    this.#conversation.say(
      this.#current.length > 0
        ? Action.processRecords(this.#current.map(recordOf), null)
        : Action.shutdownRequested
    )
  }

  #upTo(position: Position.Position): ReadonlyArray<DeadLetter> {
    return this.#current.filter((one) => Position.compare(one, position) <= 0)
  }

  /** What a session that drains or halts has finished is the prefix up to its watermark. */
  #finishedPrefix(): ReadonlyArray<DeadLetter> {
    const watermark = this.#conversation.link.session()?.progress.watermark ?? null
    return watermark === null ? [] : this.#upTo(watermark)
  }

  #finish(letters: ReadonlyArray<DeadLetter>): void {
    this.#current = []
    this.options.onFinished(letters)
  }

  #over(ending: Ending): void {
    this.#finish(this.#finishedPrefix())
    this.#end(ending)
  }
}

export const start = (options: Options): Redelivery => new ShardRedelivery(options)
