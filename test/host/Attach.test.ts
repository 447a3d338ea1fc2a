import * as assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Lines from '../../src/protocol/wire/Lines'
import * as Clock from '../../src/run/Clock'
import * as Folder from '../../src/host/Folder'
import { ACK, CONFIG, project, start, status, withHandler, type Child } from '../system/process/Child'
import { batch, comes, copies, initialize, RELAY, say, tryToOpen, withHost } from './Rig'

interface Full {
  readonly folder: string
  readonly order: (line: string) => Promise<string>
  readonly next: () => Promise<string>
}

/** A host in a process that may have so many descriptors. */
const withLimit = async (limit: number, test: TestContext): Promise<Full> => {
  const host = spawn(
    'sh',
    [
      '-c',
      `ulimit -n ${limit}; exec "$@"`,
      'sh',
      process.execPath,
      path.join(__dirname, 'full.js'),
      withHandler(ACK, CONFIG),
      project({})
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] }
  )
  test.after(() => host.kill('SIGKILL'))
  const said: Array<string> = []
  let awake = (): void => undefined
  const lines = Lines.make()
  host.stdout.on('data', (chunk: Buffer) => {
    lines.push(chunk, (line) => void said.push(line.toString('utf8')))
    awake()
  })
  const next = async (): Promise<string> => {
    while (said.length === 0)
      await new Promise<void>((resolve) => {
        awake = resolve
      })
    return said.shift() ?? ''
  }
  return {
    folder: await next(),
    order: (line) => {
      host.stdin.write(`${line}\n`)
      return next()
    },
    next
  }
}

const relayOf = (folder: string): Child => start(folder, { command: [Folder.EXECUTABLE] })

describe('a host whose process has no free descriptor', () => {
  it('attaches relays by those that it keeps in reserve', async (test) => {
    const host = await withLimit(256, test)
    assert.equal(await host.order('fill'), 'full true')
    const relays = Array.from({ length: 8 }, () => relayOf(host.folder))
    const replies = await Promise.all(relays.map((relay, i) => relay.ask(initialize(i))))
    assert.deepEqual(replies, Array(8).fill(status('initialize')))
    for (const relay of relays) assert.equal((await relay.end()).code, 0)
  })

  it('ends a relay when even those are gone, says why, and attaches again when there are others', async (test) => {
    const host = await withLimit(256, test)
    assert.equal(await host.order('fill'), 'full true')
    const relays = Array.from({ length: 24 }, () => relayOf(host.folder))
    const ended = await Promise.race(relays.map((relay) => relay.left()))
    assert.deepEqual([ended.code, ended.stdout], [1, ''])
    assert.match(ended.stderr, /^kclts: the host process could not open its pipes, so the relay [0-9]+ /)
    assert.match(await host.next(), /^end 3 the relay [0-9]+ cannot be reached: .*EMFILE/)
    // The other half of each reads its stdin to the end.
    for (const { process } of relays) {
      process.stdin.destroy()
      process.kill('SIGKILL')
    }
    for (let said = await host.order('free'); said !== 'free';) said = await host.next()
    const later = relayOf(host.folder)
    assert.equal(await later.ask(initialize(0)), status('initialize'))
    await later.end()
  })
})

const ONCE =
  "const fs = require('fs'); const once = __dirname + '/once'; const isFirst = !fs.existsSync(once); fs.writeFileSync(once, '')\n"

describe('a relay whose thread does not take it', () => {
  const config = `${CONFIG}deadline: 200ms\n`

  it('ends with a thread that stands still, and the next life attaches', () =>
    withHost(
      `${ONCE}if (isFirst) setTimeout(() => { fs.writeFileSync(__dirname + '/stands', ''); for (;;); }, 50)\nexports.handler = () => false\n`,
      { config, grace: 300 },
      async ({ relay, end, host, shard, project: folder }) => {
        await comes('a thread that stands still', () => fs.existsSync(path.join(folder, 'stands')))
        const waiting = relay()
        say(waiting, initialize(0))
        assert.match((await end()).reason, /^user code has held up its thread/)
        assert.deepEqual([(await waiting.left()).stdout, host.unattached()], ['', []])
        assert.deepEqual(await host.revive(), E.right(undefined))
        assert.equal((await (await shard(0)).end()).code, 0)
      }
    ))

  it('ends with a thread that dies', () =>
    withHost(
      `${ONCE}const isThere = (name) => fs.existsSync(__dirname + '/' + name)
       exports.handler = () => { fs.writeFileSync(__dirname + '/began', ''); while (!isThere('go')); process.exit(1) }\n`,
      { config: `${CONFIG}deadline: 1m\n` },
      async ({ shard, relay, end, status: seen, host, project: folder }) => {
        const child = await shard(0)
        await seen((shards) => shards.length === 1)
        say(child, batch(1))
        await comes('a handler at work', () => fs.existsSync(path.join(folder, 'began')))
        const waiting = relay()
        say(waiting, initialize(1))
        await comes('a relay that waits', () => host.unattached().length > 0)
        const [one] = host.unattached()
        assert.deepEqual([one?.relay, one?.allowed], [waiting.process.pid, 60_000])
        assert.ok(Math.abs((one?.since ?? 0) - Clock.monotonic()) < 60_000)
        fs.writeFileSync(path.join(folder, 'go'), '')
        assert.match((await end()).reason, /^user code ended its thread/)
        assert.equal((await waiting.left()).stdout, '')
        await child.left()
      }
    ))

  it('ends when the thread lives and takes no orders', () =>
    withHost(
      "require('worker_threads').parentPort.on = () => undefined\nsetInterval(() => undefined, 10)\nexports.handler = () => false\n",
      { config, grace: 300 },
      async ({ relay, end }) => {
        const waiting = relay()
        say(waiting, initialize(0))
        const { code, reason } = await end()
        assert.equal(code, 3)
        assert.match(reason, /^no thread has attached the relay [0-9]+ for /)
        assert.equal((await waiting.left()).stdout, '')
      }
    ))
})

describe('a host is refused, and does not wait for ever', () => {
  const refusal = async (handler: string): Promise<string> => {
    const opened = await tryToOpen(handler, { config: `${CONFIG}deadline: 10ms\n`, loadTimeout: 500 })
    return E.isLeft(opened) ? opened.left.join('\n') : assert.fail('it was opened')
  }
  const expected =
    /^the handler is not ready after 1 s: its module does not finish loading, or a sink does not open$/

  it('when the module loops while it is loaded', async () =>
    assert.match(await refusal('for (;;);\n'), expected))

  it('when the module awaits what never comes, and something keeps its thread alive', async () =>
    assert.match(
      await refusal(
        'setInterval(() => undefined, 1000)\nexports.handler = () => false\nexports.acquire = () => { for (;;); }\n'
      ),
      expected
    ))
})

describe('a relay that no host answers', () => {
  /** A folder without a host, and a program `sleep` that does this in place of waiting. */
  const alone = (sleep: string): { readonly folder: Folder.Folder; readonly relay: () => Child } => {
    const made = Folder.make([project({})], RELAY)
    const folder = E.isRight(made) ? made.right : assert.fail(made.left)
    const bin = project({ sleep: `#!/bin/sh\n${sleep}\n` })
    fs.chmodSync(path.join(bin, 'sleep'), 0o755)
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, FOLDER: folder.path }
    return { folder, relay: () => start(folder.path, { command: [Folder.EXECUTABLE], env }) }
  }
  const close = ({ announce, remove }: Folder.Folder): void => {
    fs.closeSync(announce)
    remove()
  }

  it('ends after a while, and takes its pipes along', async () => {
    const { folder, relay } = alone('exit 0')
    const left = await relay().left()
    assert.deepEqual([left.code, left.stdout], [1, ''])
    assert.match(left.stderr, /^kclts: the host process has not answered for 30 seconds, so the relay /)
    assert.deepEqual(fs.readdirSync(folder.path).sort(), ['announce', 'relay'])
    close(folder)
  })

  it('ends though the pipe on which it announces itself is full', async () => {
    const { folder, relay } = alone('exit 0')
    try {
      for (;;) fs.writeSync(folder.announce, '1\n'.repeat(2048))
    } catch {
      // Full.
    }
    const left = await relay().left()
    // A shell that waits to write can only be killed.
    assert.deepEqual([left.code, left.signal, left.stdout], [null, 'SIGTERM', ''])
    close(folder)
  })

  it('ends though that pipe is no more, and makes no file in its place', async () => {
    const { folder, relay } = alone('exit 0')
    fs.rmSync(path.join(folder.path, 'announce'))
    assert.equal((await relay().left()).code, 1)
    assert.deepEqual(fs.readdirSync(folder.path), ['relay'])
    close(folder)
  })

  it('ends when the whole folder is removed', async () => {
    const { folder, relay } = alone('rm -rf "$FOLDER"')
    assert.equal((await relay().left()).stdout, '')
    assert.equal(fs.existsSync(folder.path), false)
    close(folder)
  })

  it('ends when it cannot make its pipes', async () => {
    const { folder, relay } = alone('exit 0')
    const bin = project({ mkfifo: '#!/bin/sh\nexit 1\n' })
    fs.chmodSync(path.join(bin, 'mkfifo'), 0o755)
    const child = start(folder.path, {
      command: [Folder.EXECUTABLE],
      env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` }
    })
    assert.equal((await child.left()).code, 1)
    assert.equal((await relay().left()).code, 1)
    close(folder)
  })
})

it(
  'a relay that copies leaves no zombie process behind it',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  () =>
    withHost(ACK, { config: `${CONFIG}host: { relay: fifo }\n` }, async ({ shard }) => {
      const child = await shard(0)
      await copies(child)
      const states = execFileSync('ps', ['-o', 'stat=', '--ppid', String(child.process.pid)], {
        encoding: 'utf8'
      })
      // One child, which is not dead.
      assert.match(states.trim(), /^[^Z\s]\S*$/)
      await child.end()
    })
)
