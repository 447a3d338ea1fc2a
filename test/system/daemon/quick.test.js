'use strict'
/** A minute of proof, part of `npm test` where Java is: one plain run with a stop, and a hostile handler. */
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

  it('a stream is consumed in order, a stop checkpoints it, and a second run sees nothing again', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards: 2,
      handler: 'ack',
      configuration: { checkpoint: { interval: 0, count: 0 } }
    })
    const first = await stage.put(Stream.numbered(400))
    const daemon = stage.run()
    await daemon.until('400 records were seen', () => stage.seen().length >= 400)
    assert.equal(await daemon.terminate(), 143)
    const second = await stage.put(Stream.numbered(100, 400))
    const again = stage.run()
    await again.until('500 records were seen', () => stage.seen().length >= 500)
    assert.deepEqual(Stage.grouped(stage.seen()), Stage.grouped([...first, ...second]))
  })

  it('a handler that prints to stdout, starts programs and meets poison does no harm', async (t) => {
    const DEEDS = ['a', 'null', 'b', 'status', 'c', 'grandchild', 'd', 'descriptors', 'throw', 'reject', 'e']
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards: 1,
      handler: 'hostile',
      configuration: { checkpoint: { interval: 0, count: 1 } }
    })
    const stored = await stage.put(DEEDS.map((data, i) => ({ key: `key-${i}`, data })))
    const at = (deed) => stored[DEEDS.indexOf(deed)]
    const daemon = stage.run({ maxRecords: 2 })
    await daemon.until('every record was seen', () => stage.seen().length >= DEEDS.length)
    const code = await daemon.terminate()

    await t.test(
      'each record is seen once, in order: no printed status is believed, no action swallowed',
      () => {
        assert.deepEqual(
          stage.seen().map(({ data }) => data),
          DEEDS
        )
        assert.equal(code, 143)
      }
    )
    await t.test('what it and its children print on stdout arrives on stderr', () => {
      assert.equal(/Skipping unexpected line/.test(daemon.log()), false)
      // What console.log prints is a line of the log; the other three ways to print give the bare word.
      assert.equal(daemon.log().match(/Received error line from subprocess \[null\]/g)?.length, 3)
    })
    await t.test('poison becomes dead letters, the stream goes on and the checkpoint passes it', async () => {
      assert.deepEqual(
        stage.project.deadLetters().map(({ sequenceNumber, reason }) => ({ sequenceNumber, reason })),
        [
          { sequenceNumber: at('throw').seq, reason: 'Error: cannot be processed' },
          { sequenceNumber: at('reject').seq, reason: 'not for us' }
        ]
      )
      assert.deepEqual(await stage.positions(), { [at('e').shard]: `${at('e').seq}/0` })
    })
  })
})
