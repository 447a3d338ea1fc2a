import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import * as nodeFs from 'node:fs'
import * as net from 'node:net'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import type * as SinkSettings from '../../src/sinks/Settings'
import * as File from '../../src/sinks/file'
import * as Outbox from '../../src/sinks/Outbox'
import type { Entry, Transport } from '../../src/sinks/Sink'
import * as OtherUser from '../system/process/OtherUser'
import { entry, settings } from './Fake'
import * as Time from './Time'

const room = nodeFs.mkdtempSync(path.join(os.tmpdir(), 'kclts-file-sink-'))
const transports: Array<Transport> = []
after(async () => {
  await Promise.all(transports.map(({ close }) => close()))
  nodeFs.rmSync(room, { recursive: true })
})

let places = 0
const place = (): string => path.join(room, String((places += 1)), 'out', 'orders.ndjson')

const read = (file: string): string => nodeFs.readFileSync(file, 'utf8')

const opened = async (
  file: string,
  given: Partial<SinkSettings.File> = {},
  now: () => number = Date.now,
  open?: File.Open,
  monotonic?: () => number
): Promise<Transport> => {
  const transport = await File.transport({ type: 'file', path: file, ...given }, file, now, open, monotonic)
  transports.push(transport)
  return transport
}

const numbers = (...ids: ReadonlyArray<number>): ReadonlyArray<Entry> => ids.map((id) => entry(String(id)))

const { signal } = new AbortController()

/** How each entry ended. */
const send = async (transport: Transport, entries: ReadonlyArray<Entry>): Promise<string> =>
  (await transport.send(entries, signal)).map(({ _tag }) => _tag).join(' ')

/** The real file, whose writes take so many bytes at most, in turn; an error of that code for 0. */
const full = (...room: ReadonlyArray<number>): File.Open => {
  const left = [...room]
  return async (file) => {
    const handle = await fs.open(file, 'a+')
    return new Proxy(handle, {
      get: (target, name) => {
        if (name !== 'write') {
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        }
        return (bytes: Buffer) => {
          const most = left.shift() ?? Infinity
          if (most === 0)
            throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
          return target.write(bytes, 0, Math.min(bytes.length, most), null)
        }
      }
    })
  }
}

describe('a line', () => {
  it('is the value alone, or has the ids too', async () => {
    const [plain, withIds] = [place(), place()]
    await send(await opened(plain), numbers(1, 2))
    await send(await opened(withIds, { ids: true }), numbers(1))
    assert.equal(read(plain), '1\n2\n')
    assert.equal(read(withIds), '{"id":"1","key":"k","value":1}\n')
  })

  it('is appended to what is there', async () => {
    const file = place()
    const first = await opened(file)
    await send(first, numbers(1))
    await first.close()
    await send(await opened(file), numbers(2))
    assert.equal(read(file), '1\n2\n')
  })

  it('is readable by its owner alone', { skip: process.platform === 'win32' }, async () => {
    const file = place()
    await opened(file)
    assert.equal(nodeFs.statSync(file).mode & 0o777, 0o600)
  })

  it('that a crash cut stays a line of its own', async () => {
    const file = place()
    await opened(file)
    nodeFs.writeFileSync(file, '1\n{"tot')
    assert.equal(await send(await opened(file), numbers(2, 3)), 'Done Done')
    assert.equal(read(file), '1\n{"tot\n2\n3\n')
  })
})

describe('a disk that is full', () => {
  it('takes what fits; the rest comes again, and nothing twice', async () => {
    const file = place()
    const time = Time.make()
    const transport = await opened(file, {}, Date.now, full(6, 0, 0))
    const sink = Outbox.make(transport, { ...settings, timeout: 1e12, deadline: 1e12 }, time)
    const ends = Promise.all(numbers(100, 200, 300).map((one) => sink.push(one).then((end) => end._tag)))
    let isOver = false
    void ends.then(() => (isOver = true))
    while (!isOver) await time.run(time.now() + 100)
    assert.deepEqual(await ends, ['Right', 'Right', 'Right'])
    assert.equal(read(file), '100\n20\n200\n300\n')
  })

  it('is reported in the words of the operating system', async () => {
    const transport = await opened(place(), {}, Date.now, full(0))
    await assert.rejects(transport.send(numbers(1), signal), { code: 'ENOSPC' })
  })
})

describe('a file that others write to', () => {
  it('takes the lines of all', async () => {
    const file = place()
    const writers = await Promise.all([0, 1, 2, 3].map(() => opened(file)))
    await Promise.all(
      writers.map(async (writer, i) => {
        for (let n = 0; n < 50; n++)
          assert.equal(await send(writer, [entry(`${i}${n}`), entry(`${i}${n}`)]), 'Done Done')
      })
    )
    const lines = read(file).split('\n').slice(0, -1)
    const expected = [0, 1, 2, 3].flatMap((i) => Array.from({ length: 50 }, (_, n) => `${i}${n}`))
    assert.deepEqual(lines.sort(), [...expected, ...expected].sort())
  })

  it('comes again when half a line of another got before it', async () => {
    const file = place()
    const open: File.Open = async (name) => {
      const handle = await fs.open(name, 'a+')
      const write = handle.write.bind(handle)
      let isFirst = true
      return Object.assign(handle, {
        write: async (bytes: Buffer) => {
          if (isFirst) nodeFs.appendFileSync(name, '{"hal')
          isFirst = false
          return write(bytes, 0, bytes.length, null)
        }
      })
    }
    const transport = await opened(file, {}, Date.now, open)
    assert.equal(await send(transport, numbers(1, 2)), 'Again Again')
    assert.equal(await send(transport, numbers(1, 2)), 'Done Done')
    assert.equal(read(file), '{"hal1\n2\n1\n2\n')
  })

  it('that is moved away while it is written to has taken nothing: who moved it may have read it already', async () => {
    const file = place()
    const moving: File.Open = async (name) => {
      const handle = await fs.open(name, 'a+')
      return new Proxy(handle, {
        get: (target, key) => {
          const value: unknown = Reflect.get(target, key)
          if (key === 'write' && !nodeFs.existsSync(`${file}.taken`)) nodeFs.renameSync(file, `${file}.taken`)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        }
      })
    }
    const transport = await opened(file, {}, Date.now, moving)
    assert.equal(await send(transport, numbers(1, 2)), 'Again Again')
    assert.equal(await send(transport, numbers(1, 2)), 'Done Done')
    assert.equal(read(file), '1\n2\n')
  })

  it('that was moved away goes on in a new one', async () => {
    const file = place()
    const transport = await opened(file)
    await send(transport, numbers(1))
    nodeFs.renameSync(file, `${file}.old`)
    await send(transport, numbers(2))
    assert.deepEqual([read(`${file}.old`), read(file)], ['1\n', '2\n'])
  })
})

describe('a rotation', () => {
  const rotated = (file: string): ReadonlyArray<string> =>
    nodeFs
      .readdirSync(path.dirname(file))
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map((name) => `${name}: ${read(path.join(path.dirname(file), name)).replaceAll('\n', ' ')}`)

  const at = (time: string) => () => new Date(time).getTime()

  it('by size keeps the old files in the order of their names, and overwrites none', async () => {
    const file = place()
    const transport = await opened(file, { rotate: { size: 4 } }, at('2026-01-31T23:59:59Z'))
    for (const n of [10, 11, 12, 13, 14]) await send(transport, numbers(n))
    assert.deepEqual(rotated(file), [
      'orders.2026-01-31T23-59-59-000Z.ndjson: 10 11 ',
      'orders.2026-01-31T23-59-59-001Z.ndjson: 12 13 ',
      'orders.ndjson: 14 '
    ])
  })

  it('by time counts from the first line of the file, across restarts', async () => {
    const file = place()
    await send(await opened(file, { rotate: { interval: 3_600_000 } }), numbers(1))
    await send(await opened(file, { rotate: { interval: 3_600_000 } }), numbers(2))
    const later = Date.now() + 3_600_000
    await send(await opened(file, { rotate: { interval: 3_600_000 } }, () => later), numbers(3))
    assert.deepEqual(
      rotated(file).map((line) => line.replace(/2\d{3}-.*Z/, 'TIME')),
      ['orders.TIME.ndjson: 1 2 ', 'orders.ndjson: 3 ']
    )
  })

  it('leaves a symbolic link where it is, and begins the new file where the link leads', async () => {
    const file = place()
    const real = path.join(path.dirname(path.dirname(file)), 'volume', 'orders.ndjson')
    nodeFs.mkdirSync(path.dirname(file), { recursive: true })
    nodeFs.symlinkSync(real, file)
    const transport = await opened(file, { rotate: { size: 4 } }, at('2026-01-31T23:59:59Z'))
    for (const n of [10, 11, 12]) await send(transport, numbers(n))
    assert.equal(nodeFs.readlinkSync(file), real)
    assert.deepEqual(rotated(file), ['orders.ndjson: 12 '])
    assert.deepEqual(rotated(real), ['orders.2026-01-31T23-59-59-000Z.ndjson: 10 11 ', 'orders.ndjson: 12 '])
  })

  it('of a file that several write to loses nothing', async () => {
    const file = place()
    const writers = await Promise.all([0, 1, 2].map(() => opened(file, { rotate: { size: 20 } })))
    await Promise.all(
      writers.map(async (writer, i) => {
        for (let n = 10; n < 60; n++) await send(writer, numbers(i * 100 + n))
      })
    )
    const lines = rotated(file).flatMap((line) => line.split(': ')[1]?.split(' ').filter(Boolean) ?? [])
    const expected = [0, 100, 200].flatMap((i) => Array.from({ length: 50 }, (_, n) => String(i + n + 10)))
    assert.deepEqual(lines.sort(), expected.sort())
  })
})

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A machine whose wall clock can be set; the monotonic one goes on. */
const machine = () => {
  let passed = 0
  let ahead = Date.UTC(2026, 0, 31)
  return {
    wall: () => ahead + passed,
    monotonic: () => passed,
    pass: (millis: number) => void (passed += millis),
    set: (millis: number) => void (ahead += millis)
  }
}

/** The real file, on a disk that keeps no time of birth: Node gives what `birth` says in its place. */
const withoutBirth =
  (birth: (stats: nodeFs.Stats) => number): File.Open =>
  async (name) => {
    const handle = await fs.open(name, 'a+', 0o600)
    const stat = handle.stat.bind(handle)
    const strange = async (): Promise<nodeFs.Stats> => {
      const stats = await stat()
      return Object.assign(stats, { birthtimeMs: birth(stats) })
    }
    return Object.assign(handle, { stat: strange as typeof handle.stat })
  }

describe('a rotation once a day', () => {
  const rotate = { interval: DAY }

  /** The lines of each file, the rotated ones first. */
  const files = (file: string): ReadonlyArray<string> =>
    nodeFs
      .readdirSync(path.dirname(file))
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map((name) =>
        read(path.join(path.dirname(file), name))
          .trim()
          .replaceAll('\n', ' ')
      )

  for (const [what, birth] of [
    ['of 1970', () => 0],
    ['of the last change', ({ ctimeMs }) => ctimeMs]
  ] satisfies ReadonlyArray<readonly [string, (stats: nodeFs.Stats) => number]>)
    it(`is one where the disk gives a time of birth ${what}, across restarts`, async () => {
      const file = place()
      const clock = machine()
      const start = () => opened(file, { rotate }, clock.wall, withoutBirth(birth), clock.monotonic)
      const first = await start()
      for (let n = 100; n < 150; n++) await send(first, numbers(n))
      clock.pass(DAY - 1)
      await send(await start(), numbers(1))
      clock.pass(1)
      const second = await start()
      for (const n of [2, 3, 4]) await send(second, numbers(n))
      const hundred = Array.from({ length: 50 }, (_, i) => i + 100).join(' ')
      assert.deepEqual(files(file), [`${hundred} 1`, '2 3 4'])
    })

  it('is not one at each write when the clock was ahead as the process began, or is set', async () => {
    const file = place()
    const clock = machine()
    const sink = await opened(file, { rotate }, clock.wall, undefined, clock.monotonic)
    await send(sink, numbers(1))
    for (const step of [3 * DAY, -9 * DAY, 30 * DAY]) {
      clock.set(step)
      for (const n of [2, 3, 4]) await send(sink, numbers(n))
    }
    assert.deepEqual(files(file), ['1', '2 3 4 2 3 4 2 3 4'])
    clock.pass(DAY)
    await send(sink, numbers(5))
    assert.deepEqual(files(file).at(-1), '5')
  })

  it('is one of several writers whose clocks are days apart, and loses no line', async () => {
    const file = place()
    const here = machine()
    const there = { ...here, wall: () => here.wall() + 5 * DAY }
    const writers = await Promise.all(
      [here, there].map(({ wall, monotonic }) => opened(file, { rotate }, wall, undefined, monotonic))
    )
    for (let n = 0; n < 40; n++)
      for (const [i, writer] of writers.entries())
        assert.equal(await send(writer, numbers(n * 2 + i)), 'Done')
    const found = files(file)
    assert.ok(found.length <= 3, String(found.length))
    assert.deepEqual(
      found.flatMap((lines) => lines.split(' ').map(Number)).sort((a, b) => a - b),
      Array.from({ length: 80 }, (_, i) => i)
    )
  })

  it(
    'has its beginning noted for the owner of the file, when root has written to it',
    { skip: process.getuid?.() === 0 ? false : 'only root can give a file away' },
    async () => {
      const file = place()
      const folder = path.dirname(file)
      nodeFs.mkdirSync(folder, { recursive: true })
      nodeFs.chownSync(folder, 65534, 1234)
      await send(await opened(file, { rotate }), numbers(1))
      assert.deepEqual(
        nodeFs
          .readdirSync(folder)
          .map((name) => nodeFs.statSync(path.join(folder, name)))
          .map(({ uid, gid }) => [uid, gid]),
        [
          [65534, 1234],
          [65534, 1234]
        ]
      )
    }
  )

  it('counts for a file of an older version from its birth', async () => {
    const file = place()
    nodeFs.mkdirSync(path.dirname(file), { recursive: true })
    nodeFs.writeFileSync(file, '1\n')
    const born = withoutBirth(() => Date.UTC(2026, 0, 1))
    await send(await opened(file, { rotate }, () => Date.UTC(2026, 0, 2), born), numbers(2))
    assert.deepEqual(files(file), ['1', '2'])
  })

  it('begins anew with a file that another program has moved away', async () => {
    const file = place()
    const clock = machine()
    const sink = await opened(file, { rotate }, clock.wall, undefined, clock.monotonic)
    await send(sink, numbers(1))
    clock.pass(DAY - 1)
    nodeFs.renameSync(file, `${file}.1`)
    await send(sink, numbers(2))
    clock.pass(DAY - 1)
    await send(sink, numbers(3))
    assert.equal(read(file), '2\n3\n')
    clock.pass(1)
    await send(sink, numbers(4))
    assert.equal(read(file), '4\n')
  })
})

describe('a file that cannot be', () => {
  const refused = async (file: string): Promise<string> =>
    opened(file).then(
      () => 'opened',
      (thrown: Error) => thrown.message.replace(/^.* is (.*), and a sink of type file .*$/, '$1')
    )

  it('is reported at start: a folder, a pipe, a socket, a device, a descriptor, a link to one', async () => {
    const folder = path.join(room, String((places += 1)))
    nodeFs.mkdirSync(folder)
    const [pipe, socket, link, stdout] = ['pipe', 'socket', 'link', 'stdout'].map((name) =>
      path.join(folder, name)
    ) as [string, string, string, string]
    execFileSync('mkfifo', [pipe])
    const server = net.createServer().listen(socket)
    await once(server, 'listening')
    nodeFs.symlinkSync(pipe, link)
    nodeFs.symlinkSync('/dev/stdout', stdout)
    assert.deepEqual(
      await Promise.all(
        [folder, pipe, link, socket, '/dev/null', '/dev/stdout', stdout, '/proc/self/fd/1'].map(refused)
      ),
      [
        'a folder',
        'a named pipe',
        'a named pipe',
        'a socket',
        'a device',
        'an open descriptor of the process',
        'an open descriptor of the process',
        'an open descriptor of the process'
      ]
    )
    server.close()
  })

  it(
    'is reported at start: one that this user may not write to, and a folder that takes no rotated files',
    { skip: OtherUser.unprivileged.skip },
    () => {
      const folder = path.join(room, String((places += 1)))
      nodeFs.mkdirSync(folder)
      const file = (name: string, mode: number): string => {
        nodeFs.writeFileSync(path.join(folder, name), '')
        nodeFs.chmodSync(path.join(folder, name), mode)
        return path.join(folder, name)
      }
      const settings = [
        { type: 'file', path: file('open', 0o666) },
        { type: 'file', path: file('shut', 0o444) },
        { type: 'file', path: path.join(folder, 'new') },
        { type: 'file', path: file('rotated', 0o666), rotate: { size: 10 } }
      ]
      nodeFs.chmodSync(folder, 0o555)
      nodeFs.chmodSync(room, 0o755)
      const module = JSON.stringify(path.join(__dirname, '../../src/sinks/file.js'))
      const code = `for (const one of ${JSON.stringify(settings)}) console.log(require(${module}).problemOf(one))`
      const { stdout } = spawnSync(process.execPath, ['-e', code], {
        encoding: 'utf8',
        ...OtherUser.unprivileged.as
      })
      const denied = (what: string): string => `Error: EACCES: permission denied, access '${what}'`
      assert.deepEqual(stdout.trim().split('\n'), [
        'null',
        denied(path.join(folder, 'shut')),
        denied(folder),
        `rotate cannot begin files in its folder: ${denied(folder)}`
      ])
      nodeFs.chmodSync(folder, 0o755)
    }
  )

  it('is not written to after its request was given up', async () => {
    const file = place()
    const transport = await opened(file)
    await assert.rejects(transport.send(numbers(1), AbortSignal.abort()))
    await transport.close()
    assert.equal(read(file), '')
  })
})
