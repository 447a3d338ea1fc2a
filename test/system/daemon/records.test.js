'use strict'
/** What is in the records: aggregates, sub-sequence numbers, text of every alphabet. */
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')

const VERSION = Jars.CURRENT

describe(`under Amazon's daemon ${VERSION}`, () => {
  let emulators
  before(async () => (emulators = await Emulators.start()))
  after(() => emulators.stop())

  it('a checkpoint inside an aggregate resumes inside it, and every text arrives as it was put', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards: 1,
      handler: 'marked',
      configuration: { checkpoint: { interval: 0, count: 0 } }
    })
    const before = [
      { key: 'plain', data: 'a' },
      { key: 'clé-☃-😀', data: 'ünï' },
      { key: 'line\u2028and\u2029paragraph', data: 'b\u2028c' },
      { key: 'a"b\\c\n\r\t\u0000\u007f\ufeff', data: '' }
    ]
    const stored = await stage.put([
      ...before,
      Stream.aggregate('many', ['one', 'two', 'mark', 'four', 'five']),
      { key: 'last', data: 'z' }
    ])
    const seqs = stored.map(({ seq }) => seq)
    const users = [
      ...before.map(({ key, data }, i) => ({ seq: seqs[i], sub: 0, key, data })),
      ...['one', 'two', 'mark', 'four', 'five'].map((data, sub) => ({
        seq: seqs[4],
        sub,
        key: 'many',
        data
      })),
      { seq: seqs[5], sub: 0, key: 'last', data: 'z' }
    ]
    const seen = () => stage.seen().map(({ seq, sub, key, data }) => ({ seq, sub, key, data }))
    const inside = `${seqs[4]}/2`

    const daemon = stage.run()
    await daemon.until('every record was seen', () => stage.seen().length >= users.length)
    await daemon.until('the mark was stored', () => stage.stored(stored[0].shard).at(-1) === inside)
    await daemon.kill()
    assert.deepEqual(seen(), users)

    const resumed = stage.run()
    await resumed.until('the records after the mark were seen', () => stage.seen().length >= users.length + 3)
    assert.equal(await resumed.terminate(), 143)
    assert.deepEqual(seen().slice(users.length), users.slice(-3))
    assert.deepEqual(await stage.positions(), { [stored[0].shard]: `${seqs[5]}/0` })
  })
})
