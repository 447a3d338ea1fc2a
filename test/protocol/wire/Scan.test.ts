import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as v8 from 'node:v8'
import * as vm from 'node:vm'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import * as ActionCodec from '../../../src/protocol/wire/Action'
import * as Lines from '../../../src/protocol/wire/Lines'
import * as Programs from '../../../src/protocol/wire/scan/Programs'
import * as Scan from '../../../src/protocol/wire/Scan'
import * as Action from '../../../src/protocol/Action'
import type { KinesisRecord } from '../../../src/protocol/KinesisRecord'
import * as Record from '../../../src/protocol/KinesisRecord'
import * as KinesisRecords from '../../../src/protocol/KinesisRecords'
import { record, records } from '../../../src/testing'

const root = path.join(__dirname, '../../../..')

const SHARD = 'shardId-000000000000'

const lineOf = (list: ReadonlyArray<KinesisRecord>, millisBehindLatest: number | null = 0): string =>
  ActionCodec.encode(Action.processRecords(list, millisBehindLatest))

/** A record with its payload, which is not among its own properties, as text and as bytes. */
const fields = (one: KinesisRecord): object => ({
  ...one,
  text: E.toUnion(Record.text(one)),
  data: Buffer.from(one.data).toString('hex')
})

interface Batch {
  readonly records: ReadonlyArray<object>
  readonly millisBehindLatest: number | null
}

const understood = (line: Buffer, width?: number): Batch | null => {
  const batch = Scan.batch(SHARD, line, width)
  if (batch === null) return null
  const made = KinesisRecords.toArray(batch.records).map(fields)
  batch.records.release?.()
  return { records: made, millisBehindLatest: batch.millisBehindLatest }
}

/** The line put where it is understood as it lies, with something else behind it. */
const atHome = (line: Buffer | string): Buffer => {
  const bytes = Buffer.from(line)
  const place = Programs.ofHome()?.place(bytes.length + 100)
  assert.ok(place)
  place.fill('"', bytes.length, bytes.length + 100)
  place.set(bytes)
  return place.subarray(0, bytes.length)
}

/** What the scan gives, which is the same wherever the line is. */
const scanned = (line: Buffer | string, width?: number): Batch | null => {
  const batch = understood(Buffer.from(line), width)
  assert.deepEqual(understood(atHome(line)), batch)
  return batch
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

  it('gives the same whatever part of the line it looks at at a time', () => {
    const list = fc.array(anyRecord, { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(list, fc.integer({ min: 64, max: 3000 }), (made, width) => {
        const line = lineOf(made)
        assert.deepEqual(scanned(line, width), scanned(line))
      }),
      { numRuns: 300 }
    )
  })

  it('finds a changed byte whatever part of the line it looks at at a time', () => {
    const list = fc.array(anyRecord, { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(
        list,
        fc.integer({ min: 64, max: 500 }),
        fc.nat(),
        fc.nat({ max: 127 }),
        (made, width, at, byte) => {
          const line = Buffer.from(lineOf(made))
          line[at % line.length] = byte
          assert.deepEqual(scanned(line, width), scanned(line))
        }
      ),
      { numRuns: 2000 }
    )
  })

  it('takes a batch of more records than its notes have room for, and one whose names have none', () => {
    const many = lineOf(
      records(Array.from({ length: 5000 }, (_, i) => ({ text: `${i}`, partitionKey: `key ${i}` })))
    )
    assert.deepEqual(scanned(many), parsed(many))
    assert.notEqual(scanned(many), null)
    const long = lineOf(
      records(Array.from({ length: 30 }, (_, i) => ({ text: `${i}`, partitionKey: `${i}`.repeat(10_000) })))
    )
    assert.deepEqual(scanned(long), parsed(long))
    assert.notEqual(scanned(long), null)
    const few = lineOf(
      records(Array.from({ length: 12 }, (_, i) => ({ text: `${i}`, partitionKey: `${i}`.repeat(40_000) })))
    )
    assert.deepEqual(scanned(few), parsed(few))
    assert.notEqual(scanned(few), null)
    // The window is widened for the first one, and then has the names of all.
    const wide = lineOf(
      records([
        { text: 'x'.repeat(400_000), partitionKey: 'first' },
        ...Array.from({ length: 15 }, (_, i) => ({ text: `${i}`, partitionKey: `${i}`.repeat(30_000) }))
      ])
    )
    assert.deepEqual(scanned(wide), parsed(wide))
    assert.notEqual(scanned(wide), null)
  })

  it('takes a line that ends where its place in the memory of the scan does, or just before', () => {
    const place = Programs.ofHome()?.place(0)
    assert.ok(place)
    const length = lineOf(records([{ text: '', partitionKey: '' }])).length
    for (let short = 0; short < 40; short++) {
      const size: number = place.length - short - length
      const text = 'x'.repeat(Math.floor(size / 4) * 3)
      const line: Buffer = Buffer.from(lineOf(records([{ text, partitionKey: 'k'.repeat(size % 4) }])))
      assert.equal(line.length, place.length - short)
      assert.equal(Programs.ofHome()?.place(line.length), place)
      place.set(line)
      const batch = Scan.batch(SHARD, place.subarray(0, line.length))
      assert.equal(batch?.records.at(0)?.data.length, text.length)
      batch.records.release?.()
    }
  })

  it('takes keys beyond ASCII, one among many and each of many', () => {
    const names = ['clé', '鍵', '😀', 'plain', '\u2028', 'x'.repeat(30) + 'é', 'é' + 'x'.repeat(30), '']
    for (const count of [1, 8, 16, 17, 3000])
      for (const list of [names, ['key', 'key', ...Array.from({ length: 2500 }, () => 'key'), 'é']]) {
        const line = lineOf(
          records(
            Array.from({ length: count }, (_, i) => ({
              text: `${i}`,
              partitionKey: list[i % list.length] ?? ''
            }))
          )
        )
        assert.deepEqual(scanned(line), parsed(line))
        assert.notEqual(scanned(line), null)
      }
  })

  it('takes keys that are no UTF-8 as JSON.parse does: with U+FFFD', () => {
    for (const bytes of [
      [0xff],
      [0xc3],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
      [0xed, 0xa0, 0x80],
      [0x80, 0x80]
    ]) {
      const at = plain.indexOf('key"')
      const line = Buffer.concat([
        Buffer.from(plain.slice(0, at)),
        Buffer.from(bytes),
        Buffer.from(plain.slice(at))
      ])
      assert.deepEqual(scanned(line), parsed(line))
      assert.notEqual(scanned(line), null)
    }
  })

  it('takes a record that is larger than what it looks at at first, and leaves one of 13 MB to JSON.parse unless it is at home', () => {
    const of = (size: number): string =>
      lineOf(records([{ text: 'a' }, { text: 'x'.repeat(size) }, { text: 'b' }]))
    assert.deepEqual(scanned(of(1_000_000)), parsed(of(1_000_000)))
    assert.notEqual(scanned(of(1_000_000)), null)
    assert.equal(understood(Buffer.from(of(13_000_000))), null)
    const large = Scan.batch(SHARD, atHome(of(13_000_000)))
    assert.equal(large?.records.at(1)?.data.length, 13_000_000)
    assert.equal(large.records.at(2)?.partitionKey, 'pk-2')
    large.records.release?.()
  })

  const plain = lineOf(records([{ text: 'one', partitionKey: 'key' }]))
  for (const [what, line] of [
    ['white space', plain.replace(',"partitionKey"', ', "partitionKey"')],
    ['white space at its end', `${plain}\r`],
    ['another order', plain.replace(/("data":"[^"]*"),("partitionKey":"[^"]*")/, '$2,$1')],
    ['an unknown field', plain.replace(',"subSequenceNumber"', ',"encryption":"KMS","subSequenceNumber"')],
    ['an escape', plain.replace('"key"', '"k\\u0065y"')],
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
    const feed = (lines: Lines.Lines, text: string): Buffer => {
      const found: Array<Buffer> = []
      const bytes = Buffer.from(`${text}\n`)
      for (let at = 0; at < bytes.length; at += 65_536)
        lines.push(bytes.subarray(at, at + 65_536), (one) => found.push(one))
      const [only] = found
      assert.ok(only)
      return only
    }
    const lines = Lines.make()
    const first = feed(lines, line('a'))
    const batch = Scan.batch(SHARD, first)
    assert.ok(batch)
    const kept = KinesisRecords.toArray(batch.records)
    batch.records.release?.()
    const second = feed(lines, line('b'))
    assert.equal(second.buffer, first.buffer)
    assert.deepEqual(kept.map(fields), list('a').map(fields))
  })

  it('has a position that is known with those of its neighbours, before any of them is made', () => {
    const list = Array.from({ length: 40 }, (_, i) =>
      record({
        sequenceNumber: String(10n ** 20n + BigInt(i)),
        subSequenceNumber: i % 3,
        partitionKey: `k-${i}`
      })
    )
    const { records } = Scan.batch(SHARD, Buffer.from(lineOf(list))) ?? assert.fail()
    const room = 16
    for (const index of [0, 15, 16, 39, 3, 38]) {
      const into = new Float64Array(3 * room)
      const { text, first, count } = records.places?.(index, into) ?? assert.fail()
      assert.ok(first <= index && index < first + count)
      for (let i = 0; i < count; i++) {
        const [begin, end, subSequenceNumber] = into.subarray(3 * i)
        const { sequenceNumber, ...one } = list[first + i] ?? assert.fail()
        assert.equal(text.slice(begin, end), sequenceNumber)
        assert.equal(subSequenceNumber, one.subSequenceNumber)
      }
    }
    assert.equal(records.places?.(40, new Float64Array(3)), null)
    records.release?.()
    assert.equal(records.places?.(0, new Float64Array(3)), null)
  })

  it('has a position that is not known before it is made, where a key is not ASCII', () => {
    const list = [record({ partitionKey: 'a' }), record({ partitionKey: 'schlüssel' })]
    const { records } = Scan.batch(SHARD, Buffer.from(lineOf(list))) ?? assert.fail()
    assert.equal(records.places?.(0, new Float64Array(48)), null)
    records.release?.()
  })

  it('is not made of a line that was released', () => {
    const { records: made } = batchOf(plainOf('x'))
    made.release?.()
    assert.equal(made.at(0), undefined)
  })

  it('is the same in whatever order the records are asked for', () => {
    const list = records(
      Array.from({ length: 100 }, (_, i) => ({ text: 'x'.repeat(i * 7), partitionKey: `key-${i}` }))
    )
    const { records: made } = batchOf(lineOf(list))
    for (let i = 0; i < 1000; i++) {
      const index = (i * 37) % list.length
      const [one, other] = [made.at(index), list[index]]
      assert.ok(one && other)
      assert.deepEqual(fields(one), fields(other))
    }
  })

  it('has a key that keeps the names of some neighbours and no payload, however small it is', () => {
    const count = 20_000
    const { records: made } = batchOf(
      lineOf(
        records(
          Array.from({ length: count }, (_, i) => ({ text: 'x'.repeat(1000), partitionKey: `customer-${i}` }))
        )
      )
    )
    const before = heapAfterCollection()
    const keys: Array<string> = []
    for (let i = 0; i < count; i++) keys.push(made.at(i)?.partitionKey ?? '')
    // Each with its sequence number is 80 bytes, in a string of 16; the payloads are 27 MB.
    assert.ok(heapAfterCollection() - before < 4_000_000)
    assert.equal(new Set(keys).size, count)
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

describe('the assembly of the scan', () => {
  it('is what is in binary.ts', async () => {
    const { compile, target } = (await import(path.join(root, 'tools/build/scan.js'))) as {
      readonly compile: () => Promise<string>
      readonly target: string
    }
    const text = await compile()
    assert.equal(fs.readFileSync(target, 'utf8'), text, 'npm run build:scan writes it anew')
  })

  it('is not needed: where there is no WebAssembly the records are the same', () => {
    const script = `
      const { read } = require(process.argv[1] + '/protocol/wire/Action')
      const { toArray } = require(process.argv[1] + '/protocol/KinesisRecords')
      const { records, millisBehindLatest } = read('${SHARD}', Buffer.from(process.argv[2])).right
      console.log(JSON.stringify([typeof WebAssembly, Array.isArray(records), toArray(records), millisBehindLatest]))`
    const line = lineOf(records([{ text: 'one' }, { text: 'two', partitionKey: 'clé' }]), 5)
    const output = execFileSync(
      process.execPath,
      ['--jitless', '-e', script, path.join(root, '.build/src'), line],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }
    )
    const expected = parsed(line)
    const [kind, isArray, found, behind] = JSON.parse(output) as ReadonlyArray<unknown>
    assert.deepEqual([kind, isArray, behind], ['undefined', true, 5])
    assert.equal(Array.isArray(found) && found.length, expected?.records.length)
  })
})

const plainOf = (text: string): string => lineOf(records([{ text, partitionKey: 'key' }]))

const isCall = (value: unknown): value is () => void => typeof value === 'function'

const heapAfterCollection = (): number => {
  v8.setFlagsFromString('--expose-gc')
  const collect: unknown = vm.runInNewContext('gc')
  assert.ok(isCall(collect))
  // V8 frees buffers in another thread, and one collection waits for those of the one before.
  for (let times = 0; times < 3; times++) collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
