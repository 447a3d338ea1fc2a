import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Memory from '../../src/host/Memory'
import { batch, withHost } from './Rig'
import { ACK, status } from '../system/process/Child'
import * as ActionCodec from '../../src/protocol/wire/Action'

interface Stream extends Memory.Source {
  readonly account: Memory.Account
  isPaused: boolean
}

const streams = (memory: Memory.Memory, count: number): ReadonlyArray<Stream> =>
  Array.from({ length: count }, () => {
    const stream = {
      isPaused: false,
      pause: () => {
        stream.isPaused = true
      },
      resume: () => {
        stream.isPaused = false
      }
    }
    return Object.assign(stream, { account: memory.open(stream) })
  })

const paused = (all: ReadonlyArray<Stream>): ReadonlyArray<boolean> => all.map(({ isPaused }) => isPaused)

/** Three streams under a bound of 100 bytes. */
const three = (): readonly [Memory.Memory, ReadonlyArray<Stream>, Stream, Stream, Stream] => {
  const memory = Memory.make(100)
  const all = streams(memory, 3)
  const [a, b, c] = all
  return a === undefined || b === undefined || c === undefined ? assert.fail() : [memory, all, a, b, c]
}

describe('the bound on unfinished lines', () => {
  it('holds up no shard below it', () => {
    const [memory, all, a, b] = three()
    a.account.hold(50)
    b.account.hold(50)
    assert.deepEqual([memory.held(), paused(all)], [100, [false, false, false]])
  })

  it('holds up a shard that holds a part of a line beyond it, but for the line that began first', () => {
    const [memory, all, a, b, c] = three()
    a.account.hold(50)
    b.account.hold(51)
    c.account.hold(1)
    a.account.hold(500)
    assert.deepEqual([memory.held(), paused(all)], [552, [false, true, true]])
  })

  it('never holds up a stream without a part of a line: an answer to a checkpoint is short', () => {
    const [, all, a, b, c] = three()
    a.account.hold(200)
    b.account.hold(0)
    c.account.hold(1)
    assert.deepEqual(paused(all), [false, false, true])
  })

  it('lets the next line go on when the first has ended, and all when there is room', () => {
    const [memory, all, a, b, c] = three()
    a.account.hold(50)
    b.account.hold(101)
    c.account.hold(10)
    assert.deepEqual(paused(all), [false, true, true])
    a.account.hold(0)
    assert.deepEqual([memory.held(), paused(all)], [111, [false, false, true]])
    b.account.hold(0)
    assert.deepEqual([memory.held(), paused(all)], [10, [false, false, false]])
  })

  it('gives back what a stream held that is over', () => {
    const [memory, all, a, b] = three()
    a.account.hold(90)
    b.account.hold(90)
    a.account.close()
    assert.deepEqual([memory.held(), paused(all)], [90, [false, false, false]])
  })
})

it('lines of many shards together, far beyond the bound, all come to their end', () =>
  withHost(ACK, { memory: 100_000 }, async ({ shard, host, status: seen }) => {
    const children = await Promise.all(Array.from({ length: 8 }, (_, index) => shard(index)))
    const line = `${ActionCodec.encode(batch([{ data: Buffer.alloc(1_000_000, 'x') }]))}\n`
    // Each has begun its line: only the first of them is read to its end.
    for (const child of children) child.send(line.slice(0, -1))
    await seen((shards) => shards.every(({ pending }) => pending > 0))
    const held = host.shards().reduce((sum, { pending }) => sum + pending, 0)
    assert.ok(held < 3_000_000, `${held} bytes are held`)
    for (const child of children) child.send('\n')
    for (const child of children) assert.equal(await child.reply(), status('processRecords'))
    await Promise.all(children.map((child) => child.end()))
  }))
