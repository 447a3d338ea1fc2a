import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import type { Summary } from '../../../src/lab/diff/Comparison'
import { batchOf, diff, type Given } from './Given'

const CONFIG = 'sinks: { orders: { type: file, path: ./o }, audit: { type: file, path: ./a } }\n'

/** The parts of a handler of orders, each of which a change puts something else in place of. */
const PARTS = {
  setup: '',
  parse: 'const order = JSON.parse(record.data.toString("utf8"))',
  invalid: 'if (typeof order.id !== "string") return { _tag: "Reject", reason: "id: expected a string" }',
  skipped: 'if (order.total === 0) return { _tag: "Skip", reason: "nothing to pay" }',
  asked: 'const tag = order.last ? "Checkpoint" : "Ack"',
  value:
    'const value = { id: order.id, total: order.total, lines: order.lines.map((line) => ({ sku: line.sku })) }',
  outputs: 'const outputs = [{ sink: "orders", value }, { sink: "audit", value: { id: order.id } }]',
  answer: 'return { _tag: tag, outputs }',
  exports: ''
}

const handlerOf = (change: Partial<typeof PARTS> = {}): string => {
  const { setup, exports: more, ...body } = { ...PARTS, ...change }
  return `${setup}\nexports.handler = (record) => {\n${Object.values(body).join('\n')}\n}\n${more}\n`
}

const order = (n: number): object => ({
  id: `o-${n}`,
  total: n % 5,
  last: n % 7 === 6,
  lines: Array.from({ length: n % 3 }, (_, i) => ({ sku: `s-${i}` }))
})

const ORDERS = [
  batchOf([
    ...Array.from({ length: 29 }, (_, n) => ({ json: order(n), partitionKey: `k-${n % 4}` })),
    { json: { total: 1, lines: [] }, partitionKey: 'k-1' }
  ])
]

const found = async (given: Partial<Given>): Promise<Summary> => {
  const summary = await diff({
    old: handlerOf(),
    new: handlerOf(),
    config: CONFIG,
    batches: ORDERS,
    ...given
  })
  if (E.isLeft(summary)) throw new Error(summary.left)
  return summary.right
}

const namesOf = ({ groups }: Summary): ReadonlyArray<string> =>
  [...new Set(groups.map(({ name, how }) => (how === null ? name : `${name} ${how}`)))].sort()

/** What each change is, what it puts in place of a part, and the differences that follow. */
const CHANGES: ReadonlyArray<readonly [string, Partial<typeof PARTS>, ReadonlyArray<string>]> = [
  [
    'a reject instead of an answer',
    { answer: 'return order.total > 3 ? { _tag: "Reject", reason: "too much" } : { _tag: tag, outputs }' },
    ['ack->reject']
  ],
  [
    'a bad record is skipped',
    { invalid: 'if (typeof order.id !== "string") return { _tag: "Skip", reason: "no id" }' },
    ['reject->skip']
  ],
  ['a bad record is taken', { invalid: '' }, ['reject->ack']],
  [
    'a bad record stops the worker',
    { invalid: 'if (typeof order.id !== "string") return { _tag: "Halt", reason: "no id" }' },
    ['reject->halt']
  ],
  [
    'another reason for a reject',
    { invalid: 'if (typeof order.id !== "string") return { _tag: "Reject", reason: "id: expected text" }' },
    ['reject.reason']
  ],
  [
    'another reason for a skip',
    { skipped: 'if (order.total === 0) return { _tag: "Skip", reason: "free" }' },
    ['skip.reason']
  ],
  ['no checkpoint is asked for', { asked: 'const tag = "Ack"' }, ['checkpoint->ack']],
  ['each record asks for a checkpoint', { asked: 'const tag = "Checkpoint"' }, ['ack->checkpoint']],
  ['a return is forgotten', { skipped: 'if (order.total === 0) return' }, ['skip->nothing']],
  [
    'the handler throws for some',
    {
      value: `if (order.lines.length > 1) throw new TypeError("no price of " + order.lines[1].sku)\n${PARTS.value}`
    },
    ['ack->failed']
  ],
  [
    'a failure has another message',
    { parse: 'const order = JSON.parse(record.data.toString("utf8")); if (!order.id) null.x' },
    ['reject->failed']
  ],
  [
    'an answer that is no decision',
    { answer: 'return order.total === 4 ? 4 : { _tag: tag, outputs }' },
    ['ack->failed']
  ],
  [
    'a field of an output changes',
    {
      value:
        'const value = { id: order.id, total: order.total * 2, lines: order.lines.map((line) => ({ sku: line.sku })) }'
    },
    ['orders.total changed']
  ],
  [
    'a field is a text instead of a number',
    {
      value:
        'const value = { id: order.id, total: String(order.total), lines: order.lines.map((line) => ({ sku: line.sku })) }'
    },
    ['orders.total changed']
  ],
  [
    'a field is added',
    {
      value:
        'const value = { id: order.id, total: order.total, currency: "EUR", lines: order.lines.map((line) => ({ sku: line.sku })) }'
    },
    ['orders.currency added']
  ],
  [
    'a field is removed',
    { value: 'const value = { id: order.id, lines: order.lines.map((line) => ({ sku: line.sku })) }' },
    ['orders.total removed']
  ],
  [
    'a field within a list is renamed',
    {
      value:
        'const value = { id: order.id, total: order.total, lines: order.lines.map((line) => ({ item: line.sku })) }'
    },
    ['orders.lines[].item added', 'orders.lines[].sku removed']
  ],
  [
    'a list loses items',
    {
      value:
        'const value = { id: order.id, total: order.total, lines: order.lines.slice(0, 1).map((line) => ({ sku: line.sku })) }'
    },
    ['orders.lines[] removed']
  ],
  ['an output is missing', { outputs: 'const outputs = [{ sink: "orders", value }]' }, ['audit']],
  [
    'an output comes twice',
    {
      outputs:
        'const outputs = [{ sink: "orders", value }, { sink: "orders", value }, { sink: "audit", value: { id: order.id } }]'
    },
    ['orders']
  ],
  [
    'an output goes to another sink',
    { outputs: 'const outputs = [{ sink: "orders", value }, { sink: "orders", value: { id: order.id } }]' },
    ['audit', 'orders']
  ],
  [
    'an output goes to a sink that is not configured',
    { outputs: 'const outputs = [{ sink: "order", value }]' },
    ['ack->halt', 'checkpoint->halt']
  ],
  [
    'outputs come in another order',
    { outputs: 'const outputs = [{ sink: "audit", value: { id: order.id } }, { sink: "orders", value }]' },
    ['outputs.order']
  ],
  [
    'an output has another key',
    {
      outputs:
        'const outputs = [{ sink: "orders", value, key: order.id }, { sink: "audit", value: { id: order.id } }]'
    },
    ['orders.(key) changed']
  ],
  [
    'an output is no JSON',
    { outputs: 'const outputs = [{ sink: "orders", value: 1n }]' },
    ['ack->failed', 'checkpoint->failed']
  ],
  [
    'a codec encodes otherwise',
    {
      exports:
        'const codec = { name: "a", is: () => true, encode: (value) => ({ ...value, v: 2 }) }\nexports.outputs = { orders: codec, audit: { ...codec, encode: (value) => value } }'
    },
    ['orders.v added']
  ],
  [
    'a codec refuses what the handler emits',
    {
      exports:
        'const codec = { name: "a", is: (value) => value.total !== 3, encode: (value) => value }\nexports.outputs = { orders: codec, audit: codec }'
    },
    ['ack->failed', 'checkpoint->failed']
  ]
]

describe('a deliberate change of a handler is found', () => {
  for (const [title, change, expected] of CHANGES)
    it(title, async () => {
      const summary = await found({ new: handlerOf(change) })
      assert.deepEqual(namesOf(summary), expected)
      assert.deepEqual(summary.impure, { old: null, new: null })
      assert.ok(summary.differing > 0)
    })
})

/** Handlers that do the same by other code. */
const SAME: ReadonlyArray<readonly [string, Partial<typeof PARTS>]> = [
  ['nothing changes', {}],
  [
    'true and false stand for checkpoint and ack',
    {
      outputs: 'const outputs = undefined',
      answer:
        'return { _tag: tag, outputs: [{ sink: "orders", value }, { sink: "audit", value: { id: order.id } }] }'
    }
  ],
  [
    'the keys of an object come in another order',
    {
      value:
        'const value = { lines: order.lines.map((line) => ({ sku: line.sku })), total: order.total, id: order.id }'
    }
  ],
  [
    'a field is undefined that JSON leaves out',
    {
      value:
        'const value = { id: order.id, total: order.total, note: undefined, lines: order.lines.map((line) => ({ sku: line.sku })) }'
    }
  ],
  [
    'the key of an output is that of the record',
    {
      outputs:
        'const outputs = [{ sink: "orders", value, key: record.partitionKey }, { sink: "audit", value: { id: order.id } }]'
    }
  ],
  ['it prints', { setup: 'const print = () => undefined', parse: `print(record)\n${PARTS.parse}` }],
  [
    'it remembers what does not matter',
    { setup: 'let cache = null', parse: `cache ??= new Map()\n${PARTS.parse}` }
  ],
  [
    'a date of the record is compared with one that was made before',
    {
      setup: 'const EPOCH = new Date(0)',
      skipped:
        'if (!(EPOCH instanceof Date) || EPOCH.constructor !== Date || new Date(5) <= EPOCH) return 7\nif (order.total === 0) return { _tag: "Skip", reason: "nothing to pay" }'
    }
  ]
]

describe('a handler that does the same is not accused', () => {
  for (const [title, change] of SAME)
    it(title, async () => {
      const summary = await found({ new: handlerOf(change) })
      assert.deepEqual([summary.groups, summary.impure], [[], { old: null, new: null }])
      assert.deepEqual([summary.records, summary.differing, summary.allowed], [30, 0, 0])
    })

  it('whatever the records are: a random handler beside itself', async () => {
    const value = fc.jsonValue({ maxDepth: 2 })
    const answers = fc.constantFrom(
      'true',
      'undefined',
      '{ _tag: "Ack", outputs: [{ sink: "orders", value }] }',
      '{ _tag: "Skip", reason: JSON.stringify(value), outputs: [{ sink: "audit", value: [value] }] }',
      '{ _tag: "Reject", reason: JSON.stringify(value) }',
      '{ _tag: "Halt", reason: "no" }',
      'value',
      '(() => { throw new Error(JSON.stringify(value)) })()'
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(value, { minLength: 1, maxLength: 8 }), { maxLength: 4 }),
        fc.array(answers, { minLength: 1, maxLength: 5 }),
        async (payloads, given) => {
          const handler = `exports.handler = (record) => { const value = JSON.parse(record.data.toString()); switch (record.base64.length % ${given.length}) { ${given.map((answer, i) => `case ${i}: return ${answer}`).join('\n')} } }`
          const batches = payloads.map((list, shard) =>
            batchOf(
              list.map((json) => ({ json, shardId: `shardId-${shard}` })),
              { shardId: `shardId-${shard}` }
            )
          )
          const summary = await found({ old: handler, new: handler, batches })
          assert.deepEqual([summary.groups, summary.impure], [[], { old: null, new: null }])
          assert.equal(summary.records, payloads.flat().length)
        }
      ),
      { numRuns: 40 }
    )
  })
})

describe('a handler that does not agree with itself is named, with the record', () => {
  const IMPURE: ReadonlyArray<readonly [string, Partial<typeof PARTS>, string]> = [
    [
      'by chance',
      { value: 'const value = { id: order.id, total: order.total, nonce: Math.random() }' },
      'orders.nonce'
    ],
    [
      'by the time',
      { value: 'const value = { id: order.id, total: order.total, at: Date.now() }' },
      'orders.at'
    ],
    [
      'by the year',
      { value: 'const value = { id: order.id, total: order.total, year: new Date().getFullYear() }' },
      'orders.year'
    ],
    [
      'by what it has seen',
      {
        setup: 'const seen = new Set()',
        skipped: 'if (seen.has(order.id)) return { _tag: "Skip", reason: "twice" }\nseen.add(order.id)'
      },
      'ack->skip'
    ],
    [
      'by every second call',
      { setup: 'let calls = 0', skipped: 'if (calls++ % 2) return { _tag: "Skip", reason: "every second" }' },
      'ack->skip'
    ]
  ]
  for (const [title, change, name] of IMPURE)
    it(title, async () => {
      const handler = handlerOf(change)
      const { impure, groups, differing } = await found({ old: handler, new: handler })
      assert.equal(impure.new?.examples[0]?.name.replace('skip->ack', 'ack->skip'), name)
      assert.match(impure.old?.examples[0]?.place ?? '', /^shardId-000000000000\/\d+$/)
      assert.deepEqual([groups, differing], [[], 0])
    })

  it('what else it does is still compared', async () => {
    const summary = await found({
      old: handlerOf({ value: 'const value = { id: order.id, total: order.total, at: Date.now() }' }),
      new: handlerOf({ value: 'const value = { id: order.id, total: order.total + 1, at: Date.now() }' })
    })
    assert.deepEqual(namesOf(summary), ['orders.total changed'])
  })
})

describe('what is allowed', () => {
  it('counts as no difference, and is reported', async () => {
    const change = handlerOf({
      skipped: '',
      value:
        'const value = { id: order.id, total: order.total * 2, lines: order.lines.map((line) => ({ sku: line.sku })) }'
    })
    const summary = await found({ new: change, allow: ['skip->*', 'orders*', 'audit'] })
    assert.deepEqual([summary.differing, summary.allowed > 20], [0, true])
    assert.ok(summary.groups.every(({ allowed }) => allowed))
  })

  it('a record with another difference beside it still differs', async () => {
    const change = handlerOf({
      outputs: 'const outputs = [{ sink: "orders", value: { ...value, more: 1 }, key: "k" }]'
    })
    const summary = await found({ new: change, allow: ['orders.more', 'audit'] })
    assert.ok(summary.differing > 20)
  })
})

describe('effects', () => {
  const ASYNC = 'exports.handler = async (record) => ({ _tag: "Ack", outputs: [] })\n'

  it('are refused by the form of the handler, and by what it returns', async () => {
    const later = 'exports.handler = (record) => Promise.resolve(true)\n'
    for (const handler of [ASYNC, later, 'exports.acquire = () => 1\nexports.handler = () => true\n'])
      assert.match(
        JSON.stringify(await diff({ old: handlerOf(), new: handler, config: CONFIG, batches: ORDERS })),
        /more than decide/
      )
  })

  it('take place once for each version where they are allowed', async () => {
    const count =
      'exports.handler = async (record) => { globalThis.labCalls = (globalThis.labCalls ?? 0) + 1; return true }\n'
    const summary = await found({ old: ASYNC, new: count, effects: true })
    assert.equal(Reflect.get(globalThis, 'labCalls'), 30)
    Reflect.deleteProperty(globalThis, 'labCalls')
    assert.deepEqual(namesOf(summary), ['ack->checkpoint'])
  })

  it('of several records are compared as well, and a handler of a batch that is not', async () => {
    const several = (answer: string): string =>
      `exports.batchHandler = (records) => records.map((record) => ${answer})\n`
    const summary = await found({
      old: several('true'),
      new: several('record.data.toString().includes("o-3") ? false : true')
    })
    assert.deepEqual(namesOf(summary), ['checkpoint->ack'])
    assert.equal(summary.differing, 1)
  })
})

describe('the filter of the configuration', () => {
  const config = (filter: string): string => `${CONFIG}filter: ${filter}\n`
  const aged = batchOf([{ text: '1' }, { text: '2' }, { text: '3' }], {
    aged: ['old', 'fresh', 'unknown'],
    maxAge: 3_600_000
  })

  it('drops by age what the recorded session dropped, whenever the recording is read', async () => {
    const summary = await found({
      old: 'exports.handler = () => true\n',
      new: 'exports.handler = () => false\n',
      config: config('{ maxAge: 1h }'),
      batches: [aged]
    })
    assert.deepEqual(summary.decisions, [
      { from: 'checkpoint', to: 'ack', records: 2 },
      { from: 'drop', to: 'drop', records: 1 }
    ])
  })

  it('with another age than the recorded one, the age is that when the batch came', async () => {
    const summary = await found({
      old: 'exports.handler = () => true\n',
      new: 'exports.handler = () => true\n',
      config: config('{ maxAge: 1s }'),
      batches: [aged]
    })
    assert.deepEqual(summary.decisions, [{ from: 'drop', to: 'drop', records: 3 }])
  })
})
