import assert from 'node:assert/strict'
import { promises as fs } from 'node:fs'
import * as nodeFs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import type * as SinkSettings from '../../src/codec/SinkSettings'
import * as File from '../../src/sinks/file'
import * as Outbox from '../../src/sinks/Outbox'
import type { Entry, Transport } from '../../src/sinks/Sink'
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
  open?: File.Open
): Promise<Transport> => {
  const transport = await File.transport({ type: 'file', path: file, ...given }, file, now, open)
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

  it('is told as the operating system tells it', async () => {
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

  it('by time counts from the making of the file, across restarts', async () => {
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

describe('a file that cannot be', () => {
  it('is told at start', async () => {
    const file = place()
    nodeFs.mkdirSync(file, { recursive: true })
    await assert.rejects(opened(file), { code: 'EISDIR' })
  })

  it('is not written to after its request was given up', async () => {
    const file = place()
    const transport = await opened(file)
    await assert.rejects(transport.send(numbers(1), AbortSignal.abort()))
    await transport.close()
    assert.equal(read(file), '')
  })
})
