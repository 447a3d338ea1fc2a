/** The two ways in which a relay connects the daemon with the host. */
import * as assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Action from '../../src/protocol/Action'
import * as Pipes from '../../src/host/Pipes'
import * as Spare from '../../src/host/Spare'
import { ACK, CONFIG, PIPE, project, start, status, withHandler, type Child } from '../system/process/Child'
import { batch, comes, copies, initialize, say, shardId, withHost, type Rig } from './Rig'

const skip = process.platform !== 'linux' && 'needs /proc'

const by = (way: string): string => `${CONFIG}host: { relay: ${way} }\n`

/** A relay on sockets, as Node makes them: their ends cannot be opened by name. */
const onSockets = ({ host }: Rig): Child => start(host.folder, { command: [host.executable] })

/** What the process has open, by the names of the files; without what it closes at this moment. */
const openIn = (pid: number): ReadonlyArray<string> =>
  fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const link = E.tryCatch(() => fs.readlinkSync(`/proc/${pid}/fd/${fd}`), String)
    return E.isRight(link) ? [link.right] : []
  })

const childrenOf = (pid: number): string =>
  fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()

const pidOf = (child: Child): number => child.process.pid ?? assert.fail()

const waits = (child: Child): Promise<void> =>
  comes('a relay that is one process and has closed the pipes of the daemon', () => {
    const pid = pidOf(child)
    return childrenOf(pid) === '' && !openIn(pid).some((name) => name.includes(PIPE))
  })

/** Whether the daemon has read the end of its child's stdout. */
const ends = (child: Child): Promise<unknown> => once(child.process.stdout, 'end')

describe("a relay whose host has opened the daemon's own pipes", { skip }, () => {
  it('is one process that waits, and holds no end of them', () =>
    withHost(ACK, { config: by('direct') }, async ({ shard }) => {
      const child = await shard(0)
      await waits(child)
      const held = openIn(pidOf(child))
      assert.equal(held.filter((name) => /\/pool\/[0-9]+\.in\b/.test(name)).length, 1)
      assert.equal((await child.end()).code, 0)
    }))

  it('may be stopped: the conversation goes on', () =>
    withHost(ACK, { config: by('direct') }, async ({ shard }) => {
      const child = await shard(0)
      child.process.kill('SIGSTOP')
      assert.equal(await child.ask(batch(3)), status('processRecords'))
      child.process.kill('SIGCONT')
      assert.equal((await child.end()).code, 0)
    }))

  it('is killed: the session ends, the daemon reads the end of its child, and the host goes on', () =>
    withHost(ACK, { config: by('direct') }, async ({ shard, end }) => {
      const child = await shard(0)
      const over = ends(child)
      child.process.kill('SIGKILL')
      assert.deepEqual(await end(), {
        shardId: shardId(0),
        code: 3,
        reason: 'stdin cannot be read: the relay of the shard has died'
      })
      await over
      assert.equal((await (await shard(0)).end()).code, 0)
    }))

  it('ends with its host', async () => {
    const full = path.join(__dirname, 'full.js')
    const host = spawn(process.execPath, [full, withHandler(ACK, by('direct')), project({})], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    const [folder] = (await once(host.stdout, 'data')) as [Buffer]
    const child = start(folder.toString().trim(), { command: ['./relay'], pipes: true })
    assert.equal(await child.ask(initialize(0)), status('initialize'))
    const over = ends(child)
    host.kill('SIGKILL')
    assert.equal((await child.left()).code, 0)
    await over
  })

  it('is refused where the daemon speaks by something other than pipes', () =>
    withHost(ACK, { config: by('direct') }, async (rig) => {
      const child = onSockets(rig)
      assert.deepEqual(await rig.end(), {
        shardId: null,
        code: 3,
        reason:
          'the pipes of the daemon cannot be opened, and host.relay is direct: the daemon does not talk to its child over pipes'
      })
      assert.equal((await child.left()).stdout, '')
    }))
})

describe('relays of which it is not said how they connect', { skip }, () => {
  it('copy from the first one on whose pipes cannot be opened', () =>
    withHost(ACK, { config: `${by('auto')}log: { level: debug }\n` }, async (rig) => {
      for (const child of [onSockets(rig), rig.relay(), onSockets(rig)]) {
        assert.equal(await child.ask(initialize(0)), status('initialize'))
        await copies(child)
        assert.notEqual(childrenOf(pidOf(child)), '')
        assert.equal((await child.end()).code, 0)
      }
      assert.deepEqual(
        rig.log.filter((line) => line.startsWith('debug the relays copy')),
        [
          'debug the relays copy between the daemon and the host: the daemon does not talk to its child over pipes'
        ]
      )
    }))

  it('connect directly where that works', () =>
    withHost(ACK, { config: by('auto') }, async ({ shard }) => {
      const child = await shard(0)
      await waits(child)
      await child.end()
    }))
})

it('a process that has got the number of a relay is not taken for it', { skip }, () => {
  const folder = project({})
  const pid = process.pid
  const names = ['in', 'out'].map((end) => path.join(folder, `${pid}.${end}`))
  execFileSync('mkfifo', names)
  const held = names.map((name) => fs.openSync(name, 'r+'))
  const spare = Spare.make()
  const opened = Pipes.open(folder, { pid, pair: String(pid) }, spare, 'direct')
  assert.ok(E.isRight(opened))
  assert.match(
    opened.right.obstacle ?? '',
    /^the process [0-9]+ is another process in this namespace$|ENOENT/
  )
  assert.equal(opened.right.ends.leash, null)
  Pipes.close(opened.right.ends)
  for (const fd of held) fs.closeSync(fd)
  spare.close()
})

for (const way of ['direct', 'fifo'])
  describe(`the daemon closes its child's stdin, with relays that are ${way}`, { skip }, () => {
    const config = `${by(way)}deadline: 20s\nconcurrency: 1\n`

    /** Notes what it is given and that it was told to stop, and returns when the file `go` is there. */
    const SLOW = `
      const fs = require('fs')
      const note = (text) => fs.appendFileSync(__dirname + '/notes', text + '\\n')
      exports.handler = (record, { signal }) => new Promise((resolve) => {
        note('begins ' + record.partitionKey)
        signal.addEventListener('abort', () => note('is told to stop'))
        const look = setInterval(() => {
          if (!fs.existsSync(__dirname + '/go')) return
          clearInterval(look)
          note('returns')
          resolve(false)
        }, 5)
      })
    `
    const notesIn = (folder: string): string =>
      fs.existsSync(path.join(folder, 'notes')) ? fs.readFileSync(path.join(folder, 'notes'), 'utf8') : ''

    it('while a handler runs: it is asked to stop, nothing begins, and its stdout ends after the handler', () =>
      withHost(SLOW, { config }, async ({ shard, end, project: folder, status: seen }) => {
        const child = await shard(0)
        let isOver = false
        const over = ends(child).then(() => void (isOver = true))
        say(child, batch(3))
        await comes('a handler at work', () => notesIn(folder).includes('begins'))
        child.process.stdin.end()
        assert.deepEqual(await end(), {
          shardId: shardId(0),
          code: 3,
          reason: 'stdin ended in the middle of processRecords; it is not acknowledged'
        })
        await seen((shards) => shards.length === 0)
        assert.equal(notesIn(folder), 'begins pk-0\nis told to stop\n')
        assert.equal(isOver, false, 'the handler runs')
        fs.writeFileSync(path.join(folder, 'go'), '')
        await over
        assert.equal(notesIn(folder), 'begins pk-0\nis told to stop\nreturns\n')
        assert.equal((await child.left()).code, 0)
      }))

    it('while a handler runs that never returns: its thread is ended, and its record is remembered', () =>
      withHost(
        SLOW,
        { config: `${by(way)}deadline: 100ms\n`, grace: 200 },
        async ({ shard, end, project: folder }) => {
          const child = await shard(0)
          const over = ends(child)
          say(child, batch(1))
          await comes('a handler at work', () => notesIn(folder).includes('begins'))
          child.process.stdin.end()
          assert.match((await end()).reason, /^stdin ended in the middle of processRecords/)
          const { code, reason } = await end()
          assert.equal(code, 1)
          assert.match(
            reason,
            /^the handler still runs [0-9]+ s after the session of its shard has ended, on the record [0-9/]+ of shardId-0+; when the record comes again, it runs alone/
          )
          await over
        }
      ))

    it('and reads no more, with a full pipe: the child ends, since nothing reads its output', () =>
      withHost(ACK, { config: `${by(way)}deadline: 100ms\n`, grace: 1000 }, async ({ shard, end }) => {
        const child = await shard(0)
        child.process.stdout.pause()
        for (let sent = 0; sent < 6000; sent++) say(child, Action.processRecords([], 0))
        await new Promise((resolve) => setTimeout(resolve, 100))
        child.process.stdout.destroy()
        child.process.stdin.end()
        assert.match((await end()).reason, /EPIPE|has held up its thread|ended in the middle/)
        await child.left()
      }))
  })
