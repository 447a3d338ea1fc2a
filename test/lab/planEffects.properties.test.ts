/** As plan.properties, with handlers that are effects, several at work at once, and sinks that take their time. */
import * as assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import * as E from 'fp-ts/Either'
import * as Decision from '../../src/core/Decision'
import type * as Input from '../../src/core/Input'
import type * as Session from '../../src/core/Session'
import * as Plan from '../../src/lab/plan/Plan'
import * as Recording from '../../src/lab/Recording'
import * as KinesisRecords from '../../src/protocol/KinesisRecords'
import * as Interpreter from '../../src/run/Interpreter'
import { Conversation, records, Sink } from '../../src/testing'
import * as Clock from '../../src/testing/Clock'
import * as Daemon from '../../src/testing/Daemon'
import * as World from '../../src/testing/World'
import { runs } from '../properties/Runs'
import { source, whole } from './Lives'
import { ENV } from './Recordings'

type Fate = 'ack' | 'checkpoint' | 'emit' | 'reject' | 'fails'

interface Life {
  readonly fates: ReadonlyArray<{ readonly key: string; readonly kind: Fate; readonly takes: number }>
  readonly batch: number
  readonly env: Partial<Session.Env>
  readonly end: Conversation.End
  readonly latency: number
  readonly errors: ReadonlyArray<string | null>
}

const life: fc.Arbitrary<Life> = fc.record({
  fates: fc.array(
    fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      kind: fc.constantFrom<Fate>('ack', 'checkpoint', 'emit', 'emit', 'reject', 'fails'),
      takes: fc.constantFrom(0, 0, 1, 7, 30)
    }),
    { minLength: 1, maxLength: 24 }
  ),
  batch: fc.integer({ min: 1, max: 12 }),
  env: fc.record({
    policy: fc.record({
      interval: fc.constantFrom(0, 10),
      count: fc.constantFrom(0, 1, 3),
      manual: fc.boolean()
    }),
    retries: fc.constantFrom(0, 2),
    backoff: fc.constantFrom(0, 5),
    limits: fc.record({
      concurrency: fc.integer({ min: 1, max: 4 }),
      undelivered: fc.integer({ min: 1, max: 6 })
    })
  }),
  end: fc.constantFrom('stop', 'shard-end', 'lease-lost', 'eof'),
  latency: fc.constantFrom(0, 15),
  errors: fc.array(fc.constantFrom(null, 'ThrottlingException', 'ShutdownException'), { maxLength: 3 })
})

const START = 1_700_000_000_000

const decisionOf = (kind: Fate): Decision.Decision<Decision.Output> => {
  switch (kind) {
    case 'ack':
      return Decision.ack()
    case 'checkpoint':
      return Decision.checkpoint()
    case 'emit':
      return Decision.emit('one', 1)(Decision.ack())
    case 'reject':
      return Decision.reject('poison')
    case 'fails':
      throw new Error('always')
  }
}

/** The batch as it is kept: its line is released when the batch is done. */
const kept = (input: Input.Input): Input.Input =>
  input._tag === 'Received' && input.action._tag === 'ProcessRecords'
    ? { ...input, action: { ...input.action, records: KinesisRecords.toArray(input.action.records) } }
    : input

interface Lived {
  readonly entries: ReadonlyArray<Recording.Entry>
  readonly requested: ReadonlyArray<Daemon.Requested>
}

const lived = async ({ fates, batch, env, end, latency, errors }: Life): Promise<Lived> => {
  const all = records(fates.map(({ key }) => ({ partitionKey: key })))
  const kinds = new Map(all.map((record, i) => [record.sequenceNumber, fates[i]]))
  const clock = Clock.make()
  const entries: Array<Recording.Entry> = []
  const steps = Array.from({ length: Math.ceil(all.length / batch) }, (_, i) =>
    Conversation.batch(all.slice(i * batch, (i + 1) * batch))
  )
  const world = World.make({
    start: clock.now(),
    clock,
    random: () => 0.5,
    bury: () => E.right(undefined),
    sinks: { one: Sink.acknowledges(9) },
    onEvent: (event) => {
      if (event._tag === 'Wrote') daemon.hear(event.text)
    }
  })
  const daemon = Daemon.make(Conversation.make(steps, { end, latency, errors }), world)
  await daemon.playEffect(
    Interpreter.make(
      {
        ...world.capabilities,
        observe: (input, [, effects]) => {
          entries.push(Recording.took(kept(input)))
          for (const effect of effects)
            if (effect._tag === 'Write') entries.push(Recording.wrote(effect.reply))
        }
      },
      { ...ENV, ...env },
      async (record) => {
        const { kind, takes } = kinds.get(record.sequenceNumber) ?? { kind: 'ack', takes: 0 }
        if (takes > 0) await clock.after(takes)
        return decisionOf(kind)
      }
    )
  )
  return { entries: [...entries, Recording.closed(true, 0, null)], requested: daemon.requested }
}

it('a plan of effects says what was recorded, to the checkpoint, and what was stored', () =>
  fc.assert(
    fc.asyncProperty(life, async (made) => {
      const { entries, requested } = await lived(made)
      const header = { env: { ...ENV, ...made.env }, started: { wall: START, monotonic: 0 } }
      const { inexact, total } = whole(Plan.run([source(header, entries)], []))
      assert.deepEqual(inexact, [])
      assert.deepEqual(
        [total[0]?.checkpoints.sent, total[0]?.checkpoints.writes],
        [requested.length, requested.filter(({ error }) => error === null).length]
      )
    }),
    runs(100)
  ))
