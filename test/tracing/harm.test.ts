/** Nothing of tracing may lose or fail a record, whatever an SDK does. */
import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import {
  context,
  ROOT_CONTEXT,
  trace,
  type ContextManager,
  type Span,
  type TracerProvider
} from '@opentelemetry/api'
import { BasicTracerProvider, ParentBasedSampler, AlwaysOnSampler } from '@opentelemetry/sdk-trace-base'
import fc from 'fast-check'
import { ack, checkpoint, emit, halt, reject, skip, type Decision } from '../../src/index'
import {
  Conversation,
  converse,
  converseEffect,
  records,
  run,
  Sink,
  type Outcome,
  type Settings
} from '../../src/testing'
import * as Arbitraries from '../../src/testing/Arbitraries'
import { register } from './Exported'

afterEach(() => {
  trace.disable()
  context.disable()
})

const throwing = (): never => {
  throw new Error('the tracer is broken')
}

/** A span of which each method throws. */
const brokenSpan = new Proxy({}, { get: () => throwing }) as Span

const providers: Readonly<Record<string, TracerProvider>> = {
  'gives no tracer': { getTracer: throwing },
  'starts no span': { getTracer: () => ({ startSpan: throwing, startActiveSpan: throwing }) },
  'gives spans that throw': { getTracer: () => ({ startSpan: () => brokenSpan, startActiveSpan: throwing }) }
}

const manager = (more: Partial<ContextManager>): ContextManager => {
  const whole: ContextManager = {
    active: () => ROOT_CONTEXT,
    with: (_context, run, self, ...args) => run.call(self, ...args),
    bind: (_context, target) => target,
    enable: () => whole,
    disable: () => whole,
    ...more
  }
  return whole
}

const managers: Readonly<Record<string, ContextManager>> = {
  'throws before the handler': manager({ with: throwing }),
  'throws after the handler': manager({
    with: (_context, run, self, ...args) => {
      run.call(self, ...args)
      return throwing()
    }
  }),
  'never calls the handler': manager({ with: () => undefined as never }),
  'calls the handler twice': manager({
    with: (_context, run, self, ...args) => {
      run.call(self, ...args)
      return run.call(self, ...args)
    }
  }),
  'knows no active context': manager({ active: throwing })
}

/** Ids, and the stacks, which have the frames of what called the handler. */
const ADDED = ['trace_id', 'span_id', 'stack']

/** What a user sees of the run, but for what tracing adds to it. */
const essence = ({ logs, ...rest }: Outcome<never>): object =>
  JSON.parse(
    JSON.stringify(
      {
        ...rest,
        logs: logs.filter(
          ({ message }) => !message.startsWith('tracing fails') && !message.startsWith('no SDK')
        )
      },
      (key, value: unknown) => (ADDED.includes(key) ? undefined : value)
    )
  ) as object

const SPANS: Settings = { checkpoint: { count: 2 }, tracing: { spans: 'record', parent: 'traceparent' } }
const PLAIN: Settings = { checkpoint: { count: 2 } }

const decisions = [ack(), reject('bad'), skip('old'), checkpoint()]
let calls = 0
const handler = ({ partitionKey }: { readonly partitionKey: string }): Decision => {
  calls += 1
  return decisions[Number(partitionKey.slice(3)) % decisions.length] ?? ack()
}

const once = (settings: Settings): Readonly<Record<string, unknown>> => {
  calls = 0
  const outcome = run(handler, settings, records(6))
  const warned = outcome.logs.filter(({ message }) => message.startsWith('tracing fails')).length
  return { ...essence(outcome), calls, warned }
}

describe('records are handled as without tracing', () => {
  for (const [what, provider] of Object.entries(providers))
    it(`when a provider ${what}, which is said once`, () => {
      trace.setGlobalTracerProvider(provider)
      assert.deepEqual(once(SPANS), { ...once(PLAIN), warned: 1 })
    })

  for (const [what, one] of Object.entries(managers))
    it(`when a context manager ${what}`, () => {
      trace.setGlobalTracerProvider(new BasicTracerProvider())
      context.setGlobalContextManager(one)
      const { warned, ...traced } = once(SPANS)
      assert.deepEqual({ ...traced, warned: 0 }, once(PLAIN))
      assert.ok(warned === 0 || warned === 1)
    })

  it('when there is no SDK, which is said once', () => {
    const warnings = run(handler, SPANS, records(6)).logs.filter(({ message }) =>
      message.startsWith('no SDK of')
    )
    assert.equal(warnings.length, 1)
    assert.deepEqual(once(SPANS), once(PLAIN))
  })
})

describe('a handler in any conversation', () => {
  const answers: ReadonlyArray<() => Decision<never>> = [
    () => ack(),
    () => checkpoint(),
    () => skip('old'),
    () => reject('bad'),
    () => halt('enough'),
    () => emit('orders', 1)(ack()) as Decision<never>,
    () => {
      throw new Error('no')
    },
    () => 7 as never
  ]
  const sinks = [
    Sink.acknowledges(3),
    Sink.acknowledges(),
    Sink.givesUp('full', 'dead-letter'),
    Sink.givesUp('down')
  ]

  const scene = fc.record({
    conversation: Arbitraries.conversation,
    plan: fc.array(fc.nat(answers.length - 1), { minLength: 1, maxLength: 12 }),
    isLate: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
    sink: fc.constantFrom(...sinks),
    spans: fc.constantFrom('batch' as const, 'record' as const),
    isBatch: fc.boolean(),
    concurrency: fc.integer({ min: 1, max: 4 })
  })
  type Scene = typeof scene extends fc.Arbitrary<infer A> ? A : never

  const played = async (
    { conversation, plan, isLate, sink, isBatch, concurrency }: Scene,
    tracing: Settings['tracing']
  ): Promise<Outcome<never>> => {
    const settings: Settings = {
      checkpoint: { count: 3 },
      concurrency,
      deadline: '20s',
      failure: { retries: 1 },
      ...(tracing === undefined ? {} : { tracing })
    }
    let call = 0
    const answer = (): Decision<never> => (answers[plan[call++ % plan.length] ?? 0] ?? ack)()
    const soon = (): Decision<never> | Promise<Decision<never>> =>
      isLate[call % isLate.length] === true ? Promise.resolve().then(answer) : answer()
    const options = { sinks: { orders: sink }, takes: 2 }
    return isBatch
      ? converseEffect(
          { batchHandler: (group) => Promise.all(group.map(async () => soon())) },
          settings,
          conversation,
          options
        )
      : converseEffect(soon, settings, conversation, options)
  }

  it('says the same to the daemon with spans and without, and each span ends once', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (made) => {
        const plain = await played(made, undefined)
        const { spans, end } = register(new ParentBasedSampler({ root: new AlwaysOnSampler() }))
        try {
          const traced = await played(made, { spans: made.spans, parent: 'traceparent' })
          assert.deepEqual(essence(traced), essence(plain))
          const ids = spans().map((span) => span.spanContext().spanId)
          assert.equal(new Set(ids).size, ids.length)
          if (made.spans === 'record' && !made.isBatch && traced.exit !== null)
            assert.equal(ids.length, traced.handled.length)
        } finally {
          end()
        }
      }),
      { numRuns: 150 }
    )
  })

  it('is called as often by `converse`', () => {
    const { end } = register()
    const conversation = Conversation.make([Conversation.batch(records(5))])
    assert.deepEqual(
      essence(converse(handler, SPANS, conversation)),
      essence(converse(handler, PLAIN, conversation))
    )
    end()
  })
})
