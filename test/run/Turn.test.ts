import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Clock from '../../src/run/Clock'
import * as Turn from '../../src/run/Turn'
import { BREATH } from '../../src/run/Interpreter'

/** Works for longer than a turn may take. */
const work = (): void => {
  const until = Clock.monotonic() + BREATH + 1
  while (Clock.monotonic() < until);
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}

describe('the turns of the event loop', () => {
  it('give each of several busy shards a turn before one of them has the next', async () => {
    const order: Array<string> = []
    const shard = (name: string, pieces: number): void => {
      order.push(name)
      work()
      if (pieces > 1) Turn.soon(() => shard(name, pieces - 1))
    }
    for (const name of ['a', 'b', 'c']) Turn.soon(() => shard(name, 2))
    await turns(12)
    assert.deepEqual(order, ['a', 'b', 'c', 'a', 'b', 'c'])
  })

  it('let others in after one piece of work that takes long, and take several short ones together', async () => {
    const order: Array<string> = []
    const note = (name: string) => (): void => void order.push(name)
    Turn.soon(() => {
      order.push('long')
      work()
    })
    for (const name of ['short', 'shorter']) Turn.soon(note(name))
    await turns(1)
    assert.deepEqual(order, ['long'])
    await turns(1)
    assert.deepEqual(order, ['long', 'short', 'shorter'])
  })

  it('may be taken for a part of the next one, where short work began them, for a millisecond', async () => {
    await turns(2)
    assert.equal(Turn.since(1, true), 1)
    assert.equal(Turn.since(1.9, true), 1)
    assert.equal(Turn.since(50, true), 50)
    assert.equal(Turn.since(99, true), 50)
    await turns(2)
    assert.equal(Turn.since(200, true), 200)
    assert.equal(Turn.since(200.5), 200)
    assert.equal(Turn.since(300), 200)
    await turns(2)
    assert.equal(Turn.since(400), 400)
    await turns(2)
  })

  it('count from the first work, whatever microtasks follow it, until the loop has turned', async () => {
    await turns(2)
    const began = Turn.since(1)
    assert.equal(began, 1)
    await Promise.resolve()
    assert.equal(Turn.since(500), 1)
    await turns(2)
    assert.equal(Turn.since(700), 700)
    Turn.renew()
    assert.equal(Turn.since(900), 900)
    await turns(2)
  })
})
