/** Payloads that are no JSON because of what a producer did to them: the reason names it. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import * as E from 'fp-ts/Either'
import { json, text } from '../../src/protocol/KinesisRecord'
import { record } from '../../src/testing'

const order = '{"id":"o-1"}'
const wide = Buffer.from(order, 'utf16le')
const of = (...bytes: ReadonlyArray<number>): Buffer => Buffer.from([...bytes, 0xff, 0x80])

const reasonOf = (read: E.Either<Error, unknown>): string =>
  E.isLeft(read) ? read.left.message : assert.fail('it was read')

describe('a payload that begins', () => {
  const cases: ReadonlyArray<readonly [string, Uint8Array, string]> = [
    [
      'with a byte order mark',
      Buffer.from(`\ufeff${order}`),
      'the data is not JSON: it begins with a UTF-8 byte order mark (EF BB BF)'
    ],
    ['as gzip', gzipSync(order), 'the data is not UTF-8 text: it begins as gzip data (1F 8B) does'],
    ['as zlib', deflateSync(order), 'the data is not UTF-8 text: it begins as zlib data (78 9C) does'],
    [
      'as Zstandard',
      of(0x28, 0xb5, 0x2f, 0xfd),
      'the data is not UTF-8 text: it begins as Zstandard data (28 B5 2F FD) does'
    ],
    [
      'as Snappy',
      of(0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59),
      'the data is not UTF-8 text: it begins as Snappy data (FF 06 00 00 73 4E 61 50 70 59) does'
    ],
    [
      'as the KPL aggregates',
      of(0xf3, 0x89, 0x9a, 0xc2),
      'the data is not UTF-8 text: it begins as a record that the KPL aggregated (F3 89 9A C2) does'
    ],
    [
      'as UTF-16, little end first',
      Buffer.concat([of(0xff, 0xfe).subarray(0, 2), wide]),
      'the data is not UTF-8 text: it begins as UTF-16 text with a byte order mark (FF FE) does'
    ],
    [
      'as UTF-16, big end first',
      Buffer.concat([of(0xfe, 0xff).subarray(0, 2), Buffer.from(wide).swap16()]),
      'the data is not UTF-8 text: it begins as UTF-16 text with a byte order mark (FE FF) does'
    ],
    [
      'as UTF-16 without a mark',
      wide,
      'the data is not JSON: it begins as UTF-16 text (every second byte is 00) does'
    ],
    ['as nothing that is known', Buffer.from([0x22, 0xc3, 0x28]), 'the data is not UTF-8 text'],
    [
      'as brotli, which has no signature',
      brotliCompressSync(order),
      reasonOf(json(record({ data: brotliCompressSync(order) })))
    ]
  ]
  for (const [what, data, reason] of cases)
    it(what, () => assert.equal(reasonOf(json(record({ data }))), reason))

  it('with a byte order mark is text with it: nothing is taken away in silence', () =>
    assert.deepEqual(text(record({ text: `\ufeff${order}` })), E.right(`\ufeff${order}`)))

  it('as compressed data does, and is JSON all the same, is read', () => {
    assert.deepEqual(json(record({ text: '"BZh"' })), E.right('BZh'))
    assert.deepEqual(text(record({ text: 'PAR1 and more' })), E.right('PAR1 and more'))
  })
})
