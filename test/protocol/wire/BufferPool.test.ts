import * as assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import * as Lines from '../../../src/protocol/wire/Lines'
import * as BufferPool from '../../../src/protocol/wire/BufferPool'

const CHUNK = 65_536

/** The only line of these bytes, whose chunks are copied. */
const pushed = (text: string): Buffer => {
  const seen: Array<Buffer> = []
  const lines = Lines.make()
  const bytes = Buffer.from(`${text}\n`)
  for (let at = 0; at < bytes.length; at += CHUNK)
    lines.push(bytes.subarray(at, at + CHUNK), (line) => seen.push(line))
  const [line] = seen
  assert.ok(line)
  return line
}

/** The same of bytes that are put where the line is to be. */
const filled = (text: string): Buffer => {
  const seen: Array<Buffer> = []
  const lines = Lines.make(BufferPool.takeHome)
  const bytes = Buffer.from(`${text}\n`)
  for (let at = 0; at < bytes.length; at += CHUNK) {
    const { place, from } = lines.space()
    const count = bytes.copy(place, from, at, at + CHUNK)
    lines.filled(count, (line) => seen.push(line))
  }
  const [line] = seen
  assert.ok(line)
  return line
}

const long = (letter: string, length = 100_000): string => letter.repeat(length)

describe('a pool of buffers', () => {
  it('has the place of a long line again once it is released, and not before', () => {
    const first = pushed(long('a'))
    const second = pushed(long('b'))
    assert.notEqual(second.buffer, first.buffer)
    assert.equal(first.toString(), long('a'))
    BufferPool.release(first)
    const third = pushed(long('c'))
    assert.equal(third.buffer, first.buffer)
    assert.equal(third.toString(), long('c'))
    assert.equal(second.toString(), long('b'))
    BufferPool.release(second)
    BufferPool.release(third)
  })

  it('gives a place that was released twice to one line alone', () => {
    const first = pushed(long('a'))
    BufferPool.release(first)
    BufferPool.release(first)
    const [second, third] = [pushed(long('b')), pushed(long('c'))]
    assert.notEqual(second.buffer, third.buffer)
    assert.deepEqual([second, third].map(String), [long('b'), long('c')])
    BufferPool.release(second)
    BufferPool.release(third)
  })

  for (const [where, made] of [
    ['among the buffers', pushed],
    ['in the memory of the scan', filled]
  ] as const)
    it(`keeps the place of a line that is held, ${where}, until it is released and no longer held`, () => {
      const first = made(long('a'))
      BufferPool.hold(first)
      BufferPool.release(first)
      const second = made(long('b'))
      assert.notEqual(second.buffer, first.buffer)
      assert.equal(first.toString(), long('a'))
      BufferPool.release(second)
      BufferPool.unhold(first)
      const [third, fourth] = [made(long('c')), made(long('d'))]
      assert.ok([third.buffer, fourth.buffer].includes(first.buffer))
      BufferPool.hold(third)
      BufferPool.unhold(third)
      const fifth = made(long('e'))
      assert.notEqual(fifth.buffer, third.buffer)
      assert.equal(third.toString(), long('c'))
      for (const line of [third, fourth, fifth]) BufferPool.release(line)
    })

  it('has one place for many lines, one after the other', () => {
    const seen = new Set<unknown>()
    for (let i = 0; i < 50; i++) {
      const line = pushed(long('a', 1_000_000))
      seen.add(line.buffer)
      BufferPool.release(line)
    }
    assert.ok(seen.size <= 2, `${seen.size} places`)
  })

  it('has place for an answer to a checkpoint while the line of its batch is open', () => {
    const answer = (text: string): Buffer => {
      const seen: Array<Buffer> = []
      const lines = Lines.make()
      lines.push(Buffer.from(text), (line) => seen.push(line))
      lines.push(Buffer.from('\n'), (line) => seen.push(line))
      return seen[0] ?? Buffer.alloc(0)
    }
    const batch = pushed(long('a'))
    const first = answer('one')
    const second = answer('two')
    assert.equal(new Set([batch, first, second].map((line) => line.buffer)).size, 3)
    BufferPool.release(first)
    const third = answer('three')
    assert.equal(third.buffer, first.buffer)
    assert.deepEqual([second, third].map(String), ['two', 'three'])
    assert.equal(batch.toString(), long('a'))
    for (const line of [batch, second, third]) BufferPool.release(line)
  })

  it('takes no place that it has not made: a short line may lie in a pool with other bytes', () => {
    const pool = Buffer.alloc(1 << 20)
    BufferPool.release(pool.subarray(10, 20))
    const line = pushed(long('a'))
    assert.notEqual(line.buffer, pool.buffer)
    BufferPool.release(line)
  })
})

describe('the home of lines', () => {
  it('is where bytes are put, and another place while a line is open there', () => {
    const first = filled(long('a', 100))
    const second = filled(long('b', 100))
    assert.notEqual(second.buffer, first.buffer)
    assert.deepEqual([first, second].map(String), [long('a', 100), long('b', 100)])
    BufferPool.release(first)
    const third = filled(long('c', 100))
    assert.equal(third.buffer, first.buffer)
    assert.deepEqual([second, third].map(String), [long('b', 100), long('c', 100)])
    BufferPool.release(second)
    BufferPool.release(third)
  })

  it('is where the next line is put, though a look into the pipe while a batch was open found nothing', () => {
    const open = filled('open')
    const lines = Lines.make(BufferPool.takeHome)
    assert.notEqual(lines.space().place.buffer, open.buffer)
    BufferPool.release(open)
    const { place } = lines.space()
    assert.equal(place.buffer, open.buffer)
    // Nor does it keep that one when the next bytes come as a chunk that has no room there.
    const huge: Array<Buffer> = []
    lines.push(Buffer.from(`${long('a', 20_000_000)}\n`), (line) => huge.push(line))
    lines.push(Buffer.from(long('b', 20_000_000)), () => undefined)
    const next = BufferPool.takeHome(1)
    assert.equal(next.buffer, open.buffer)
    BufferPool.release(next)
  })

  it('grows with its line, which stays what it is', () => {
    const text = Array.from({ length: 500_000 }, (_, i) => i).join(' ')
    const first = filled(text)
    assert.equal(first.toString(), text)
    BufferPool.release(first)
    const second = filled('short')
    assert.equal(second.buffer, first.buffer)
    BufferPool.release(second)
  })

  it('is left by a line of more than 17 MB, which goes on elsewhere', () => {
    const short = filled('short')
    BufferPool.release(short)
    const huge = filled(long('a', 20_000_000))
    assert.equal(huge.equals(Buffer.alloc(20_000_000, 'a')), true)
    const next = filled('next')
    assert.notEqual(next.buffer, huge.buffer)
    assert.equal(next.toString(), 'next')
    BufferPool.release(huge)
    BufferPool.release(next)
  })

  it('and each place after it grow by parts: a line of any length is moved a few times', () => {
    const { prototype }: { readonly prototype: Buffer } = Buffer
    let copied = 0
    const set = mock.method(prototype, 'set', function (this: Buffer, source: Buffer, at?: number) {
      copied += source.length
      Uint8Array.prototype.set.call(this, source, at)
    })
    const length = 80_000_000
    const line = filled(long('a', length))
    set.mock.restore()
    BufferPool.release(line)
    assert.equal(line.length, length)
    assert.ok(copied < 2 * length, `${copied} bytes were copied`)
  })

  it('goes on with a line that was begun there when the rest comes in chunks', () => {
    for (const rest of ['!', long('!'), long('!', 20_000_000)]) {
      const lines = Lines.make(BufferPool.takeHome)
      const seen: Array<string> = []
      const { place, from } = lines.space()
      lines.filled(place.write('be', from), (line) => seen.push(line.toString()))
      lines.push(Buffer.from(`gun${rest}\nnext\n`), (line) => {
        seen.push(line.toString())
        BufferPool.release(line)
      })
      assert.equal(seen.length, 2)
      assert.equal(seen[0] === `begun${rest}` && seen[1] === 'next', true)
    }
  })

  it('takes in a line that has begun in a chunk, and says where its next bytes go', () => {
    const lines = Lines.make(BufferPool.takeHome)
    const seen: Array<Buffer> = []
    assert.equal(lines.next(), null)
    lines.push(Buffer.from('short\nbe'), (line) => seen.push(line))
    const space = lines.next()
    assert.ok(space)
    lines.filled(space.place.write('gun\n', space.from), (line) => seen.push(line))
    assert.deepEqual([seen.map(String), lines.next()], [['short', 'begun'], null])
    assert.equal(seen[1] !== undefined && BufferPool.isHome(seen[1]), true)
    for (const line of seen) BufferPool.release(line)
  })

  it('takes in a line of many chunks as soon as it is free', () => {
    const open = filled('open')
    const lines = Lines.make(BufferPool.takeHome)
    const seen: Array<Buffer> = []
    for (const chunk of [long('a'), long('b')]) {
      lines.push(Buffer.from(chunk), (line) => seen.push(line))
      assert.equal(lines.next(), null)
    }
    BufferPool.release(open)
    const space = lines.next()
    assert.ok(space)
    assert.equal(lines.pending(), 200_000)
    lines.filled(space.place.write('c\n', space.from), (line) => seen.push(line))
    const [line] = seen
    assert.ok(line)
    assert.equal(line.toString() === `${long('a')}${long('b')}c` && BufferPool.isHome(line), true)
    BufferPool.release(line)
  })

  it('is free again when a stream ends in the middle of a line, and takes no more of it', () => {
    const lines = Lines.make(BufferPool.takeHome)
    const end = (): void => lines.close()
    lines.push(Buffer.from('begun'), () => assert.fail())
    const space = lines.next()
    assert.ok(space)
    lines.filled(space.place.write(' and ended\nthe rest', space.from), end)
    assert.deepEqual([lines.pending(), lines.next()], [0, null])
    const other = Lines.make(BufferPool.takeHome)
    other.push(Buffer.from('the end\nthe rest'), () => other.close())
    assert.equal(other.pending(), 0)
    const free = BufferPool.home(1)
    assert.ok(free)
    BufferPool.release(free)
  })

  it('is where chunks of a long line are put together', () => {
    const put = (text: string): Buffer => {
      const seen: Array<Buffer> = []
      const lines = Lines.make(BufferPool.takeHome)
      const bytes = Buffer.from(`${text}\n`)
      for (let at = 0; at < bytes.length; at += CHUNK)
        lines.push(bytes.subarray(at, at + CHUNK), (line) => seen.push(line))
      return seen[0] ?? Buffer.alloc(0)
    }
    const home = filled('short')
    const elsewhere = put(long('a'))
    assert.notEqual(elsewhere.buffer, home.buffer)
    assert.equal(elsewhere.toString(), long('a'))
    BufferPool.release(home)
    const line = put(long('b'))
    assert.equal(line.toString(), long('b'))
    BufferPool.release(line)
    const again = filled('short')
    assert.equal(again.buffer, line.buffer)
    BufferPool.release(again)
    BufferPool.release(elsewhere)
  })
})
