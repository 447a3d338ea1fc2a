import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import * as Base64 from '../../src/payload/Base64'

describe('base64', () => {
  it('is what encodes bytes, however many: 10 MiB too', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => Base64.is(Buffer.from(bytes).toString('base64'))))
    assert.equal(Base64.is(Buffer.alloc(10 << 20, 0xfb).toString('base64')), true)
  })

  it('has no other letters, no space, and padding at its end only', () => {
    const wrong = [
      'a',
      'ab',
      'abc',
      'a===',
      '====',
      'ab=c',
      'ab-_',
      'ab c',
      'abc\n',
      'YQ==YQ==',
      'ábcd',
      'ab\u{10000}'
    ]
    assert.deepEqual(wrong.filter(Base64.is), [])
    assert.equal(Base64.is('A'.repeat((14 << 20) - 1) + '!'), false)
  })
})
