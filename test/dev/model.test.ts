/** The parts of the local stream: hash ranges, shards, sequence numbers, chances, lines of input. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as t from 'io-ts'
import fc from 'fast-check'
import * as Chance from '../../src/dev/Chance'
import * as Entry from '../../src/dev/Entry'
import * as HashRange from '../../src/dev/HashRange'
import * as SequenceNumber from '../../src/dev/SequenceNumber'
import * as Shard from '../../src/dev/Shard'
import * as Source from '../../src/dev/Source'

describe('hash ranges', () => {
  it('are those of Kinesis for two shards', () =>
    assert.deepEqual(HashRange.divide(2), [
      { first: 0n, last: 170141183460469231731687303715884105727n },
      { first: 170141183460469231731687303715884105728n, last: 340282366920938463463374607431768211455n }
    ]))

  it('hash a key as Kinesis does: MD5 as a number of 128 bits', () =>
    assert.equal(HashRange.hashOf('a'), 0x0cc175b9c0f1b6a831c399e269772661n))

  it('cover every hash once, however many there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.bigInt(0n, HashRange.SPACE - 1n), (count, hash) =>
        assert.equal(HashRange.divide(count).filter((range) => HashRange.contains(range, hash)).length, 1)
      )
    )
  })

  it('serve lines without a key in turn, and both halves of each', () => {
    const ranges = HashRange.divide(3)
    const hashes = Array.from({ length: 300 }, (_, line) => HashRange.inTurn(ranges, line))
    assert.deepEqual(
      hashes.slice(0, 6).map((hash) => ranges.findIndex((range) => HashRange.contains(range, hash))),
      [0, 1, 2, 0, 1, 2]
    )
    const [lower] = HashRange.halve(HashRange.divide(3)[0] ?? { first: 0n, last: 1n })
    const inLower = hashes.filter((hash) => HashRange.contains(lower, hash)).length
    assert.equal(Math.abs(inLower - 50) <= 2, true, `${inLower} of 100`)
  })
})

describe('shards', () => {
  it('split the first one: it ends, and its halves follow', () => {
    const shards = Shard.make(2, 10)
    assert.deepEqual(
      shards.map(({ id, parent, after, until }) => [id.slice(-1), parent?.slice(-1) ?? null, after, until]),
      [
        ['0', null, 0, 10],
        ['1', null, 0, null],
        ['2', '0', 10, null],
        ['3', '0', 10, null]
      ]
    )
  })

  it('hold each record once, before and after a split', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.option(fc.integer({ min: 1, max: 20 })),
        fc.string(),
        fc.integer({ min: 1, max: 40 }),
        (count, splitAfter, key, line) =>
          assert.equal(
            Shard.make(count, splitAfter).filter((shard) => Shard.holds(shard, HashRange.hashOf(key), line))
              .length,
            1
          )
      )
    )
  })
})

describe('sequence numbers', () => {
  it('have 56 digits, increase, and are a function of the line', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (line) => {
        const text = SequenceNumber.ofLine(line)
        assert.equal(text.length, 56)
        assert.equal(SequenceNumber.lineOf(text), line)
        assert.equal(text < SequenceNumber.ofLine(line + 1), true)
      })
    )
  })

  it('of others are at the last line before them', () => {
    assert.equal(SequenceNumber.lineOf('12345'), 0)
    assert.equal(SequenceNumber.lineOf((BigInt(SequenceNumber.ofLine(7)) + 1n).toString()), 7)
  })
})

describe('chances', () => {
  it('are in [0, 1), the same for the same words, and spread', () => {
    const chance = Chance.make(7)
    const values = Array.from({ length: 1000 }, (_, n) => chance('throttle', n))
    assert.deepEqual(
      values,
      Array.from({ length: 1000 }, (_, n) => Chance.make(7)('throttle', n))
    )
    assert.equal(
      values.every((value) => value >= 0 && value < 1),
      true
    )
    assert.equal(Math.abs(values.filter((value) => value < 0.1).length - 100) < 40, true)
  })
})

describe('a line of input', () => {
  const read = (line: string, key: string | null = null): unknown => {
    const entry = Entry.read(key)(Buffer.from(line))
    return entry._tag === 'Left'
      ? entry.left
      : [entry.right.partitionKey, Buffer.from(entry.right.base64, 'base64').toString(), entry.right.arrival]
  }
  const cases: ReadonlyArray<readonly [string, unknown]> = [
    ['{"partitionKey":"a","data":"text"}', ['a', 'text', null]],
    ['{"partitionKey":"a","data":{"n":1}}', ['a', '{"n":1}', null]],
    ['{"partitionKey":"a","data":null}', ['a', 'null', null]],
    ['{"partitionKey":"a","dataBase64":"aGk="}', ['a', 'hi', null]],
    ['{"partitionKey":"a","data":1,"approximateArrivalTimestamp":5}', ['a', '1', 5]],
    ['{"partitionKey":"a","data":1,"approximateArrivalTimestamp":"1970-01-01T00:00:01Z"}', ['a', '1', 1000]],
    ['{"n":1}', [null, '{"n":1}', null]],
    ['{"broken', [null, '{"broken', null]],
    ['plain text', [null, 'plain text', null]],
    ['{"partitionKey":5,"data":1}', 'partitionKey: expected text of 1 to 256 characters, found 5'],
    ['{"partitionKey":"","data":1}', 'partitionKey: expected text of 1 to 256 characters, found ""'],
    ['{"partitionKey":"a"}', 'a record has either data or dataBase64, found neither'],
    [
      '{"partitionKey":"a","data":1,"dataBase64":"aGk="}',
      'a record has either data or dataBase64, found both'
    ],
    [
      '{"partitionKey":"a","dataBase64":"aGk"}',
      'dataBase64: expected standard base64 with padding, found "aGk"'
    ],
    [
      '{"partitionKey":"a","data":1,"approximateArrivalTimestamp":"soon"}',
      'approximateArrivalTimestamp: found "soon", it does not look like a time; expected a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970'
    ]
  ]
  for (const [line, expected] of cases) it(line, () => assert.deepEqual(read(line), expected))

  it('has its key where --key says', () => {
    assert.deepEqual(read('{"customer":{"id":7}}', 'customer.id'), ['7', '{"customer":{"id":7}}', null])
    assert.deepEqual(read('[{"k":"a"}]', '0.k'), ['a', '[{"k":"a"}]', null])
    assert.equal(
      read('{"a":1}', 'customer.id'),
      'customer.id (--key): expected text of 1 to 256 characters, found nothing'
    )
    assert.equal(
      read('{}', 'constructor.name'),
      'constructor.name (--key): expected text of 1 to 256 characters, found nothing'
    )
    assert.equal(read('hello', 'a'), 'not JSON, so there is no a (--key)')
  })
})

describe('generated records', () => {
  it('are the same for a seed wherever one begins to read, and records', () => {
    const limits = { lines: 10, bytes: 1000 }
    const all = Source.generated(10, Chance.make(1)).read(Source.start, limits)
    const tail = Source.generated(10, Chance.make(1)).read({ line: 7, offset: 0 }, limits)
    assert.deepEqual(tail, {
      lines: all.lines.slice(7),
      next: { line: 10, offset: 0 },
      isFull: false,
      isEnd: true,
      isCut: false
    })
    assert.equal(
      all.lines.every((line) => Entry.read(null)(line)._tag === 'Right'),
      true
    )
  })

  it("are orders, some of them free, that the README's first handler takes", () => {
    const Order = t.type({ partitionKey: t.string, data: t.type({ id: t.string, total: t.number }) })
    const { lines } = Source.generated(1000, Chance.make(1)).read(Source.start, {
      lines: 1000,
      bytes: 1 << 20
    })
    const orders = lines.map((line): unknown => JSON.parse(line.toString()))
    assert.equal(orders.every(Order.is), true)
    const free = orders.filter((order) => Order.is(order) && order.data.total === 0).length
    assert.ok(free > 0 && free < 100, `${free} of 1000 are free`)
  })
})
