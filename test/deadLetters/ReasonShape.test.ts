import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as ReasonShape from '../../src/deadLetters/ReasonShape'

const shapes = (...reasons: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set(reasons.map(ReasonShape.of))
]

describe('the shape of a reason', () => {
  it('is the reason without the data in it', () => {
    assert.deepEqual(
      shapes('total: expected number, found "12"', 'total: expected number, found "a \\"b\\""'),
      ['total: expected number, found ".."']
    )
    assert.deepEqual(shapes('total: expected string, found {"a":1}', 'total: expected string, found {}'), [
      'total: expected string, found ..'
    ])
    assert.deepEqual(
      shapes(
        'items.0.price: expected number, found nothing',
        'items.17.price: expected number, found nothing'
      ),
      ['items.n.price: expected number, found nothing']
    )
    assert.deepEqual(shapes('too large: 951.31', 'too large: -2e9', 'too large: 7'), ['too large: ..'])
    assert.deepEqual(
      shapes(
        'no customer 8c1b2a4e-0f6d-4c3b-9a51-6f0c2f1e7a90',
        'no customer 0A1B2A4E-0F6D-4C3B-9A51-6F0C2F1E7A90',
        'no customer 65f1a0c2b7e4'
      ),
      ['no customer ..']
    )
  })

  it('is one for what JSON.parse says of lines that are not JSON', () => {
    const said = ['o-2,c-1,3', 'q', '<html>', '{"a": x, "b": 17}'].map((text) => {
      try {
        return String(JSON.parse(text))
      } catch (problem) {
        return String(problem)
      }
    })
    assert.deepEqual(shapes(...said), ['SyntaxError: Unexpected token \'..\', ".." is not valid JSON'])
  })

  it('keeps the status of an answer, words with digits, and apostrophes', () => {
    const text = "sink orders: the server answered 503: it isn't there"
    assert.equal(ReasonShape.of(text), text)
    assert.deepEqual(
      shapes(
        'not delivered within 300017 ms; the server answered 401',
        'HTTP/1.1 502 of utf8',
        'status code: 404 for 7'
      ),
      [
        'not delivered within .. ms; the server answered 401',
        'HTTP/1.1 502 of utf8',
        'status code: 404 for ..'
      ]
    )
  })

  it('of a hostile text takes no time', () => {
    for (const part of ['"', "'", 'found {', '1.', 'a0', '\\"', 'status ', '.1.'])
      assert.equal(typeof ReasonShape.of(part.repeat(1_000_000)), 'string')
  })
})
