/** `decodeJson` with the schemas of each library, and with codecs of io-ts. */
import * as assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { Schema } from 'effect'
import * as v from 'valibot'
import { z } from 'zod'
import { ack, reject, type Reject } from '../../src/core/Decision'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import type { StandardSchema } from '../../src/core/Schema'
import { decodeJson } from '../../src/payload/decodeJson'
import { record } from '../../src/testing'

interface Order {
  readonly id: string
  readonly total: number
  readonly lines: ReadonlyArray<{ readonly sku: string }>
}

type Made = StandardSchema<unknown, Order>

const LIBRARIES: Readonly<Record<string, () => Made | Promise<Made>>> = {
  zod: () => z.object({ id: z.string(), total: z.number(), lines: z.array(z.object({ sku: z.string() })) }),
  valibot: () =>
    v.object({ id: v.string(), total: v.number(), lines: v.array(v.object({ sku: v.string() })) }),
  // A package for ES modules alone.
  arktype: async () => {
    const { type } = await import('arktype')
    return type({ id: 'string', total: 'number', lines: type({ sku: 'string' }).array() })
  },
  effect: () =>
    Schema.standardSchemaV1(
      Schema.Struct({
        id: Schema.String,
        total: Schema.Number,
        lines: Schema.Array(Schema.Struct({ sku: Schema.String }))
      })
    )
}

const ORDER: Order = { id: 'o-1', total: 12, lines: [{ sku: 'a' }] }

const handlerOf = (schema: Made): ((record: KinesisRecord) => Reject) =>
  decodeJson(schema)(({ id, lines }) => reject(`${id} of ${lines.length}`))

for (const [library, make] of Object.entries(LIBRARIES))
  describe(`decodeJson with a schema of ${library}`, () => {
    let handler: ReturnType<typeof handlerOf>

    before(async () => {
      handler = handlerOf(await make())
    })

    it('gives the value', () => assert.deepEqual(handler(record({ json: ORDER })), reject('o-1 of 1')))

    it('says where, what was expected and what was found', () => {
      const { reason } = handler(record({ json: { ...ORDER, total: '12' } }))
      assert.match(reason, /^total: expected (a )?number, found "12"$/)
    })

    it('says so of what is missing, and within a list', () => {
      const wrong = { id: 'o-1', total: 12, lines: [{ sku: 'a' }, {}] }
      assert.match(
        handler(record({ json: wrong })).reason,
        /^lines\[1\]\.sku: (expected (a )?(string|"sku")|is missing), found nothing$/
      )
    })

    it('rejects what is not JSON', () =>
      assert.match(handler(record({ text: 'hello' })).reason, /^the data is not JSON: /))
  })

describe('decodeJson with a Standard Schema', () => {
  const handlerFor = <A>(schema: StandardSchema<unknown, A>): ((record: KinesisRecord) => unknown) =>
    decodeJson(schema)(() => ack())
  const reasonFor = (schema: StandardSchema, json: unknown): string => {
    const decision = handlerFor(schema)(record({ json }))
    return typeof decision === 'object' && decision !== null && 'reason' in decision
      ? String(decision.reason)
      : ''
  }

  it('names the alternatives of a union', () =>
    assert.equal(
      reasonFor(z.object({ at: z.union([z.string(), z.number()]) }), { at: true }),
      'at: expected string or number, found true'
    ))

  it('says the words of the author of the schema', () => {
    const words = z.object({
      id: z.string().min(1, 'an order needs an id'),
      total: z.number('a total in cents')
    })
    assert.equal(
      reasonFor(words, { id: '', total: '1' }),
      'id: an order needs an id, found ""; total: a total in cents, found "1"'
    )
  })

  it('says what a library says of a limit', () =>
    assert.equal(
      reasonFor(z.object({ id: z.string().min(3) }), { id: 'a' }),
      'id: expected string to have >=3 characters, found "a"'
    ))

  it('takes keys that are objects, symbols or names of methods', () => {
    const path = [{ key: 'a' }, 0, Symbol('s'), 'toString']
    const schema: StandardSchema = {
      '~standard': { version: 1, vendor: 'own', validate: () => ({ issues: [{ message: 'is odd', path }] }) }
    }
    assert.equal(reasonFor(schema, { a: [{}] }), 'a[0].Symbol(s).toString: is odd, found nothing')
  })

  it('names 20 places, and counts the rest', () => {
    const reason = reasonFor(z.array(z.string()), Array(1000).fill(0))
    assert.deepEqual(reason.split('; ').slice(-2), ['[19]: expected string, found 0', 'and 980 more errors'])
  })

  it('throws when the schema validates asynchronously, and lets no rejection escape', async () => {
    const failing: StandardSchema = {
      '~standard': { version: 1, vendor: 'own', validate: () => Promise.reject(new Error('lost')) }
    }
    const refined = z.string().refine(() => Promise.resolve(true))
    for (const [vendor, schema] of [
      ['own', failing],
      ['zod', refined]
    ] as const)
      assert.throws(() => handlerFor(schema)(record({ json: 'a' })), {
        name: 'TypeError',
        message:
          `the schema (of ${vendor}) validates asynchronously, but its result is needed at once; ` +
          'remove the asynchronous check from the schema, and make it in an effectful handler'
      })
    await new Promise((resolve) => setImmediate(resolve))
  })
})
