import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Shorthand from '../../src/testing/Shorthand'

const BASE = '49680482952675905484497506667795429275255630187812881000'

const wire = (
  sequenceNumber: string,
  subSequenceNumber: number,
  partitionKey: string,
  data: string
): string =>
  `{"data":"${data}","partitionKey":"${partitionKey}","sequenceNumber":"${sequenceNumber}",` +
  `"approximateArrivalTimestamp":${1795415467625 + Number(sequenceNumber.slice(-2))},` +
  `"subSequenceNumber":${subSequenceNumber},"action":"record"}`

const batch = (...records: ReadonlyArray<string>): string =>
  `> {"action":"processRecords","records":[${records.join(',')}],"millisBehindLatest":0}`

const number = (n: number): string => `${BigInt(BASE) + BigInt(n)}`

const N1 = 'eyJuIjoxfQ=='

/** Pairs of a short line and the bytes that it stands for. */
const PAIRS: ReadonlyArray<readonly [string, string]> = [
  [
    '> records #1 ack, #2-4 throw',
    batch(
      wire(number(1), 0, 'ack', N1),
      wire(number(2), 0, 'throw', N1),
      wire(number(3), 0, 'throw', N1),
      wire(number(4), 0, 'throw', N1)
    )
  ],
  [
    '> records #1 reject later {"n":2}, #1/1-2 k, #2 k =/w==',
    batch(
      wire(number(1), 0, 'reject later', 'eyJuIjoyfQ=='),
      wire(number(1), 1, 'k', N1),
      wire(number(1), 2, 'k', N1),
      wire(number(2), 0, 'k', '/w==')
    )
  ],
  ['> records #7/0-1 k', batch(wire(number(7), 0, 'k', N1), wire(number(7), 1, 'k', N1))],
  ['@ handled #12/3', `@ handled ${number(12)}/3`],
  [
    '< {"action":"checkpoint","sequenceNumber":"#999","subSequenceNumber":0}',
    `< {"action":"checkpoint","sequenceNumber":"${number(999)}","subSequenceNumber":0}`
  ]
]

describe('the short forms of a transcript', () => {
  const { expand, shorten } = Shorthand.make(BASE)

  it('stand for the bytes, and the bytes are written in short forms', () =>
    assert.deepEqual(
      PAIRS.map(([short, bytes]) => [expand(short), shorten(bytes)]),
      PAIRS.map(([short, bytes]) => [bytes, short])
    ))

  it('need no header for numbers as they are, however long', () => {
    const plain = Shorthand.make(undefined)
    const bytes = batch(wire(number(1), 0, 'k', N1), wire(number(2), 0, 'k', N1))
    assert.equal(plain.expand(`> records ${number(1)}-${number(2)} k`), bytes)
    assert.equal(plain.shorten(bytes), `> records ${number(1)}-${number(2)} k`)
    assert.equal(plain.expand('@ output orders "#1"'), '@ output orders "#1"')
  })

  it('are not used for what they would change', () => {
    const kept = [
      '> {"action":"processRecords","records":[],"millisBehindLatest":0}',
      '> {"action":"processRecords","records":[',
      batch(wire(number(1), 0, 'k', N1)).replace('"millisBehindLatest":0', '"millisBehindLatest":1'),
      batch(wire(number(1), 0, 'k, 2 a', N1)).replace(number(1), '7'),
      `@ output orders "#1 of ${number(1)}"`,
      '> records of the past'
    ]
    assert.deepEqual(
      kept.map((line) => expand(shorten(line))),
      kept.map((line) => expand(line))
    )
  })

  it('give back each line that was shortened', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.integer({ min: 1, max: 12 }),
            fc.nat({ max: 3 }),
            fc.constantFrom('k', 'ack', 'reject later', 'a, 2 b', '#3 c', ' '),
            fc.constantFrom(N1, 'eyJuIjoyfQ==', '', '***')
          ),
          { minLength: 1, maxLength: 6 }
        ),
        (records) => {
          const line = batch(...records.map(([n, ...rest]) => wire(number(n), ...rest)))
          // A mark in a partition key stands for a number, too.
          if (!line.includes('#')) assert.equal(expand(shorten(line)), line)
        }
      )
    ))
})
