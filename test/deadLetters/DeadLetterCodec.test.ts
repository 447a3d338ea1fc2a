import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as E from 'fp-ts/Either'
import * as Codec from '../../src/deadLetters/DeadLetterCodec'
import type { DeadLetter } from '../../src/core/DeadLetter'

const letter: DeadLetter = {
  shardId: 'shardId-000000000001',
  sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
  subSequenceNumber: 2,
  partitionKey: 'Zürich',
  approximateArrivalTimestamp: 1700000000000,
  data: 'e30=',
  reason: 'total: expected number, found nothing',
  error: { name: 'TypeError', message: 'no total', stack: 'TypeError: no total\n    at handler.js:3:5' },
  handlerVersion: '1.4.0',
  time: 1700000000123
}

const rejected: DeadLetter = {
  ...letter,
  approximateArrivalTimestamp: null,
  error: null,
  handlerVersion: null
}

const line = Codec.encode(letter)

/** Any UTF-16 code unit: halves of surrogate pairs, U+2028, NUL and newlines among them. */
const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) })

const anyLetter: fc.Arbitrary<DeadLetter> = fc.record(
  {
    shardId: anyText,
    sequenceNumber: fc.bigInt(0n, 2n ** 192n).map(String),
    subSequenceNumber: fc.nat(),
    partitionKey: anyText,
    approximateArrivalTimestamp: fc.option(fc.nat(8.64e15)),
    data: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
    reason: anyText,
    error: fc.option(
      fc.record({ name: anyText, message: anyText, stack: fc.option(anyText) }, { noNullPrototype: true })
    ),
    handlerVersion: fc.option(anyText),
    time: fc.nat(8.64e15)
  },
  { noNullPrototype: true }
)

/** Cuts bytes at the given places, wherever they fall. */
const cut = (bytes: Buffer, places: ReadonlyArray<number>): ReadonlyArray<Buffer> => {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

/** The words of JSON.parse differ from one Node to the next. */
const notJson = (text: string): string => {
  try {
    JSON.parse(text)
  } catch (problem) {
    return `not JSON: ${E.toError(problem).message}`
  }
  throw new Error(`this is JSON: ${text}`)
}

describe('a dead letter', () => {
  it('is one line with its keys in a fixed order', () =>
    assert.equal(
      line,
      '{"shardId":"shardId-000000000001",' +
        '"sequenceNumber":"49590338271490256608559692538361571095921575989136588898","subSequenceNumber":2,' +
        '"partitionKey":"Zürich","approximateArrivalTimestamp":1700000000000,"data":"e30=",' +
        '"reason":"total: expected number, found nothing",' +
        '"error":{"name":"TypeError","message":"no total","stack":"TypeError: no total\\n    at handler.js:3:5"},' +
        '"handlerVersion":"1.4.0","time":1700000000123}\n'
    ))

  it('has the same keys, with null, when nothing is known', () =>
    assert.match(
      Codec.encode(rejected),
      /"approximateArrivalTimestamp":null,.*"error":null,"handlerVersion":null,"time":1700000000123}\n$/
    ))

  it('has its keys in that order whatever the order of the value', () => {
    const { shardId, ...others } = letter
    assert.equal(Codec.encode({ ...others, shardId }), line)
  })

  it('reports whole milliseconds of a finer clock', () =>
    assert.equal(Codec.encode({ ...letter, time: letter.time + 0.75 }), line))

  it('comes back as it was, whatever its texts hold', () =>
    fc.assert(
      fc.property(anyLetter, (any) => {
        const bytes = Buffer.from(Codec.encode(any))
        assert.deepEqual(Codec.decode(bytes.toString('utf8')), E.right(any))
        assert.equal(bytes.indexOf('\n'), bytes.length - 1)
      })
    ))

  it('keeps to one line for readers that also split on U+0085, U+2028 and U+2029', () => {
    const odd = { ...letter, partitionKey: 'a\u0085b\u2028c\u2029d\r\v\f' }
    assert.match(Codec.encode(odd), /"partitionKey":"a\\u0085b\\u2028c\\u2029d\\r\\u000b\\f"/)
    assert.deepEqual(Codec.decode(Codec.encode(odd)), E.right(odd))
  })

  it('of a newer version is read without the keys we do not know', () =>
    assert.deepEqual(Codec.decode(line.replace('{', '{"sink":"orders",')), E.right(letter)))

  it('with wrong keys reports each of them', () =>
    assert.deepEqual(
      Codec.decode('{"shardId":"s","sequenceNumber":"LATEST","subSequenceNumber":-1,"error":{"name":"E"}}'),
      E.left(
        'sequenceNumber: expected a sequence number of decimal digits, found "LATEST"; ' +
          'subSequenceNumber: expected a whole number of 0 or more, found -1; ' +
          'partitionKey: expected text, found nothing; data: expected text, found nothing; ' +
          'reason: expected text, found nothing; error: expected a failure or null, found {"name":"E"}; ' +
          'time: expected a number of milliseconds, found nothing'
      )
    ))

  it('may be in the wrapping of a sink that has `ids: true`', () => {
    const wrapped = (id: string): string => JSON.stringify({ id, key: 'Zürich', value: letter })
    assert.deepEqual(Codec.decode(wrapped('shardId-000000000001:4959:2:dead-letter')), E.right(letter))
    assert.ok(E.isLeft(Codec.decode(wrapped('shardId-000000000001:4959:2:0'))), 'an output is no letter')
  })

  it('is an object', () => assert.deepEqual(Codec.decode('[]'), E.left('expected a dead letter, found []')))
})

describe('a file of dead letters', () => {
  it('gives its letters in order, however its bytes arrive', () =>
    fc.assert(
      fc.property(fc.array(anyLetter), fc.array(fc.nat()), (letters, places) => {
        const bytes = Buffer.from(letters.map(Codec.encode).join(''))
        const expected = letters.map((any) => E.right(any))
        assert.deepEqual([...Codec.readChunks(cut(bytes, places))], expected)
        assert.deepEqual(Codec.read(bytes), expected)
      })
    ))

  it('gives each letter before it asks for more bytes, so that any size will do', () => {
    const asked: Array<string> = []
    function* chunks(): Generator<Buffer> {
      for (const name of ['first', 'second', 'third']) {
        asked.push(name)
        yield Buffer.from(line + line.slice(0, 9))
        yield Buffer.from(line.slice(9))
      }
    }
    assert.deepEqual(
      Array.from(Codec.readChunks(chunks()), (each) => [E.isRight(each), asked.length]),
      [1, 1, 2, 2, 3, 3].map((count) => [true, count])
    )
  })

  it('that is empty has no letters', () => assert.deepEqual(Codec.read(new Uint8Array()), []))

  it('reports a line that a crash has cut, by its number', () => {
    const torn = line.slice(0, 30)
    assert.deepEqual(Codec.read(Buffer.from(`${line}${torn}\n${line}`)), [
      E.right(letter),
      E.left({ line: 2, excerpt: '"{\\"shardId\\":\\"shardId-0000000000"', reason: notJson(torn) }),
      E.right(letter)
    ])
  })

  it('reports a torn line at its end, and keeps a whole one that only lacks its newline', () => {
    const torn = line.slice(0, 12)
    assert.deepEqual(Codec.read(Buffer.from(line + torn)), [
      E.right(letter),
      E.left({ line: 2, excerpt: '"{\\"shardId\\":\\""', reason: notJson(torn) })
    ])
    assert.deepEqual(Codec.read(Buffer.from(line.trimEnd())), [E.right(letter)])
  })

  it('reports bytes that are no UTF-8 instead of replacing them', () => {
    const flipped = Buffer.from(line)
    flipped[line.indexOf('Z') + 1] = 0xff
    assert.deepEqual(Codec.read(flipped), [
      E.left({
        line: 1,
        excerpt: '"{\\"shardId\\":\\"shardId-000000000001\\",\\"sequenceNumber\\"...',
        reason: 'not UTF-8 text'
      })
    ])
  })

  it('may have empty lines and carriage returns, which are nothing', () =>
    assert.deepEqual(Codec.read(Buffer.from(`\n${line}\r\n \n${line.trimEnd()}\r\n`)), [
      E.right(letter),
      E.right(letter)
    ]))

  it('never loses a line: cut anywhere, the rest of it is reported and the next letter is whole', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: line.length - 2 }), (size) => {
        const bytes = Buffer.from(line).subarray(0, size)
        const read = [...Codec.readChunks([bytes, Buffer.from(`\n${line}`)])]
        assert.deepEqual(
          read.map((each) => (E.isLeft(each) ? each.left.line : each.right)),
          [1, letter]
        )
      })
    ))
})
