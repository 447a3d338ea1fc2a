/** Workers of 426a8b2 and of today on one machine, as during a rolling deploy and after a rollback. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Properties from '../../../src/config/Properties'
import * as PreviousDaemon from '../../../src/daemon/PreviousDaemon'
import * as Generate from '../../../src/daemon/Generate'
import * as Jars from '../../../src/daemon/Jars'
import * as Slot from '../../../src/daemon/Slot'
import { loadIn, project } from '../../config/Project'

interface Version {
  readonly Slot: typeof Slot
  readonly Forerunner: Pick<typeof PreviousDaemon, 'find' | 'remember'>
  readonly Jars: Pick<typeof Jars, 'fetch' | 'classpath' | 'verify'>
  readonly Generate: typeof Generate
  readonly Properties: typeof Properties
}

// eslint-disable-next-line @typescript-eslint/no-require-imports
const old = require(path.resolve('test/system/upgrades/worker/426a8b2.js')) as Version

const now: Version = { Slot, Forerunner: PreviousDaemon, Jars, Generate, Properties }

const WAYS = [
  ['426a8b2, then today', old, now],
  ['today, then 426a8b2', now, old]
] as const

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-versions-'))
after(() => fs.rmSync(room, { recursive: true, force: true }))

let places = 0
const place = (): string => path.join(room, String((places += 1)))

const idOf = (slot: E.Either<string, Slot.Slot>): string =>
  E.isRight(slot) ? slot.right.workerId : slot.left

const fileOf = (slot: E.Either<string, Slot.Slot>): string => (E.isRight(slot) ? slot.right.file : '')

const release = (...slots: ReadonlyArray<E.Either<string, Slot.Slot>>): void => {
  for (const slot of slots) if (E.isRight(slot)) slot.right.release()
}

describe('two versions', () => {
  for (const [way, first, second] of WAYS) {
    it(`give each worker a number of its own, and the file of a number has one name (${way})`, async () => {
      const state = place()
      const one = await first.Slot.acquire(state, 'orders', null)
      const two = await second.Slot.acquire(state, 'orders', null)
      assert.deepEqual([idOf(one), idOf(two)], [`${os.hostname()}-0`, `${os.hostname()}-1`])
      release(one)
      const again = await second.Slot.acquire(state, 'orders', null)
      assert.deepEqual([idOf(again), fileOf(again)], [idOf(one), fileOf(one)])
      release(two, again)
    })

    it(`refuse a name that another worker has (${way})`, async () => {
      const state = place()
      const one = await first.Slot.acquire(state, 'orders', 'blue')
      const two = await second.Slot.acquire(state, 'orders', 'blue')
      assert.equal(idOf(one), 'blue')
      assert.match(idOf(two), /^a worker blue of orders is (at work|already running) on this machine/)
      release(one, two)
    })

    it(`know the daemon that the other one has started (${way})`, () => {
      const file = place()
      const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
      const pid = child.pid ?? 0
      try {
        first.Forerunner.remember(file, pid)
        assert.equal(second.Forerunner.find(file), pid)
        // Another process of that number.
        fs.writeFileSync(file, `${pid} 1\n`)
        assert.equal(second.Forerunner.find(file), null)
      } finally {
        process.kill(-pid, 'SIGKILL')
      }
    })

    it(`take the jars that the other one has fetched (${way})`, async () => {
      const home = place()
      const shipped = path.join(home, 'shipped')
      fs.mkdirSync(path.join(shipped, 'kcl/9.9.9'), { recursive: true })
      const sum = createHash('sha256').update('one').digest('hex')
      fs.writeFileSync(path.join(shipped, 'kcl/9.9.9/sums.txt'), `${sum}  a/one.jar\n`)
      const server = http.createServer((_, response) => response.end('one'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const request: Jars.Request = {
        version: '9.9.9',
        classpath: null,
        repository: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        env: { HOME: home, PATH: '/nowhere' },
        shipped,
        print: () => undefined
      }
      const fetched = await first.Jars.fetch(request)
      server.closeAllConnections()
      server.close()
      const folder = path.join(home, '.cache/kclts/kcl-9.9.9')
      assert.deepEqual(fetched, E.right(folder))
      assert.deepEqual(await second.Jars.classpath(request), E.right([path.join(folder, 'a/one.jar')]))
      assert.deepEqual(second.Jars.verify(request), E.right(1))
      assert.deepEqual(fs.readdirSync(path.dirname(folder)), ['kcl-9.9.9'])
    })
  }

  it('start the daemon with the same properties, to the byte', () => {
    const more = { executableName: './relay', workerId: 'blue', emptyBatches: true }
    for (const daemon of [
      'streamName: orders',
      'streamName: orders\n  region: eu-central-1\n  initialPosition: latest\n  retrieval: fan-out\n  consumerName: c',
      'streamArn: arn:aws:kinesis:eu-central-1:123456789012:stream/orders\n  initialPosition: 2026-01-31T12:00:00.500Z\n  maxRecords: 500\n  metrics: detailed\n  shutdownGrace: 0s',
      'streamName: orders\n  version: 2.5.4\n  credentials: "environment,com.example.P|a b|ü"\n  properties: { taskBackoffTimeMillis: 100, kinesisClient.a: "ü = \\\\" }'
    ]) {
      const file = `handler: ./handler.js\ndaemon:\n  applicationName: order-consumer\n  ${daemon}\n`
      const loaded = loadIn(project({ 'kcl.config.yaml': file }))
      assert.ok(E.isRight(loaded), JSON.stringify(loaded))
      const [before, today] = [old, now].map(({ Generate: generate, Properties: properties }) =>
        pipe(generate.properties(loaded.right.config.daemon, more), E.map(properties.print))
      )
      assert.ok(today !== undefined && E.isRight(today))
      assert.deepEqual(today, before)
    }
  })
})
