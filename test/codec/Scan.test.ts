import * as assert from 'node:assert/strict'
import * as v8 from 'node:v8'
import * as vm from 'node:vm'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import * as ActionCodec from '../../src/codec/Action'
import * as Lines from '../../src/codec/Lines'
import * as Scan from '../../src/codec/Scan'
import * as Action from '../../src/core/Action'
import type { KinesisRecord } from '../../src/core/KinesisRecord'
import * as KinesisRecords from '../../src/core/KinesisRecords'
import { record, records } from '../../src/testing'

const SHARD = 'shardId-000000000000'

const lineOf = (list: ReadonlyArray<KinesisRecord>, millisBehindLatest: number | null = 0): string =>
  ActionCodec.encode(Action.processRecords(list, millisBehindLatest))

/** A record with its payload, which is not among its own properties. */
const fields = (one: KinesisRecord): object => ({ ...one, data: Buffer.from(one.data).toString('hex') })

interface Batch {
  readonly records: ReadonlyArray<object>
  readonly millisBehindLatest: number | null
}

const scanned = (line: Buffer | string): Batch | null => {
  const batch = Scan.batch(SHARD, Buffer.from(line))
  return (
    batch && {
      records: KinesisRecords.toArray(batch.records).map(fields),
      millisBehindLatest: batch.millisBehindLatest
    }
  )
}

const parsed = (line: Buffer | string): Batch | null => {
  const action = ActionCodec.decode(SHARD)(line.toString('utf8'))
  return E.isRight(action) && action.right._tag === 'ProcessRecords'
    ? {
        records: KinesisRecords.toArray(action.right.records).map(fields),
        millisBehindLatest: action.right.millisBehindLatest
      }
    : null
}

const ascii = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code))
})

const anyRecord = fc
  .record({
    data: fc.uint8Array({ maxLength: 60 }),
    partitionKey: fc.oneof({ weight: 3, arbitrary: ascii }, fc.string({ unit: 'binary' })),
    sequenceNumber: fc.bigInt({ min: 0n, max: 2n ** 190n }).map(String),
    subSequenceNumber: fc.nat(),
    approximateArrivalTimestamp: fc.oneof(
      fc.nat({ max: 2 ** 31 }),
      fc.constant(null),
      fc.double({ noNaN: true })
    )
  })
  .map((options) => record({ ...options, shardId: SHARD }))

describe('Scan', () => {
  it('takes what the daemon writes', () => {
    const list = records([
      { text: 'one', partitionKey: 'a' },
      { text: '', partitionKey: '' },
      { data: new Uint8Array([0, 255]), partitionKey: 'c', subSequenceNumber: 3 }
    ])
    for (const behind of [0, 86_400_000, null]) {
      const line = lineOf(list, behind)
      assert.deepEqual(scanned(line), parsed(line))
      assert.notEqual(scanned(line), null)
    }
  })

  it('takes an empty batch', () =>
    assert.deepEqual(scanned(lineOf([], 7)), { records: [], millisBehindLatest: 7 }))

  it('gives what JSON.parse gives of any batch, or leaves it to it', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 5 }), fc.option(fc.nat()), (list, behind) => {
        const line = lineOf(list, behind)
        const found = scanned(line)
        if (found !== null) assert.deepEqual(found, parsed(line))
      })
    )
  })

  it('gives what JSON.parse gives of a line in which bytes were changed, or leaves it to it', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 2 }), changes, (list, places) => {
        const line = Buffer.from(lineOf(list))
        for (const [place, byte] of places) line[place % line.length] = byte
        const found = scanned(line)
        if (found !== null) assert.deepEqual(found, parsed(line))
      }),
      { numRuns: 2000 }
    )
  })

  const plain = lineOf(records([{ text: 'one', partitionKey: 'key' }]))
  for (const [what, line] of [
    ['white space', plain.replace(',"partitionKey"', ', "partitionKey"')],
    ['white space at its end', `${plain}\r`],
    ['another order', plain.replace(/("data":"[^"]*"),("partitionKey":"[^"]*")/, '$2,$1')],
    ['an unknown field', plain.replace(',"subSequenceNumber"', ',"encryption":"KMS","subSequenceNumber"')],
    ['an escape', plain.replace('"key"', '"k\\u0065y"')],
    ['letters beyond ASCII', plain.replace('"key"', '"clé"')],
    ['no data', plain.replace(/"data":"[^"]*"/, '"data":null')],
    ['a negative number', plain.replace(/"millisBehindLatest":0/, '"millisBehindLatest":-1')]
  ] as const) {
    it(`leaves a line with ${what} to JSON.parse, which takes it`, () => {
      assert.equal(scanned(line), null)
      const read = ActionCodec.read(SHARD, Buffer.from(line))
      assert.deepEqual(read, ActionCodec.decode(SHARD)(line))
      assert.equal(E.isRight(read), true)
    })
  }

  for (const [what, line] of [
    ['a control character in a key', plain.replace('"key"', '"k\u0001y"')],
    ['a control character in the data', plain.replace('"data":"', '"data":"\t')],
    ['a number with a leading zero', plain.replace('"subSequenceNumber":0', '"subSequenceNumber":00')],
    ['an end before its end', plain.slice(0, -1)],
    ['more after its end', `${plain}}`],
    ['a comma after the last record', plain.replace('}]', '},]')]
  ] as const) {
    it(`does not take a line with ${what}`, () => {
      assert.equal(scanned(line), null)
      assert.equal(parsed(line), null)
    })
  }

  it('takes a line that begins at any place in memory', () => {
    for (const place of [0, 1, 2, 3, 5]) {
      const memory = Buffer.alloc(plain.length + place)
      memory.write(plain, place, 'latin1')
      assert.deepEqual(scanned(memory.subarray(place)), parsed(plain))
    }
  })
})

describe('a scanned record', () => {
  /** Through the framing, whose places are used again. */
  const batchOf = (text: string): Scan.Batch => {
    const found: Array<Scan.Batch> = []
    Lines.make().push(Buffer.from(`${text}\n`), (line) => {
      const batch = Scan.batch(SHARD, line)
      if (batch !== null) found.push(batch)
    })
    const [batch] = found
    assert.ok(batch)
    return batch
  }

  it('is valid after its line was released and the next one has taken its place', () => {
    const size = 80_000
    const list = (letter: string): ReadonlyArray<KinesisRecord> =>
      records([{ text: letter.repeat(size), partitionKey: letter.repeat(20) }])
    const line = (letter: string): string => lineOf(list(letter))
    // Longer than a chunk, so that it has a place.
    const feed = (lines: Lines.Lines, text: string): Scan.Batch => {
      const found: Array<Scan.Batch> = []
      const bytes = Buffer.from(`${text}\n`)
      for (let at = 0; at < bytes.length; at += 65_536)
        lines.push(bytes.subarray(at, at + 65_536), (one) => {
          const batch = Scan.batch(SHARD, one)
          if (batch !== null) found.push(batch)
        })
      const [batch] = found
      assert.ok(batch)
      return batch
    }
    const lines = Lines.make()
    const first = feed(lines, line('a'))
    const kept = KinesisRecords.toArray(first.records)
    first.records.release?.()
    const second = feed(lines, line('b'))
    assert.equal(placeOf(second), placeOf(first))
    assert.deepEqual(kept.map(fields), list('a').map(fields))
  })

  it('is not made of a line that was released', () => {
    const { records: made } = batchOf(plainOf('x'))
    made.release?.()
    assert.equal(made.at(0), undefined)
  })

  it('keeps nothing of its line, and its key nothing of its payload', () => {
    const before = heapAfterCollection()
    const payload = 1_000_000
    const keys: Array<string> = []
    for (let i = 0; i < 50; i++) {
      const { records: made } = batchOf(
        lineOf(records([{ text: 'x'.repeat(payload), partitionKey: `customer-number-${i}` }]))
      )
      keys.push(made.at(0)?.partitionKey ?? '')
      made.release?.()
    }
    assert.equal(keys.length, 50)
    // One place for a long line stays: some 10 MB at most. The payloads alone are 66 MB.
    assert.ok(heapAfterCollection() - before < 20_000_000)
    assert.equal(new Set(keys).size, 50)
  })
})

const plainOf = (text: string): string => lineOf(records([{ text, partitionKey: 'key' }]))

const placeOf = ({ records: made }: Scan.Batch): unknown =>
  'line' in made && Buffer.isBuffer(made.line) ? made.line.buffer : null

const isCall = (value: unknown): value is () => void => typeof value === 'function'

const heapAfterCollection = (): number => {
  v8.setFlagsFromString('--expose-gc')
  const collect: unknown = vm.runInNewContext('gc')
  assert.ok(isCall(collect))
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
