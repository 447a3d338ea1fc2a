/** The spans of a worker, as an exporter gets them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { trace } from '@opentelemetry/api'
import * as TE from 'fp-ts/TaskEither'
import { ack, emit, halt, reject, skip } from '../../src/index'
import * as Position from '../../src/protocol/Position'
import { Clock, record, records, run, runEffect, Sink, type Settings } from '../../src/testing'
import { register, short, type Short } from './Exported'

const RECORD: Settings = { tracing: { spans: 'record', parent: 'meta.traceparent' } }
const BATCH: Settings = { tracing: { spans: 'batch', parent: 'meta.traceparent' } }

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const traced = (text: unknown = `00-${TRACE}-${SPAN}-00`): { readonly json: unknown } => ({
  json: { id: 'o-1', meta: { traceparent: text } }
})

/** What was exported while the body ran. */
const exportedBy = async (body: () => unknown): Promise<ReadonlyArray<Short>> => {
  const { spans, end } = register()
  try {
    await body()
    return spans().map(short)
  } finally {
    end()
  }
}

const attributesOf = (more: Readonly<Record<string, unknown>>): unknown => ({
  'messaging.system': 'aws_kinesis',
  'messaging.operation.name': 'process',
  'messaging.operation.type': 'process',
  'messaging.destination.partition.id': 'shardId-000000000000',
  ...more
})

const idOf = (index: number): string => Position.show(records(9)[index] ?? record())

describe('a span for each attempt of the handler', () => {
  it('is named and described by the conventions of messaging', async () => {
    const spans = await exportedBy(() => run(() => ack(), RECORD, records(1)))
    assert.deepEqual(spans, [
      {
        name: 'process',
        kind: 'CONSUMER',
        attributes: attributesOf({
          'messaging.message.id': idOf(0),
          'kclts.attempt': 1,
          'kclts.decision': 'ack'
        }),
        status: 'UNSET',
        events: [],
        parent: null,
        links: []
      }
    ])
  })

  it('continues the trace of the record, and links to it', async () => {
    const [span] = await exportedBy(() => run(() => ack(), RECORD, records([traced()])))
    assert.deepEqual([span?.parent, span?.links], [`${TRACE}/${SPAN}`, [`${TRACE}/${SPAN}`]])
  })

  it('begins a trace of its own where the record has none, or one that is not valid', async () => {
    const odd = [
      { json: {} },
      traced('00-zz'),
      traced(7),
      traced(`ff-${TRACE}-${SPAN}-01`),
      { text: '{"traceparent' }
    ]
    const spans = await exportedBy(() => run(() => ack(), RECORD, records(odd)))
    assert.deepEqual(
      spans.map(({ parent, links }) => [parent, links]),
      odd.map(() => [null, []])
    )
  })

  it('says in a debug line that a traceparent is not valid', async () => {
    let lines: ReadonlyArray<unknown> = []
    await exportedBy(() => {
      lines = run(() => ack(), RECORD, records([traced('00-zz')])).logs.filter(
        ({ level }) => level === 'debug'
      )
    })
    const { shardId: shard, sequenceNumber, subSequenceNumber } = record()
    const message = "the record's meta.traceparent is not a valid traceparent"
    assert.deepEqual(lines, [
      { level: 'debug', message, fields: { shard, sequenceNumber, subSequenceNumber } }
    ])
  })

  it('has the decision, and fails when the record is rejected or fails', async () => {
    const decisions = [ack(), skip('old'), reject('no total'), 7, halt('enough')]
    let next = 0
    const spans = await exportedBy(() =>
      runEffect((() => decisions[next++]) as () => never, RECORD, records(decisions.length))
    )
    assert.deepEqual(
      spans.map(({ attributes, status }) => [attributes['kclts.decision'], attributes['error.type'], status]),
      [
        ['ack', undefined, 'UNSET'],
        ['skip', undefined, 'UNSET'],
        ['reject', 'rejected', 'ERROR: no total'],
        [
          undefined,
          'TypeError',
          'ERROR: the handler returned a number; expected ack(), checkpoint(), skip(reason), reject(reason), halt(reason), true or false'
        ],
        ['halt', 'halted', 'ERROR: enough']
      ]
    )
  })

  it('records what the handler throws; each retry has a span of its own', async () => {
    const spans = await exportedBy(() =>
      runEffect(
        (_record, { attempt }) =>
          attempt < 3 ? Promise.reject(new RangeError(`no. ${attempt}`)) : Promise.resolve(ack()),
        { ...RECORD, failure: { retries: 5, backoff: '1s' } },
        records(1)
      )
    )
    assert.deepEqual(
      spans.map(({ attributes, status, events }) => [
        attributes['kclts.attempt'],
        attributes['error.type'],
        status,
        events
      ]),
      [
        [1, 'RangeError', 'ERROR: no. 1', ['exception no. 1']],
        [2, 'RangeError', 'ERROR: no. 2', ['exception no. 2']],
        [3, undefined, 'UNSET', []]
      ]
    )
  })

  it('fails by the deadline', async () => {
    const [span] = await exportedBy(() =>
      runEffect(
        () => new Promise<never>(() => undefined),
        { ...RECORD, deadline: '2s', failure: { retries: 0 } },
        records(1)
      )
    )
    assert.deepEqual(
      [span?.attributes['error.type'], span?.status],
      ['DeadlineExceeded', 'ERROR: the handler took longer than 2000 ms (deadline)']
    )
  })

  it('ends when the sinks have the outputs of its record', () => {
    const { spans, end } = register()
    const ended: Array<number> = []
    const answer = (): Sink.Reply => {
      ended.push(spans().length)
      return Sink.acknowledges(50)
    }
    run(() => emit('orders', 1)(ack()), RECORD, records(3), { sinks: { orders: answer } })
    end()
    assert.deepEqual([ended, spans().length], [[0, 0, 0], 3])
  })

  it('fails when a sink gives an output up', async () => {
    const [span] = await exportedBy(() =>
      run(() => emit('orders', 1)(ack()), RECORD, records(1), {
        sinks: { orders: Sink.givesUp('it is full', 'dead-letter') }
      })
    )
    assert.deepEqual(
      [span?.attributes['kclts.decision'], span?.attributes['error.type'], span?.status],
      ['ack', 'SinkFailure', 'ERROR: sink orders: it is full']
    )
  })

  it('ends with the session at the latest', async () => {
    const spans = await exportedBy(() =>
      run(
        ({ partitionKey }) => (partitionKey === 'pk-0' ? emit('orders', 1)(ack()) : halt('enough')),
        RECORD,
        records(2),
        { sinks: { orders: Sink.silent } }
      )
    )
    assert.deepEqual(
      spans.map(({ attributes }) => attributes['kclts.decision']),
      ['halt', 'ack']
    )
  })
})

describe('the span of a batch handler', () => {
  it('is one for each call, with links to the traces of its records', async () => {
    const spans = await exportedBy(() =>
      runEffect(
        {
          batchHandler: (group) => Promise.resolve(group.map((_one, i) => (i === 1 ? reject('bad') : ack())))
        },
        { ...RECORD, batch: { count: 2 } },
        records([traced(), { json: {} }, { json: {} }])
      )
    )
    assert.deepEqual(
      spans.map(({ attributes, status, parent, links }) => [attributes, status, parent, links]),
      [
        [
          attributesOf({ 'messaging.batch.message_count': 2, 'kclts.attempt': 1, 'error.type': 'rejected' }),
          'ERROR: bad',
          null,
          [`${TRACE}/${SPAN}`]
        ],
        [attributesOf({ 'messaging.batch.message_count': 1, 'kclts.attempt': 1 }), 'UNSET', null, []]
      ]
    )
  })

  it('fails as a whole, and its records have spans of their own when they are tried one by one', async () => {
    const spans = await exportedBy(() =>
      runEffect(
        {
          batchHandler: (group) =>
            group.some(({ partitionKey }) => partitionKey === 'pk-1')
              ? Promise.reject(new Error('poison'))
              : Promise.resolve(group.map(ack))
        },
        { ...RECORD, failure: { retries: 0 } },
        records(3)
      )
    )
    assert.deepEqual(
      spans.map(({ attributes, status }) => [attributes['messaging.batch.message_count'], status]),
      [
        [3, 'ERROR: poison'],
        [1, 'UNSET'],
        [1, 'ERROR: poison'],
        [1, 'UNSET']
      ]
    )
  })
})

describe('a span for each batch', () => {
  it('counts its records and links to their traces', async () => {
    const spans = await exportedBy(() => run(() => ack(), BATCH, [records([traced(), { json: {} }]), []]))
    assert.deepEqual(spans, [
      {
        name: 'process',
        kind: 'CONSUMER',
        attributes: attributesOf({ 'messaging.batch.message_count': 2 }),
        status: 'UNSET',
        events: [],
        parent: null,
        links: [`${TRACE}/${SPAN}`]
      }
    ])
  })

  it('fails when an attempt fails', async () => {
    const [span] = await exportedBy(() =>
      run(
        ({ partitionKey }) => {
          if (partitionKey === 'pk-1') throw new TypeError('no total')
          return ack()
        },
        BATCH,
        records(3)
      )
    )
    assert.deepEqual(
      [span?.attributes['error.type'], span?.status, span?.events],
      ['TypeError', 'ERROR: no total', ['exception no total']]
    )
  })
})

describe('within a handler', () => {
  const activeId = (): string | undefined => trace.getActiveSpan()?.spanContext().spanId

  it('the span of its record is active, across what it awaits, in a Task and in a thenable', async () => {
    const clock = Clock.make()
    const seen: Array<string | undefined> = []
    const look = async (): Promise<ReturnType<typeof ack>> => {
      seen.push(activeId())
      await clock.after(5)
      seen.push(activeId())
      return ack()
    }
    const lazy = { then: (done: (value: unknown) => void) => void look().then(done) }
    const handlers = [look, () => look, () => TE.tryCatch(look, String), () => lazy]
    let ids: ReadonlyArray<string> = []
    for (const handler of handlers) {
      const { spans, end } = register()
      await runEffect(handler as () => never, RECORD, records(1), { clock })
      ids = [...ids, ...spans().flatMap((span) => [span.spanContext().spanId, span.spanContext().spanId])]
      end()
    }
    assert.deepEqual(seen, ids)
  })

  it('spans of concurrent records do not mix', async () => {
    const clock = Clock.make()
    const pairs = new Map<string, Set<string | undefined>>()
    const spans = await exportedBy(() =>
      runEffect(
        async ({ partitionKey, sequenceNumber }) => {
          const ids = new Set([activeId()])
          for (let i = 0; i < 3; i++) {
            await clock.after(Number(partitionKey.slice(3)) + 1)
            ids.add(activeId())
          }
          pairs.set(sequenceNumber, ids)
          return ack()
        },
        { ...RECORD, concurrency: 4 },
        records(8),
        { clock }
      )
    )
    assert.deepEqual([spans.length, new Set([...pairs.values()].flatMap((ids) => [...ids])).size], [8, 8])
    assert.deepEqual(
      [...pairs.values()].map((ids) => ids.size),
      Array.from({ length: 8 }, () => 1)
    )
  })

  it('nothing of it is active for the next record or for the session', async () => {
    await exportedBy(() => {
      run(() => ack(), RECORD, records(1))
      assert.equal(activeId(), undefined)
    })
  })

  it('the lines of its log, and those of the session about the record, have its ids', async () => {
    const { spans, end } = register()
    const { logs } = await runEffect(
      (_record, { log }) => {
        log('info', 'seen', { total: 12 })
        trace.getTracer('mine').startActiveSpan('inner', (span) => {
          log('info', 'within')
          span.end()
        })
        return Promise.resolve(reject('bad'))
      },
      RECORD,
      records(1)
    )
    end()
    const [inner, own] = spans().map((span) => span.spanContext())
    assert.deepEqual(
      logs
        .filter(({ fields }) => 'sequenceNumber' in fields)
        .map(({ message, fields }) => [message, fields['trace_id'], fields['span_id']]),
      [
        ['seen', own?.traceId, own?.spanId],
        ['within', own?.traceId, inner?.spanId],
        ['record became a dead letter', own?.traceId, own?.spanId]
      ]
    )
  })
})
