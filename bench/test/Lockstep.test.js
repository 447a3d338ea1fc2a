'use strict'
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { describe, it } = require('node:test')
const Lockstep = require('../Lockstep')
const Meter = require('../Meter')
const Wire = require('../Wire')

const isLinux = process.platform === 'linux'
const contestant = (file, ...args) => [
  process.execPath,
  [path.join(__dirname, '../contestants', file), ...args]
]

/** A child that asks for two checkpoints a batch and writes down what it hears. */
const asking = (heard) => [
  process.execPath,
  [
    '-e',
    `const fs = require('node:fs')
    const say = (reply) => fs.writeSync(1, JSON.stringify(reply) + '\\n')
    let asked = 0
    process.stdin.on('data', (chunk) => {
      fs.appendFileSync(process.argv[1], chunk)
      const { action } = JSON.parse(chunk)
      if (action === 'initialize') return say({ action: 'status', responseFor: action })
      if (asked % 3 === 2) {
        asked++
        return say({ action: 'status', responseFor: 'processRecords' })
      }
      say({ action: 'checkpoint', sequenceNumber: String(++asked), subSequenceNumber: 0 })
    })`,
    heard
  ]
]

const batchUpTo = (last) => ({ line: Buffer.from('{"action":"processRecords"}\n'), last: () => last })

describe(
  'the stand-in for the daemon that waits in the kernel',
  { skip: !isLinux && 'it needs Linux' },
  () => {
    it('answers checkpoints until the status comes, and throttles a part of them', async () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-lockstep-'))
      const heard = path.join(folder, 'heard')
      const child = Lockstep.start(asking(heard), { throttle: 0.5 })
      child.converse(batchUpTo('2'))
      assert.equal(child.checkpoints(), 2)
      await child.end()
      assert.deepEqual(
        fs
          .readFileSync(heard, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
        [
          JSON.parse(Wire.initializeLine(Wire.SHARD)),
          { action: 'processRecords' },
          { action: 'checkpoint', sequenceNumber: '1', subSequenceNumber: 0, error: null },
          { action: 'checkpoint', sequenceNumber: '2', subSequenceNumber: 0, error: 'ThrottlingException' }
        ]
      )
      fs.rmSync(folder, { recursive: true })
    })

    it('counts the latency of a checkpoint in the time of its batch', async () => {
      const child = Lockstep.start(asking('/dev/null'), { latency: 20 })
      const took = child.converse(batchUpTo('2'))
      await child.end()
      assert.ok(took >= 40 && child.waited() >= 40, `${took} and ${child.waited()} ms`)
    })

    it("fails where Amazon's daemon would answer differently", async () => {
      const child = Lockstep.start(asking('/dev/null'))
      assert.throws(
        () => child.converse(batchUpTo('1')),
        /^Error: Amazon's daemon answers .*"2".* with .*"IllegalArgumentException".*, and this one with .*null\}$/
      )
      await child.end()
    })

    it('says what a child said that ended', () => {
      assert.throws(
        () => Lockstep.start([process.execPath, ['-e', 'console.error("no handler"); process.exitCode = 2']]),
        /^Error: .* ended: no handler\n$/
      )
    })

    it('says a line longer than any pipe', async () => {
      const child = Lockstep.start(contestant('minimal.js', 'decode'))
      const feeder = Meter.feed(child, Wire.numberedLine(100, 10_000))
      const { rate, cpu } = Meter.burst(child, feeder, { milliseconds: 0, batches: 2 })
      await child.end()
      assert.equal(feeder.fed(), 200)
      assert.ok(rate > 0 && cpu > 0)
    })
  }
)

describe('a sample', () => {
  it('is what the round trips come to', () => {
    assert.deepEqual(
      Meter.sampleOf({
        trips: [1, 2, 5],
        records: 300,
        cpu: 6_000_000,
        delay: 800_000,
        checkpoints: 2,
        waited: 3
      }),
      {
        rate: 37_500,
        cpu: 20,
        delay: 0.1,
        p50: 2000,
        p99: 2000,
        batch: 8 / 3,
        checkpoints: 2 / 3,
        latency: 1.5
      }
    )
  })

  it('distinguishes a shape from other texts', () => {
    assert.deepEqual(['10x1000', '10', 'x1', '1x1x1'].map(Meter.parseShape), [
      { records: 10, bytes: 1000 },
      null,
      null,
      null
    ])
  })
})
