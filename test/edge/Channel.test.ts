import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import * as Channel from '../../src/edge/Channel'
import type { Listener } from '../../src/edge/Reader'

/** A channel whose input the test feeds: what the speaker hears and what the process sees, in order. */
const opened = (write: (text: string) => void = () => undefined) => {
  const seen: Array<string> = []
  const note =
    (what: string) =>
    (value: unknown = ''): void =>
      void seen.push(`${what} ${String(value)}`.trim())
  let listener: Listener | undefined
  let world: Channel.World | undefined
  const speaker = {
    line: (line: Buffer) => note('line')(line.toString()),
    end: note('end'),
    broken: note('broken')
  }
  const channel = Channel.open(
    {
      input: {
        listen: (given) => {
          listener = given
        },
        pause: () => undefined,
        resume: () => undefined,
        close: note('closed')
      },
      write,
      awaits: (one) => (one === speaker ? 'bytes' : 'else'),
      onRead: note('read'),
      onExit: note('exit')
    },
    (given) => {
      world = given
      return speaker
    }
  )
  assert.ok(listener !== undefined && world !== undefined)
  return { seen, channel, listener, world }
}

describe('a channel', () => {
  it('gives each line once it is whole, and says so after each chunk', () => {
    const { seen, channel, listener } = opened()
    listener.chunk(Buffer.from('{"a":1}\n{"b"'))
    assert.equal(channel.pending(), 4)
    listener.chunk(Buffer.from(':2}\n'))
    assert.equal(channel.pending(), 0)
    assert.deepEqual(seen, ['line {"a":1}', 'read', 'line {"b":2}', 'read'])
  })

  it('takes bytes that were put where it said', () => {
    const { seen, channel, listener } = opened()
    const { into } = listener
    assert.ok(into !== undefined)
    for (const text of ['{"a"', ':1}\n{']) {
      const { place, from } = into.space()
      into.filled(place.write(text, from))
    }
    assert.deepEqual(seen, ['read', 'line {"a":1}', 'read'])
    assert.equal(channel.pending(), 1)
  })

  it('says once that nothing comes any more, with the bytes of the line that is not whole', () => {
    const { seen, listener } = opened()
    listener.chunk(Buffer.from('half'))
    listener.end()
    listener.end()
    assert.deepEqual(seen, ['read', 'end 4'])
  })

  it('is broken where the input cannot be read', () => {
    const { seen, listener } = opened()
    listener.broken(new Error('EIO: i/o error'))
    assert.deepEqual(seen, ['broken stdin cannot be read: EIO: i/o error'])
  })

  it('is broken where the daemon no longer reads, and the speaker goes on', () => {
    const said: Array<string> = []
    const { seen, world } = opened((text) => {
      if (said.push(text) > 1) throw new Error('EPIPE: broken pipe')
    })
    world.write('one\n')
    world.write('two\n')
    assert.deepEqual(said, ['one\n', 'two\n'])
    assert.deepEqual(seen, ['broken the daemon no longer reads our replies: Error: EPIPE: broken pipe'])
  })

  it('asks what the speaker awaits', () => assert.equal(opened().listener.awaits(), 'bytes'))

  it('has one alarm: the last one that was set', (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { seen, world } = opened()
    world.wait(world.now() + 1000, () => void seen.push('first'))
    world.wait(world.now() + 1000, () => void seen.push('second'))
    t.mock.timers.tick(1001)
    assert.deepEqual(seen, ['second'])
  })

  it('leaves with the alarm cancelled and the input closed', (t: TestContext) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { seen, world } = opened()
    world.wait(world.now() + 1000, () => void seen.push('alarm'))
    world.exit(3)
    t.mock.timers.tick(1001)
    assert.deepEqual(seen, ['closed', 'exit 3'])
  })
})
