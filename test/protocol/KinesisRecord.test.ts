import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import * as KinesisRecord from '../../src/protocol/KinesisRecord'
import { record } from '../../src/testing/Records'

const of = (bytes: Uint8Array | string): KinesisRecord.KinesisRecord =>
  typeof bytes === 'string' ? record({ text: bytes }) : record({ data: bytes })

describe('KinesisRecord', () => {
  it('decodes its data once, when first asked', () => {
    const made = of('héllo')
    assert.deepStrictEqual(Buffer.from(made.data).toString(), 'héllo')
    assert.equal(made.data, made.data)
  })

  it('gives its data as text by toString(), in UTF-8 or another encoding', () => {
    const { data } = of('héllo')
    assert.deepStrictEqual(
      [data.toString(), data.toString('hex'), data.toString('base64'), data.toString('latin1')],
      ['héllo', '68c3a96c6c6f', 'aMOpbGxv', 'hÃ©llo']
    )
  })

  it('keeps the payload as it came, whatever a handler does to the bytes', () => {
    const made = of('abc')
    made.data.fill(0)
    assert.equal(made.base64, 'YWJj')
  })

  it('carries the fields that it was made of', () => {
    const fields = {
      shardId: 's',
      sequenceNumber: '12',
      subSequenceNumber: 3,
      partitionKey: 'k',
      approximateArrivalTimestamp: null,
      base64: ''
    }
    assert.deepStrictEqual({ ...KinesisRecord.make(fields) }, fields)
  })

  it('gives UTF-8 text, U+FFFD and a byte order mark included', () => {
    const texts = ['', 'ünï \u2028 😀', 'a \ufffd b', '\ufeffx', '\ufeff\ufffd']
    assert.deepStrictEqual(
      texts.map((text) => KinesisRecord.text(of(text))),
      texts.map((text) => E.right(text))
    )
  })

  it('gives the text of payloads of any length, ASCII and not', () => {
    const letters = fc.oneof(fc.string({ maxLength: 700 }), fc.string({ unit: 'binary', maxLength: 700 }))
    fc.assert(
      fc.property(letters, (text) =>
        assert.deepStrictEqual(
          KinesisRecord.text(of(Buffer.from(text))),
          E.right(Buffer.from(text).toString())
        )
      )
    )
  })

  for (const base64 of [
    'YQ',
    'YQ=',
    'Y',
    '=',
    '====',
    'YQ==YQ==',
    'Y=Q=',
    'YR==',
    '-_-_',
    'Y WI',
    'YWI=YWJj',
    '*',
    'é'
  ])
    it(`reads a base64 that the daemon never writes, ${base64}, as Node's buffers do`, () => {
      const made = KinesisRecord.make({ ...of(''), base64 })
      const bytes = Buffer.from(base64, 'base64')
      const text = bytes.toString()
      assert.deepStrictEqual(
        KinesisRecord.text(made),
        text.includes('\ufffd') ? E.left(new Error('the data is not UTF-8 text')) : E.right(text)
      )
      assert.deepStrictEqual(Buffer.from(made.data), bytes)
    })

  it('replaces nothing in silence where the bytes are not UTF-8', () => {
    const broken = [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0x61, 0xf0, 0x9f, 0x98]]
    assert.deepStrictEqual(
      broken.map((bytes) => KinesisRecord.text(of(Uint8Array.from(bytes)))),
      broken.map(() => E.left(new Error('the data is not UTF-8 text')))
    )
  })

  it('gives JSON', () => {
    assert.deepStrictEqual(KinesisRecord.json(of('{"a":[1,null]}')), E.right({ a: [1, null] }))
  })

  it("says in the parser's words why it is not JSON", () => {
    const result = KinesisRecord.json(of('{'))
    assert.ok(E.isLeft(result))
    assert.match(result.left.message, /^the data is not JSON: .+/)
  })

  it('is not JSON when it is not text', () => {
    assert.deepStrictEqual(
      KinesisRecord.json(of(Uint8Array.of(0xff))),
      E.left(new Error('the data is not UTF-8 text'))
    )
  })
})
