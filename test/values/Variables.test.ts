import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as E from 'fp-ts/Either'
import * as Variables from '../../src/values/Variables'

const ENV = { STREAM: 'orders', EMPTY: '', ODD: '${STREAM} $${X} :-' }

const all = (table: Readonly<Record<string, string>>): void =>
  assert.deepEqual(
    Object.fromEntries(
      Object.keys(table).map((text) => [text, E.toUnion(Variables.fill(text, ENV))] as const)
    ),
    table
  )

const NO_VARIABLE =
  'found ${ that begins no variable, expected ${NAME} or ${NAME:-default} ($${ stands for ${ itself)'

describe('a text', () => {
  it('has the values of its variables, which are not read again', () =>
    all({
      '${STREAM}': 'orders',
      'a-${STREAM}${STREAM}-b': 'a-ordersorders-b',
      '${EMPTY}': '',
      '${ODD}': '${STREAM} $${X} :-'
    }))

  it('has a default in place of a variable that is not set, or empty', () =>
    all({
      '${NONE:-orders}': 'orders',
      '${EMPTY:-orders}': 'orders',
      '${STREAM:-x}': 'orders',
      '${NONE:-}': '',
      '${NONE:-a:-b $c}': 'a:-b $c'
    }))

  it('has ${ itself for $${, and every other dollar as it is', () =>
    all({
      '$${STREAM}': '${STREAM}',
      'a$${b': 'a${b',
      $$: '$$',
      $STREAM: '$STREAM',
      '$(STREAM)': '$(STREAM)',
      '$}': '$}'
    }))

  it('is refused, and shows nothing but the names of its variables', () =>
    all({
      '${NONE} ${NONE} ${OTHER}':
        'the environment variable NONE is not set; the environment variable OTHER is not set',
      '${': NO_VARIABLE,
      '${STREAM': NO_VARIABLE,
      '${}': NO_VARIABLE,
      '${a b}': NO_VARIABLE,
      '${STREAM-x}': NO_VARIABLE,
      '${NONE:-${STREAM}}': NO_VARIABLE
    }))

  it('is what it was once each ${ in it is escaped', () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'A', ':', '-') }), (text) => {
        // Of several dollars before a brace the last one belongs to it.
        assert.deepEqual(
          Variables.fill(
            text.replaceAll('${', () => '$${'),
            {}
          ),
          E.right(text)
        )
      })
    ))
})
