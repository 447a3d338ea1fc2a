/**
 * Transcripts of kclts/compat. The header chooses the record processor; what it does stands in the text:
 *
 *     processor: older              has `shutdown`, as for KCL 1; `newer` has leaseLost and shardEnded
 *     callbackDeadline: 10s         a setting
 *     ! complete                    the processor calls back
 *     ! checkpoint                  it asks for a checkpoint at the end of what it was given
 *     ! checkpoint 4968..1 0        at a sequence number, and a sub-sequence number where it gives one
 *     @ processRecords 2            a method was called; with the number of records
 *     @ checkpointed 4968..1        the callback of a checkpoint: its sequence number, or its error and the number
 *
 * Other lines are those of any transcript.
 */
import * as E from 'fp-ts/Either'
import * as Conversation from '../../src/compat/Conversation'
import type { Checkpointer, Complete, RecordProcessor } from '../../src/compat/Processor'
import * as Script from '../../src/testing/Script'
import * as World from '../../src/testing/World'
import * as Duration from '../../src/values/Duration'

/** What the processor was called with last. */
interface Call {
  readonly complete: Complete
  readonly checkpointer: Checkpointer | undefined
}

const fail = (): never => {
  throw new Error('the processor was not called')
}

type OnCall = (name: string, call: Call) => void

const PROCESSORS: Readonly<Record<string, (on: OnCall) => RecordProcessor>> = {
  newer: (on) => ({
    ...common(on),
    leaseLost: (_input, complete) => on('leaseLost', { complete, checkpointer: undefined }),
    shardEnded: ({ checkpointer }, complete) => on('shardEnded', { complete, checkpointer })
  }),
  older: (on) => ({
    ...common(on),
    shutdown: ({ reason, checkpointer }, complete) => on(`shutdown ${reason}`, { complete, checkpointer })
  })
}

const common = (on: OnCall): Pick<RecordProcessor, 'initialize' | 'processRecords' | 'shutdownRequested'> => ({
  initialize: ({ shardId, sequenceNumber }, complete) =>
    on(`initialize ${shardId} ${sequenceNumber}`, { complete, checkpointer: undefined }),
  processRecords: ({ records, checkpointer }, complete) =>
    on(`processRecords ${records.length}`, { complete, checkpointer }),
  shutdownRequested: ({ checkpointer }, complete) => on('shutdownRequested', { complete, checkpointer })
})

const millis = (head: Script.Header, key: string, otherwise: string): number =>
  Duration.parse(head[key] ?? otherwise) ?? fail()

const begin: Script.Begin = (head) => {
  const make = PROCESSORS[head['processor'] ?? '']
  if (make === undefined) return E.left('the header names no processor: newer or older')
  const seen: Array<string> = []
  let last: Call = { complete: fail, checkpointer: undefined }
  /** The first one that it was given: a processor may keep it. */
  let checkpointer: Checkpointer = { checkpoint: fail }
  const world = World.make({
    start: 0,
    random: () => 0.5,
    bury: fail,
    onEvent: (event) => seen.push(...Script.linesOf(event, (head['show'] ?? '').includes('log')))
  })
  const processor = make((name, call) => {
    seen.push(`@ ${name}`)
    last = call
    checkpointer = call.checkpointer ?? checkpointer
  })
  const conversation = Conversation.make(
    world.capabilities,
    {
      callbackDeadline: millis(head, 'callbackDeadline', '5m'),
      shutdownDeadline: millis(head, 'shutdownDeadline', '8s'),
      shardEndDeadline: millis(head, 'shardEndDeadline', '5m')
    },
    processor
  )
  const answered = (error: string | null, sequenceNumber?: string | null): void => {
    seen.push(`@ checkpointed ${error === null ? '' : `${error}: `}${sequenceNumber ?? 'no place'}`)
  }
  const checkpoint = (text: string): void => {
    const [sequenceNumber, sub] = text.split(' ')
    if (sequenceNumber === undefined || sequenceNumber === '') return checkpointer.checkpoint(answered)
    if (sub === undefined) return checkpointer.checkpoint(sequenceNumber, answered)
    return checkpointer.checkpoint(sequenceNumber, Number(sub), answered)
  }
  return E.right({
    world,
    line: conversation.line,
    end: conversation.end,
    broken: conversation.broken,
    events: new Map([
      ['complete', () => last.complete()],
      ['checkpoint', checkpoint],
      ['crash', (text: string) => conversation.crashed(text)]
    ]),
    seen
  })
}

/** What the child does in place of what the file says. */
export const rewrite = (text: string): string => Script.rewrite(text, begin)

/** Null when the child does what the transcript says; else the first difference. */
export const play = (text: string): string | null => Script.difference(text, rewrite(text))
