import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { explain, found } from '../../../src/protocol/wire/Explain'

const explained = (codec: t.Mixed, value: unknown): ReadonlyArray<string> =>
  pipe(
    codec.decode(value),
    E.match(explain, () => ['it decodes'])
  )

const Order = t.type(
  {
    id: t.string,
    lines: t.array(t.type({ total: t.number }, 'a line'), 'lines'),
    note: t.union([t.string, t.null])
  },
  'an order'
)

describe('Explain', () => {
  it('says where, what was expected and what was found', () =>
    assert.deepEqual(explained(Order, { id: 7, lines: [], note: null }), ['id: expected string, found 7']))

  it('names the place in lists and objects', () =>
    assert.deepEqual(explained(Order, { id: 'o', lines: [{ total: 1 }, { total: '2' }], note: null }), [
      'lines[1].total: expected number, found "2"'
    ]))

  it('makes one sentence of the alternatives of a union', () =>
    assert.deepEqual(explained(Order, { id: 'o', lines: [], note: 3 }), [
      'note: expected string or null, found 3'
    ]))

  it('reports all that is wrong', () =>
    assert.deepEqual(explained(Order, { lines: {} }), [
      'id: expected string, found nothing',
      'lines: expected lines, found {}',
      'note: expected string or null, found nothing'
    ]))

  it('has no place for the whole value', () =>
    assert.deepEqual(explained(Order, 'text'), ['expected an order, found "text"']))

  it('looks through intersections', () =>
    assert.deepEqual(
      explained(t.intersection([t.type({ a: t.string }, 'A'), t.type({ b: t.number }, 'B')], 'both'), {
        a: 1,
        b: 2
      }),
      ['a: expected string, found 1']
    ))

  it('shows values as JSON, cut at 60 characters', () => {
    assert.equal(found('x'.repeat(100)), `"${'x'.repeat(56)}...`)
    assert.equal(found({ a: [1, null] }), '{"a":[1,null]}')
  })

  it('shows what JSON has no words for', () => {
    assert.equal(found(undefined), 'nothing')
    assert.equal(found(12n), '12n')
    assert.equal(found(Symbol('s')), 'symbol')
    assert.equal(
      found(() => 1),
      'a function'
    )
  })

  it('shows an object that refers to itself', () => {
    const round: Record<string, unknown> = {}
    round['self'] = round
    assert.equal(found(round), 'an object that cannot be shown')
  })
})
