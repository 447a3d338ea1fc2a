import * as assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import * as fc from 'fast-check'
import * as Lines from '../../../src/protocol/wire/Lines'
import * as BufferPool from '../../../src/protocol/wire/BufferPool'

/** The lines that come of these chunks, as hexadecimal digits, and the bytes that are left. */
const framed = (chunks: ReadonlyArray<Uint8Array>): readonly [ReadonlyArray<string>, number] => {
  const lines = Lines.make()
  const found: Array<string> = []
  for (const chunk of chunks) lines.push(Buffer.from(chunk), (line) => found.push(line.toString('hex')))
  return [found, lines.pending()]
}

/** The same by bytes that are put where the lines are to be. */
const filled = (chunks: ReadonlyArray<Uint8Array>): readonly [ReadonlyArray<string>, number] => {
  const lines = Lines.make()
  const found: Array<string> = []
  for (const chunk of chunks) {
    const { place, from } = lines.space()
    place.set(chunk, from)
    lines.filled(chunk.length, (line) => {
      found.push(line.toString('hex'))
      BufferPool.release(line)
    })
  }
  return [found, lines.pending()]
}

const hex = (text: string): string => Buffer.from(text).toString('hex')

/** The whole cut at these places, in any order, some perhaps twice: an empty chunk. */
const cut = (whole: Buffer, places: ReadonlyArray<number>): ReadonlyArray<Buffer> => {
  const at = [0, ...places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  return at.slice(1).map((to, index) => whole.subarray(at[index], to))
}

describe('Lines', () => {
  it('gives lines without their newline', () =>
    assert.deepEqual(framed([Buffer.from('one\ntwo\n')]), [[hex('one'), hex('two')], 0]))

  it('gives empty lines', () => assert.deepEqual(framed([Buffer.from('\n\na\n')]), [['', '', hex('a')], 0]))

  it('keeps an unfinished line and shows how long it is', () =>
    assert.deepEqual(framed([Buffer.from('one\ntw'), Buffer.from('o')]), [[hex('one')], 3]))

  it('splits on 0x0A alone: U+2028, U+2029, U+0085, a carriage return and a form feed are part of a line', () => {
    const odd = 'a\u2028b\u2029c\u0085d\re\ff\u0000g'
    assert.deepEqual(framed([Buffer.from(`${odd}\n`)]), [[hex(odd)], 0])
  })

  it('does not mind a chunk that ends inside a UTF-8 character', () => {
    const whole = Buffer.from('clé-☃-😀\n')
    for (let at = 0; at <= whole.length; at++)
      assert.deepEqual(framed(cut(whole, [at])), [[hex('clé-☃-😀')], 0])
  })

  it('takes bytes that are no UTF-8 as they are', () =>
    assert.deepEqual(framed([Buffer.from([0xff, 0xc3]), Buffer.from([0x28, 0x0a])]), [['ffc328'], 0]))

  it('gives the same lines whatever the chunks', () => {
    const bytes = fc
      .uint8Array({ maxLength: 200 })
      .map((list) => list.map((byte) => (byte < 40 ? 0x0a : byte)))
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(), { maxLength: 30 }), (data, places) => {
        const whole = Buffer.from(data)
        const parts = whole.toString('latin1').split('\n')
        const expected = parts.slice(0, -1).map((line) => Buffer.from(line, 'latin1').toString('hex'))
        const all = [expected, (parts[parts.length - 1] ?? '').length]
        assert.deepEqual(framed(cut(whole, places)), all)
        assert.deepEqual(filled(cut(whole, places)), all)
      })
    )
  })

  it('calls back in the middle of a chunk, so that a line may bring the next one', () => {
    const lines = Lines.make()
    const seen: Array<string> = []
    lines.push(Buffer.from('a\nb\n'), (line) => seen.push(`${line.toString()} of ${lines.pending()}`))
    assert.deepEqual(seen, ['a of 0', 'b of 0'])
  })

  for (const [size, chunk] of [
    [1 << 20, 1 << 10],
    [1 << 22, 1 << 10],
    [1 << 18, 7]
  ] as const) {
    it(`reads each byte of a line of ${size} bytes in chunks of ${chunk} once, and copies it twice at most`, () => {
      let read = 0
      let copied = 0
      const { prototype }: { readonly prototype: Buffer } = Buffer
      const set = mock.method(prototype, 'set', function (this: Buffer, source: Buffer, at?: number) {
        copied += source.length
        Uint8Array.prototype.set.call(this, source, at)
      })
      const lines = Lines.make()
      let length = 0
      for (let left = size; left > 0; left -= chunk) {
        const part = Buffer.alloc(Math.min(chunk, left), 0x61)
        if (left <= chunk) part[part.length - 1] = 0x0a
        const search = part.indexOf.bind(part)
        mock.method(part, 'indexOf', (value: number, from = 0) => {
          const found = search(value, from)
          read += (found < 0 ? part.length : found + 1) - from
          return found
        })
        lines.push(part, (line) => {
          length = line.length
        })
      }
      set.mock.restore()
      assert.deepEqual({ read, length }, { read: size, length: size - 1 })
      assert.ok(copied >= size - 1 && copied <= size * 2, `${copied} bytes were copied`)
    })
  }

  it('gives lines that stay when the bytes of the chunk change', () => {
    const lines = Lines.make()
    const seen: Array<Buffer> = []
    const chunk = Buffer.from('one\ntwo\nthr')
    lines.push(chunk, (line) => seen.push(line))
    chunk.fill(0x78)
    lines.push(Buffer.from('ee\n'), (line) => seen.push(line))
    assert.deepEqual(seen.map(String), ['one', 'two', 'three'])
  })

  it('leaves a line where it is that begins behind others, and searches no byte again', () => {
    const lines = Lines.make()
    const { place, from } = lines.space()
    const seen: Array<string> = []
    lines.filled(place.write('one\ntwo\nthr', from), (line) => seen.push(line.toString()))
    assert.deepEqual([seen, lines.pending()], [['one', 'two'], 3])
    const more = lines.space()
    assert.deepEqual([more.place, more.from], [place, 11])
    lines.filled(more.place.write('ee\n', more.from), (line) => {
      seen.push(line.toString())
      assert.equal(line.byteOffset, place.byteOffset + 8)
    })
    assert.deepEqual([seen, lines.pending()], [['one', 'two', 'three'], 0])
  })

  it('takes long lines whose bytes were put where they are to be, and what follows them', () => {
    const chunks = [...cut(Buffer.from(`${'a'.repeat(100_000)}\n`), [65_536]), Buffer.from('b\nccc\nd')]
    assert.deepEqual(filled(chunks), [[hex('a'.repeat(100_000)), hex('b'), hex('ccc')], 1])
  })
})
