/** Brings the dialogue to life on two descriptors: calls the processor, writes to the daemon. */
import * as E from 'fp-ts/Either'
import type * as Action from '../protocol/Action'
import * as ActionCodec from '../protocol/wire/Action'
import * as Lines from '../protocol/wire/Lines'
import * as ReplyCodec from '../protocol/wire/Reply'
import * as Failure from '../core/Failure'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as KinesisRecords from '../protocol/KinesisRecords'
import type { Capabilities } from '../run/Capabilities'
import * as Checkpointing from './Checkpointing'
import * as Logged from '../run/Logged'
import * as Dialogue from './Dialogue'
import * as Processor from './Processor'

/** The world: tests own it. */
export type World = Pick<Capabilities, 'now' | 'random' | 'write' | 'log' | 'wait' | 'exit'>

export interface Conversation {
  readonly push: (chunk: Buffer) => void
  /** Stdin has ended. */
  readonly end: () => void
  readonly broken: (problem: string) => void
  readonly crashed: (thrown: unknown) => void
}

const wire = (record: KinesisRecord): Processor.WireRecord => ({
  data: record.base64,
  partitionKey: record.partitionKey,
  sequenceNumber: record.sequenceNumber,
  approximateArrivalTimestamp: record.approximateArrivalTimestamp,
  subSequenceNumber: record.subSequenceNumber,
  action: 'record'
})

const NOWHERE = 'IllegalArgumentException'

export const make = (
  world: World,
  settings: Dialogue.Settings,
  processor: Processor.RecordProcessor
): Conversation => {
  const step = Dialogue.step(settings)
  const lines = Lines.make()
  const callbacks = new Map<number, Processor.CheckpointCallback>()
  const queue: Array<Dialogue.Input> = []
  let state = Dialogue.initial
  let shardId = ''
  let requests = 0
  let isBusy = false

  /** One input after the other: the processor may call back while it is called. */
  const feed = (input: Dialogue.Input): void => {
    queue.push(input)
    if (isBusy) return
    isBusy = true
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [following, outputs] = step(state, next)
      state = following
      outputs.forEach(perform)
    }
    isBusy = false
  }

  const perform = (output: Dialogue.Output): void => {
    switch (output._tag) {
      case 'Write':
        return world.write(ReplyCodec.encode(output.reply))
      case 'Wait':
        return world.wait(output.until, () => feed({ _tag: 'Ticked', now: world.now() }))
      case 'Log':
        return world.log(output.level, output.message, { shard: shardId, ...output.fields })
      case 'Exit':
        return world.exit(output.code)
      case 'Call':
        return guarded(() =>
          call(output.what, () => feed({ _tag: 'Completed', call: output.call, now: world.now() }))
        )
      case 'Answer': {
        const callback = callbacks.get(output.request)
        callbacks.delete(output.request)
        return guarded(() => callback?.(output.error, output.sequenceNumber))
      }
    }
  }

  const guarded = (run: () => void): void => {
    try {
      run()
    } catch (thrown) {
      feed({ _tag: 'Crashed', failure: Failure.fromUnknown(thrown) })
    }
  }

  const checkpoint = (...args: ReadonlyArray<unknown>): void => {
    const { target, callback } = Checkpointing.understand(args)
    if (target === undefined) {
      const { level, message, fields } = Logged.make(
        'error',
        'checkpoint was asked for at what is no sequence number',
        { found: args[0] }
      )
      world.log(level, message, fields)
      return callback?.(NOWHERE, null)
    }
    const request = (requests += 1)
    if (callback !== null) callbacks.set(request, callback)
    feed({ _tag: 'Asked', request, target, now: world.now() })
  }
  const checkpointer: Processor.Checkpointer = { checkpoint }

  const call = (what: Action.Plain, complete: Processor.Complete): void => {
    switch (what._tag) {
      case 'Initialize': {
        const { sequenceNumber, subSequenceNumber } = what
        shardId = what.shardId
        return processor.initialize({ shardId, sequenceNumber, subSequenceNumber }, complete)
      }
      case 'ProcessRecords': {
        const { records, millisBehindLatest } = what
        return processor.processRecords(
          { records: KinesisRecords.toArray(records).map(wire), millisBehindLatest, checkpointer },
          complete
        )
      }
      case 'LeaseLost':
        return Processor.isOlder(processor)
          ? processor.shutdown({ reason: 'ZOMBIE' }, complete)
          : processor.leaseLost({}, complete)
      case 'ShardEnded':
        return Processor.isOlder(processor)
          ? processor.shutdown({ reason: 'TERMINATE', checkpointer }, complete)
          : processor.shardEnded({ checkpointer }, complete)
      case 'ShutdownRequested':
        return processor.shutdownRequested === undefined
          ? complete()
          : processor.shutdownRequested({ checkpointer }, complete)
    }
  }

  const hear = (line: Buffer): void => {
    const text = line.toString('utf8')
    if (text.trim() === '') return
    const action = ActionCodec.decode(shardId)(text)
    feed(
      E.isLeft(action)
        ? { _tag: 'Broken', problem: `a line from the daemon cannot be read (${action.left})` }
        : { _tag: 'Received', action: action.right, now: world.now(), random: world.random() }
    )
  }

  return {
    push: (chunk) => lines.push(chunk, hear),
    end: () =>
      feed(
        lines.pending() > 0
          ? {
              _tag: 'Broken',
              problem: `stdin ended in the middle of a line, after ${lines.pending()} bytes of it`
            }
          : { _tag: 'Closed' }
      ),
    broken: (problem) => feed({ _tag: 'Broken', problem }),
    crashed: (thrown) => feed({ _tag: 'Crashed', failure: Failure.fromUnknown(thrown) })
  }
}
