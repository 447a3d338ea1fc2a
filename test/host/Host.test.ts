import * as assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as ActionCodec from '../../src/protocol/wire/Action'
import * as Action from '../../src/protocol/Action'
import * as Position from '../../src/protocol/Position'
import * as Clock from '../../src/run/Clock'
import { ACK, CONFIG, acknowledged, checkpoint, status } from '../system/process/Child'
import { batch, initialize, position, say, shardId, tryToOpen, withHost } from './Rig'

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, index) => index)

describe('a session on the pipes of a relay', () => {
  it('is the conversation of a child, to its end', () =>
    withHost(ACK, {}, async ({ shard, host, log }) => {
      const child = await shard(7)
      assert.equal(await child.ask(batch(3)), status('processRecords'))
      assert.equal(await child.ask(Action.shutdownRequested), checkpoint(2))
      assert.equal(await child.ask(acknowledged(2)), status('shutdownRequested'))
      assert.equal(await child.ask(Action.leaseLost), status('leaseLost'))
      const left = await child.end()
      assert.deepEqual([left.code, left.signal, left.stderr], [0, null, ''])
      assert.deepEqual(log, ['info shard initialized', `info checkpointed at ${Position.show(position(2))}`])
      assert.deepEqual(fs.readdirSync(host.folder).sort(), ['announce', 'pool', 'relay'])
    }))

  it('reads a line that is longer than any pipe', () =>
    withHost(ACK, {}, async ({ shard }) => {
      const child = await shard(0)
      const long = batch([{ data: Buffer.alloc(5_000_000, 'x') }])
      assert.equal(await child.ask(long), status('processRecords'))
      assert.equal((await child.end()).code, 0)
    }))

  it('leaves what it had counted to its host, to the last record', () =>
    withHost(ACK, {}, async ({ shard, host, status: wait }) => {
      const child = await shard(7)
      assert.equal(await child.ask(batch(3)), status('processRecords'))
      await child.end()
      await wait((shards) => shards.length === 0 && host.past().length > 0)
      assert.deepEqual(
        host.past().map((past) => [past.shardId, past.counts.records, past.counts.verdicts.ack]),
        [[shardId(7), 3, 3]]
      )
    }))

  it('shows how the sinks of its thread do', () =>
    withHost(
      `exports.handler = () => ({ _tag: 'Ack', outputs: [{ sink: 'out', value: 1 }] })\n`,
      {
        config: `${CONFIG}sinks: { out: { type: http, url: "http://127.0.0.1:1/", deadline: 60s } }\n`
      },
      async ({ shard, host, status: wait }) => {
        const child = await shard(7)
        say(child, batch(1))
        await wait(() => (host.sinks()[0]?.lastError ?? null) !== null)
        const [out] = host.sinks()
        assert.deepEqual([out?.sink, typeof out?.failingSince], ['out', 'number'])
        assert.match(out?.lastError?.text ?? '', /ECONNREFUSED/)
        await child.end()
      }
    ))

  it('shows how its shard does', () =>
    withHost('exports.handler = (r) => r.partitionKey === "pk-1"\n', {}, async (rig) => {
      const child = await rig.shard(7)
      assert.equal(await child.ask(batch(3)), checkpoint(1))
      await rig.status(([shard]) => shard?.checkpointsSent === 1)
      const [before] = rig.host.shards()
      child.send('{"action":"checkpoint","sequenceNumber":')
      await rig.status(([shard]) => shard?.pending === 40)
      child.send(`"${position(1).sequenceNumber}","subSequenceNumber":0,"error":null}\n`)
      assert.equal(await child.reply(), status('processRecords'))
      await rig.status(([shard]) => shard?.checkpoint !== null)
      const [after] = rig.host.shards()
      assert.ok(before !== undefined && after !== undefined)
      const { counts, ...own } = before
      assert.deepEqual([counts.records, counts.verdicts.checkpoint, counts.verdicts.ack], [3, 1, 2])
      assert.deepEqual(own, {
        shardId: shardId(7),
        thread: 0,
        relay: child.process.pid,
        phase: 'Running',
        isDraining: false,
        isFenced: false,
        watermark: position(2),
        checkpoint: null,
        checkpointedAt: null,
        checkpointedTick: null,
        replay: 3,
        handled: 3,
        skipped: 0,
        deadLetters: 0,
        bad: 0,
        suspicions: 0,
        checkpointsSent: 1,
        checkpointsCoalesced: 0,
        checkpointsFailed: 0,
        millisBehindLatest: 0,
        open: null,
        heardAt: own.heardAt,
        waiting: 0,
        pending: 0
      })
      assert.ok((before.heardAt ?? Infinity) < (after.heardAt ?? 0))
      assert.deepEqual(after, {
        ...before,
        heardAt: after.heardAt,
        checkpoint: position(1),
        checkpointedAt: after.checkpointedAt,
        checkpointedTick: after.checkpointedTick,
        replay: 1
      })
      assert.ok(Math.abs((after.checkpointedAt ?? 0) - Date.now()) < 60_000)
      await child.end()
      await rig.status((shards) => shards.length === 0)
    }))
})

it('a record that waits to be tried again says so: its shard is not stuck', () =>
  withHost(
    "exports.handler = async () => { throw new Error('not now') }\n",
    { config: `${CONFIG}failure: { retries: 1, backoff: 1m, then: skip }\n` },
    async ({ shard, status: seen, host }) => {
      const child = await shard(0)
      say(child, batch(1))
      await seen(([one]) => typeof one?.triedAgain === 'number')
      const [one] = host.shards()
      const wait = (one?.triedAgain ?? 0) - Clock.monotonic()
      assert.ok(wait > 20_000 && wait < 60_000, `${wait}`)
      await child.end()
    }
  ))

it('a handler that logs what cannot be sent to another thread goes on, and its record is finished', () =>
  withHost(
    `exports.handler = async (record, { log }) => {
       const circle = { f: () => 1, big: 2n, key: Symbol('s'), get broken() { throw new Error('no') } }
       circle.circle = circle
       log('info', 'logged', { circle, map: new Map([[circle, new WeakMap()]]), revoked: revoked() })
       return true
     }
     const revoked = () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy }\n`,
    {},
    async ({ shard, log, project }) => {
      const child = await shard(0)
      assert.equal(await child.ask(batch(1)), checkpoint(0))
      await child.end()
      assert.ok(log.includes('info logged'), log.join('\n'))
      assert.equal(fs.readFileSync(path.join(project, 'dead-letters.ndjson'), 'utf8'), '')
    }
  ))

describe('many shards', () => {
  it('share the one process, each with its own conversation', () =>
    withHost(
      'const seen = {}\nexports.handler = (r) => { (seen[r.shardId] ??= []).push(1); return seen[r.shardId].length % 2 === 0 }\n',
      {},
      async ({ shard, host, status: seen }) => {
        const children = await Promise.all(numbers(30).map(shard))
        const replies = await Promise.all(children.map((child) => child.ask(batch(2))))
        assert.deepEqual(replies, Array(30).fill(checkpoint(1)))
        await seen((shards) => shards.length === 30 && shards.every(({ handled }) => handled === 2))
        assert.deepEqual(
          host.shards().map((one) => one.shardId),
          numbers(30).map(shardId)
        )
        await Promise.all(children.map((child) => child.end()))
      }
    ))

  it('are shared out evenly to the threads, each of which loads the handler once', () =>
    withHost(
      'exports.acquire = () => ({ count: 0 })\nexports.handler = (r, { resource }) => { resource.count += 1; return resource.count === 2 }\n',
      { threads: 2 },
      async ({ shard, host, status: seen }) => {
        const children = [await shard(0), await shard(1), await shard(2), await shard(3)]
        await seen((shards) => shards.length === 4)
        assert.deepEqual(
          host.shards().map(({ thread }) => thread),
          [0, 1, 0, 1]
        )
        const replies: Array<string> = []
        for (const child of children) replies.push(await child.ask(batch(1)))
        // Had all four one counter, the second alone would have been the second one.
        assert.deepEqual(replies, [
          status('processRecords'),
          status('processRecords'),
          checkpoint(0),
          checkpoint(0)
        ])
        await Promise.all(children.map((child) => child.end()))
      }
    ))
})

describe('what ends the worker is reported, and its relay ends', () => {
  it('a handler that halts', () =>
    withHost(
      "exports.handler = () => ({ _tag: 'Halt', reason: 'enough' })\n",
      { config: 'handler: ./handler.js\nfailure: { then: halt }\n' },
      async ({ shard, end }) => {
        const child = await shard(3)
        assert.equal(await child.ask(batch(0)), status('processRecords'))
        say(child, batch(1))
        const told = await end()
        assert.deepEqual([told.shardId, told.code], [shardId(3), 1])
        assert.match(told.reason, /^halting: /)
        assert.equal((await child.left()).code, 0)
      }
    ))

  it('a line that is no action', () =>
    withHost(ACK, {}, async ({ shard, end }) => {
      const child = await shard(3)
      child.send('what?\n')
      const told = await end()
      assert.deepEqual([told.shardId, told.code], [shardId(3), 3])
      assert.match(told.reason, /^a line from the daemon cannot be read/)
      await child.left()
    }))

  it('user code that fails outside a record: every session of its thread halts, those of the other go on', () =>
    withHost(
      "exports.handler = (r) => { if (r.partitionKey === 'bad') setImmediate(() => { throw new Error('outside') }); return false }\n",
      { threads: 2 },
      async ({ shard, end, host }) => {
        const [first, second, third] = [await shard(0), await shard(1), await shard(2)]
        assert.equal(await second.ask(batch(1)), status('processRecords'))
        assert.equal(await first.ask(batch([{ partitionKey: 'bad' }])), status('processRecords'))
        assert.deepEqual(await end(), {
          shardId: null,
          code: 1,
          reason: 'user code failed outside a record: Error: outside'
        })
        for (const child of [first, third]) await child.left()
        // The other thread has nothing to do with it.
        assert.equal(await second.ask(batch(1)), status('processRecords'))
        await second.end()
        assert.deepEqual(await host.revive(), E.right(undefined))
        const anew = await shard(0)
        assert.equal(await anew.ask(batch(1)), status('processRecords'))
        await anew.end()
      }
    ))

  it('process.exit, which ends the thread and not the process', () =>
    withHost('exports.handler = () => process.exit(0)\n', {}, async ({ shard, relay, end, host, log }) => {
      const child = await shard(0)
      say(child, batch(1))
      assert.deepEqual(await end(), {
        shardId: shardId(0),
        code: 1,
        reason:
          'user code ended its thread (process.exit, code 0), while the handler was at work on ' +
          `the record ${position(0).sequenceNumber}/0 of ${shardId(0)}; when the record comes again, ` +
          'it runs alone; if this happens again, the record is to blame'
      })
      assert.equal((await child.left()).stdout, `\n${status('initialize')}\n`)
      assert.ok(log.some((line) => line.startsWith('error a thread of shards has died')))
      // Until it is revived there is nobody to talk to, and a relay is not left waiting.
      assert.equal((await relay().left()).code, 0)
      assert.deepEqual(await host.revive(), E.right(undefined))
    }))
})

describe('a host is refused', () => {
  const refusal = async (handler: string, config = CONFIG): Promise<string> => {
    const opened = await tryToOpen(handler, { config })
    return E.isLeft(opened) ? opened.left.join('\n') : assert.fail('it was opened')
  }

  it('when the module throws while it is loaded', async () =>
    assert.match(await refusal("throw new Error('no such luck')\n"), /handler\.js throws while it is loaded/))

  it('when it exports no handler', async () =>
    assert.match(await refusal('exports.other = 1\n'), /expected an export `handler`/))

  it('when what it needs cannot be acquired', async () =>
    assert.match(
      await refusal("exports.handler = () => false\nexports.acquire = () => { throw new Error('locked') }\n"),
      /`acquire` of handler\.js failed: Error: locked/
    ))

  it('when the module ends its thread', async () =>
    assert.match(
      await refusal('process.exit(0)\n'),
      /the thread ended before the handler was loaded: its module calls process\.exit/
    ))

  it('when it awaits what nothing ends', async () =>
    assert.match(
      await refusal(
        'exports.handler = () => false\nexports.acquire = () => new Promise(() => {})\n',
        'handler: ./handler.js\ndeadline: 10ms\n'
      ),
      /`acquire` of handler\.js failed: DeadlineExceeded: it took longer than 10 ms/
    ))
})

describe('a worker that stops', () => {
  it('begins no further record in any shard, and acknowledges what it has', () =>
    withHost(
      "exports.handler = async (r, { signal }) => { console.log('began'); await new Promise((go) => setTimeout(go, 50)); return false }\n",
      {},
      async ({ shard, host, log }) => {
        const [first, second] = [await shard(0), await shard(1)]
        host.drain()
        assert.equal(await first.ask(batch(3)), status('processRecords'))
        assert.equal(await second.ask(batch(3)), status('processRecords'))
        // One that comes late drains too.
        const third = await shard(2)
        assert.equal(await third.ask(batch(3)), status('processRecords'))
        for (const child of [first, second, third]) assert.equal((await child.end()).code, 0)
        assert.deepEqual(
          log.filter((line) => line.startsWith('error')),
          []
        )
      }
    ))

  it('closes what was acquired once, and leaves nothing behind', async () => {
    const project = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-released-'))
    const file = path.join(project, 'released')
    let folder = ''
    await withHost(
      `exports.handler = () => false
       exports.acquire = () => 'it'
       exports.release = (it) => require('fs').appendFileSync(${JSON.stringify(file)}, it)\n`,
      {},
      async ({ shard, host }) => {
        folder = host.folder
        await shard(0)
      }
    )
    assert.equal(fs.readFileSync(file, 'utf8'), 'it')
    assert.equal(fs.existsSync(folder), false)
    fs.rmSync(project, { recursive: true })
  })
})

describe('a process is killed', () => {
  it('the relay: what is brought by its other half is not acknowledged, and the host goes on', () =>
    withHost(ACK, {}, async ({ host, shard, project, end }) => {
      // A stdin that outlives the relay, as the daemon's does.
      const pipe = path.join(project, 'stdin')
      execFileSync('mkfifo', [pipe])
      const stdin = fs.openSync(pipe, fs.constants.O_RDWR)
      const relay = spawn(host.executable, [], {
        cwd: host.folder,
        stdio: [stdin, 'pipe', 'inherit'],
        detached: true
      })
      fs.writeSync(stdin, `${ActionCodec.encode(initialize(0))}\n`)
      const [reply] = (await once(relay.stdout ?? assert.fail(), 'data')) as [Buffer]
      assert.equal(reply.toString(), `\n${status('initialize')}\n`)
      relay.kill('SIGKILL')
      await once(relay, 'exit')
      fs.writeSync(stdin, `${ActionCodec.encode(batch(1))}\n`)
      assert.deepEqual(await end(), {
        shardId: shardId(0),
        code: 3,
        reason: 'the daemon no longer reads our replies: Error: EPIPE: broken pipe, write'
      })
      fs.closeSync(stdin)
      // The other half reads a pipe that it holds open itself: nothing else ends it.
      process.kill(-(relay.pid ?? assert.fail()), 'SIGKILL')
      const next = await shard(0)
      assert.equal((await next.end()).code, 0)
    }))

  it('a relay that has only announced itself', () =>
    withHost(ACK, {}, async ({ host, shard }) => {
      fs.writeFileSync(path.join(host.folder, 'announce'), '999999999\n')
      const child = await shard(0)
      await child.end()
    }))

  it('the daemon in the middle of a line: the session ends, and nothing of it is acknowledged', () =>
    withHost(ACK, {}, async ({ shard, end }) => {
      const child = await shard(0)
      child.send('{"action":"processRecords","records":[')
      child.process.stdin.end()
      const told = await end()
      assert.deepEqual(told, {
        shardId: shardId(0),
        code: 3,
        reason: 'stdin ended in the middle of a line, after 38 bytes of it'
      })
      assert.equal((await child.left()).stdout, `\n${status('initialize')}\n`)
    }))
})

it('a folder with spaces is no problem: the daemon gets a path without any', async () => {
  const place = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-space-')), "with spaces and 'quotes'")
  fs.mkdirSync(place)
  await withHost(ACK, { place }, async ({ host, shard }) => {
    assert.equal(path.dirname(host.folder), place)
    assert.equal(host.executable.includes(' '), false)
    const child = await shard(0)
    assert.equal((await child.end()).code, 0)
  })
  fs.rmSync(path.dirname(place), { recursive: true })
})
