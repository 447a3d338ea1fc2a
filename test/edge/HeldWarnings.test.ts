import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as HeldWarnings from '../../src/edge/HeldWarnings'

const LETTER = 'record became a dead letter'

const stage = () => {
  const lines: Array<string> = []
  let now = 0
  const held = HeldWarnings.make(
    (level, message, fields) =>
      void lines.push(`${level} ${message}: ${String(fields['reason'])} held ${String(fields['held'])}`),
    () => now
  )
  return {
    lines,
    end: held.end,
    log: held.log,
    later: (ms: number) => void (now += ms),
    warn: (reason: string, message = LETTER) =>
      held.log('warn', message, { shard: 's', sequenceNumber: '1', reason })
  }
}

describe('warnings about records', () => {
  it('come once a minute for each kind of reason, with the number of those that were held back', () => {
    const { lines, later, warn } = stage()
    warn('too large: 1')
    warn('too large: 2')
    warn('not JSON')
    later(59_999)
    warn('too large: 3')
    later(1)
    warn('too large: 4')
    warn('too large: 5')
    assert.deepEqual(lines, [
      `warn ${LETTER}: too large: 1 held undefined`,
      `debug ${LETTER}: too large: 2 held undefined`,
      `warn ${LETTER}: not JSON held undefined`,
      `debug ${LETTER}: too large: 3 held undefined`,
      `warn ${LETTER}: too large: 4 held 2`,
      `debug ${LETTER}: too large: 5 held undefined`
    ])
  })

  it('and the summary of what the filter drops keep their level', () => {
    const { lines, end, log } = stage()
    const reason = 'the record is older than filter.maxAge'
    for (let n = 0; n < 3; n++) log('info', 'record dropped by the filter', { shard: 's', reason })
    end()
    assert.deepEqual(lines, [
      `info record dropped by the filter: ${reason} held undefined`,
      `debug record dropped by the filter: ${reason} held undefined`,
      `debug record dropped by the filter: ${reason} held undefined`,
      `info record dropped by the filter: ${reason} held 2`
    ])
  })

  it('that are held back at the end are counted in a line for each kind', () => {
    const { lines, end, warn } = stage()
    for (const n of [1, 2, 3]) warn(`too large: ${n}`)
    warn('not JSON')
    lines.length = 0
    end()
    end()
    assert.deepEqual(lines, [`warn ${LETTER}: too large: .. held 2`])
  })

  it('of a thousand kinds and more are let go of, oldest first, with their count', () => {
    const { lines, warn } = stage()
    const word = (n: number): string => n.toString(2).replace(/0/g, 'x').replace(/1/g, 'y')
    warn(word(0))
    warn(word(0))
    for (let n = 1; n <= 1000; n++) warn(word(n))
    assert.deepEqual(
      lines.filter((line) => !line.endsWith('held undefined')),
      [`warn ${LETTER}: x held 1`]
    )
  })

  it('of a handler, and lines of other levels, are not held back', () => {
    const { lines, warn } = stage()
    warn('again', 'my own warning')
    warn('again', 'my own warning')
    assert.equal(lines.filter((line) => line.startsWith('warn my own')).length, 2)
  })
})
