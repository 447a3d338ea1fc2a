import * as assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as http from 'node:http'
import * as os from 'node:os'
import * as path from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import * as E from 'fp-ts/Either'
import type * as Listen from '../../../src/values/Listen'
import * as Server from '../../../src/host/status/Server'
import type { View } from '../../../src/host/status/View'
import type { Worker } from '../../../src/host/status/Worker'
import { NOW, shard, TICK, worker } from './Example'

const FREE: Listen.Listen = { host: '127.0.0.1', port: 0 }

const openAt = (
  listen: Listen.Listen,
  of: () => Worker = worker,
  wall = NOW
): Promise<E.Either<string, Server.Server>> =>
  Server.open({
    listen,
    stalled: 60_000,
    worker: of,
    time: () => ({ monotonic: TICK, wall }),
    files: path.resolve('src/host/status')
  })

const serve = async (
  t: TestContext,
  listen: Listen.Listen = FREE,
  of: () => Worker = worker,
  wall = NOW
): Promise<string> => {
  const server = await openAt(listen, of, wall)
  if (E.isLeft(server)) return assert.fail(server.left)
  t.after(server.right.close)
  return server.right.address
}

interface Reply {
  readonly status: number | undefined
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

const ask = async (options: http.RequestOptions): Promise<Reply> => {
  const request = http.request(options).end()
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk)
  return { status: response.statusCode, headers: response.headers, body }
}

const get = (address: string, at: string, more: http.RequestOptions = {}): Promise<Reply> => {
  const { hostname: host, port } = new URL(`http://${address}`)
  return ask({ host, port, path: at, ...more })
}

const folder = (t: TestContext): string => {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-status-'))
  t.after(() => fs.rmSync(made, { recursive: true, force: true }))
  return made
}

describe('the status server', () => {
  it('reports health and readiness by the status code, with the reasons', async (t) => {
    let now: Worker = worker()
    const address = await serve(t, FREE, () => now)
    assert.deepEqual(
      await Promise.all(['/healthz', '/readyz'].map(async (at) => (await get(address, at)).status)),
      [200, 200]
    )
    const { counts } = shard(0)
    const old = { open: null, counts: { ...counts, movedAt: TICK - 61_000 } }
    now = worker({ phase: 'starting', shards: [shard(0, old)] })
    const health = await get(address, '/healthz')
    const readiness = await get(address, '/readyz?verbose')
    assert.deepEqual(
      [health.status, health.body, readiness.status, readiness.body],
      [
        503,
        'shardId-000000000000 has made no progress for 61 s while 80 records wait\n',
        503,
        'the daemon is starting\n'
      ]
    )
  })

  it('serves metrics', async (t) => {
    const { status, headers, body } = await get(await serve(t), '/metrics')
    assert.deepEqual([status, headers['content-type']], [200, 'text/plain; version=0.0.4; charset=utf-8'])
    assert.match(body, /^kclts_shards 1$/m)
  })

  it('serves the status as JSON', async (t) => {
    const { body } = await get(await serve(t), '/status.json')
    assert.deepEqual(JSON.parse(body), {
      application: 'orders',
      worker: 'host-1.0',
      stream: 'clicks',
      startedAt: NOW - 3_600_000,
      uptime: 3_600_000,
      phase: 'working',
      restarts: 1,
      now: NOW,
      lastRestart: null,
      problems: [],
      shards: [
        {
          shard: 'shardId-000000000000',
          session: 1000,
          state: 'working',
          position: '49590338271490256608559692538361571095921575989136588898/7',
          millisBehindLatest: 1500,
          handled: 4120,
          waiting: 80,
          skipped: 3,
          deadLetters: 2,
          checkpoint: '49590338271490256608559692538361571095921575989136588000/0',
          checkpointedAt: NOW - 20_000,
          checkpointAge: 20_000,
          replay: 120
        }
      ],
      sinks: []
    })
  })

  it('says why the daemon ends again and again', async (t) => {
    const ending = 'the daemon ends: shardId-000000000000: 20 failures in a row'
    const { body } = await get(
      await serve(t, FREE, () => ({ ...worker(), shards: [], ending })),
      '/status.json'
    )
    assert.deepEqual((JSON.parse(body) as View).problems, [ending])
  })

  it('keeps the reason of the last restart, which is a problem until the daemon has worked for a while', async (t) => {
    const why = 'the daemon ended by itself (exit code 1): 20 failures in a row'
    const doubt = `${why}; it was started again 5 s ago`
    const lastEnd = { why, at: TICK - 60_000 } as const
    const address = await serve(t, FREE, () => ({ ...worker(), ending: null, doubt, lastEnd }))
    const { lastRestart, problems } = JSON.parse((await get(address, '/status.json')).body) as View
    assert.deepEqual([lastRestart, problems], [{ reason: why, at: NOW - 60_000 }, [doubt]])
  })

  it('finds the same health and ages when the wall clock was set forward or back', async (t) => {
    for (const wall of [NOW - 8 * 3_600_000, NOW + 8 * 3_600_000]) {
      const address = await serve(t, FREE, worker, wall)
      const { now, problems, uptime, shards } = JSON.parse((await get(address, '/status.json')).body) as View
      assert.deepEqual(
        [now, problems, uptime, shards[0]?.state, shards[0]?.checkpointAge],
        [wall, [], 3_600_000, 'working', 20_000]
      )
      assert.equal((await get(address, '/healthz')).status, 200)
      assert.match((await get(address, '/metrics')).body, /^kclts_stalled_seconds\{[^}]*\} 1$/m)
    }
  })

  it('serves the page with a policy that allows nothing from elsewhere', async (t) => {
    const { status, headers } = await get(await serve(t), '/')
    assert.deepEqual([status, headers['content-type']], [200, 'text/html; charset=utf-8'])
    assert.match(String(headers['content-security-policy']), /^default-src 'none'; script-src 'self';/)
  })

  it('answers HEAD without a body, refuses what would change something, and names what there is', async (t) => {
    const address = await serve(t)
    const head = await get(address, '/healthz', { method: 'HEAD' })
    const post = await get(address, '/healthz', { method: 'POST' })
    const other = await get(address, '/etc/passwd')
    assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '3'])
    assert.deepEqual([post.status, post.headers['allow']], [405, 'GET, HEAD'])
    assert.deepEqual(
      [other.status, other.body],
      [404, 'there are /healthz /readyz /metrics /status.json / /page.css /page.js\n']
    )
  })

  it('is not read by a page of the web whose name has the address of this machine', async (t) => {
    const address = await serve(t)
    const as = async (host: string): Promise<number | undefined> =>
      (await get(address, '/status.json', { headers: { host } })).status
    assert.deepEqual(
      await Promise.all(['evil.example:80', 'localhost:9100', '[::1]:80', '127.0.0.1'].map(as)),
      [403, 200, 200, 200]
    )
  })

  it('says why it cannot listen at a port', async (t) => {
    const address = await serve(t)
    const port = Number(new URL(`http://${address}`).port)
    assert.deepEqual(
      await openAt({ host: '127.0.0.1', port }),
      E.left(`cannot listen at ${address}: listen EADDRINUSE: address already in use ${address}`)
    )
  })
})

describe('the status server on a unix socket', () => {
  it('lets its owner alone in, answers, and removes it', async (t) => {
    const socket = path.join(folder(t), 'status.sock')
    const server = await openAt({ path: socket })
    if (E.isLeft(server)) return assert.fail(server.left)
    assert.equal(server.right.address, socket)
    assert.equal(fs.statSync(socket).mode & 0o777, 0o600)
    assert.equal((await ask({ socketPath: socket, path: '/healthz' })).body, 'ok\n')
    await server.right.close()
    assert.equal(fs.existsSync(socket), false)
  })

  it('takes the place of one whose process died', async (t) => {
    const socket = path.join(folder(t), 'status.sock')
    const dead = spawn(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`
    ])
    await once(dead, 'exit')
    assert.ok(fs.statSync(socket).isSocket())
    await serve(t, { path: socket })
    assert.equal((await ask({ socketPath: socket, path: '/readyz' })).status, 200)
  })

  it('leaves a socket that a process listens at, and a file that is not a socket', async (t) => {
    const place = folder(t)
    const socket = path.join(place, 'status.sock')
    await serve(t, { path: socket })
    assert.deepEqual(
      await openAt({ path: socket }),
      E.left(`cannot listen at ${socket}: another process listens there`)
    )
    const file = path.join(place, 'notes.txt')
    fs.writeFileSync(file, 'mine')
    assert.deepEqual(
      await openAt({ path: file }),
      E.left(`cannot listen at ${file}: there is a file that is not a socket`)
    )
    assert.equal(fs.readFileSync(file, 'utf8'), 'mine')
  })
})
