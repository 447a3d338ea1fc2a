'use strict'
/** What `kclts run` says while the daemon cannot read a shard. */
const assert = require('node:assert/strict')
const http = require('node:http')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')
const Worker = require('./stage/Worker')

const VERSION = Jars.CURRENT
const SHARD = 'shardId-000000000000'

/**
 * An answer over a Unix socket: its status and its text. Each has a connection of its own, since the server may close one that
 * is kept at the moment at which it is used again.
 */
const get = (socketPath, at) =>
  new Promise((resolve, reject) => {
    const options = { socketPath, path: at, agent: false, headers: { host: 'localhost' } }
    const request = http.get(options, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text) => (body += text))
      response.once('end', () => resolve({ status: response.statusCode, body }))
    })
    request.once('error', reject)
  })

const failedReads = ({ body }) =>
  Number(new RegExp(`^kclts_reads_failed_total\\{[^}]*\\} (\\d+)$`, 'm').exec(body)?.[1] ?? 0)
const ageOfRead = ({ body }) => Number(/^kclts_last_batch_age_seconds\{[^}]*\} (\S+)$/m.exec(body)?.[1])

const USER = 'arn:aws:iam::000000000000:user/test'
const STREAM = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders'
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/orders'

/** How Kinesis refuses a read, and what `/readyz` makes of it. */
const REFUSALS = [
  {
    what: 'is not allowed',
    error: {
      name: 'AccessDeniedException',
      message: `User: ${USER} is not authorized to perform: kinesis:GetRecords on resource: ${STREAM} because no identity-based policy allows the kinesis:GetRecords action`
    },
    why: `${USER} may not call kinesis:GetRecords on ${STREAM}`
  },
  {
    what: 'is throttled',
    error: { name: 'ProvisionedThroughputExceededException', message: 'Rate exceeded for shard' },
    why: 'Kinesis throttles the reads of the shard'
  },
  {
    what: 'may not use the key of the stream',
    error: {
      name: 'KMSAccessDeniedException',
      message: `User: ${USER} is not authorized to perform: kms:Decrypt on resource: ${KEY} because no identity-based policy allows the kms:Decrypt action`
    },
    why: `${USER} may not call kms:Decrypt on ${KEY}`
  }
]

describe(`kclts run with Amazon's daemon ${VERSION}`, () => {
  let emulators
  before(async () => (emulators = await Emulators.start(Emulators.Kinesalite)))
  after(() => emulators.stop())

  it('is not ready while each read of a shard fails, says why, stays alive, and is ready once a read succeeds', async (t) => {
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards: 1,
      handler: 'ack',
      configuration: {}
    })
    const socket = path.join(stage.project.folder, 'status.sock')
    const worker = Worker.start(stage, {
      status: { listen: socket, stalled: '3s' },
      daemon: Worker.daemonOf(emulators, stage, { failoverTime: '10s' })
    })
    t.after(async () => Worker.gone(await worker.kill()))
    const ask = (at) => get(socket, at)
    const isReady = async () => (await ask('/readyz')).status === 200
    const seen = () => new Set(stage.seen().map(({ seq }) => seq)).size
    const sees = (count) => worker.until(`${count} records were seen`, () => seen() === count)

    await stage.put(Stream.numbered(1, 0))
    await sees(1)
    await worker.until('it is ready', isReady)
    for (const [n, { what, error, why }] of REFUSALS.entries()) {
      const before = failedReads(await ask('/metrics'))
      const fault = emulators.failKinesis((operation) => (operation === 'GetRecords' ? error : undefined))
      await worker.until('a read fails', () => fault.hits > 0)
      await stage.put(Stream.numbered(1, n + 1))
      await worker.until(`/readyz says that it ${what}`, async () =>
        (await ask('/readyz')).body.includes(why)
      )
      const [ready, health, status, metrics] = await Promise.all(
        ['/readyz', '/healthz', '/status.json', '/metrics'].map(ask)
      )
      assert.deepEqual([ready.status, health.status, health.body], [503, 200, 'ok\n'], what)
      assert.match(
        ready.body,
        new RegExp(
          `^${SHARD} has had no batch, not even an empty one, for \\d+ s: the daemon cannot read it: `
        )
      )
      assert.deepEqual(
        JSON.parse(status.body).problems.map((one) => one.includes(why)),
        [true],
        what
      )
      assert.ok(
        failedReads(metrics) > before,
        `${what}: ${failedReads(metrics)} reads failed, ${before} before`
      )
      assert.ok(ageOfRead(metrics) > 3, `${what}: the last batch came ${ageOfRead(metrics)} s ago`)
      assert.equal(seen(), n + 1)
      fault.end()
      await worker.until('it is ready again', isReady)
      await sees(n + 2)
    }
    assert.doesNotMatch(worker.log(), /capacity of the lease table/)
    worker.signal('SIGTERM')
    assert.equal(await worker.exited, 0)
  })
})
