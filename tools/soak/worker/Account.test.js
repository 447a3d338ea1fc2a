'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Account = require('./Account')

const at = (shard, ...numbers) => numbers.map((seq) => ({ shard, seq: String(seq) }))
const put = [...at('a', 1, 2, 3), ...at('b', 4, 5)]

describe('the account of a worker', () => {
  it('has nothing to say when all that is covered was seen, in order, some of it twice', () =>
    assert.deepEqual(
      Account.problems({
        put,
        seen: [...at('a', 1, 2), ...at('b', 4), ...at('a', 2, 3)],
        positions: { a: '3/0', b: 'TRIM_HORIZON/0' }
      }),
      []
    ))

  it('finds a checkpoint above a record that was not seen', () =>
    assert.deepEqual(Account.problems({ put, seen: at('a', 1, 3), positions: { a: '3/0' } }), [
      'a: 2 was never seen, and the checkpoint is 3'
    ]))

  it('finds a record that is first seen after a later one', () =>
    assert.deepEqual(Account.problems({ put, seen: at('a', 1, 3, 2), positions: {} }), [
      'a: 2 was first seen after 3'
    ]))
})
