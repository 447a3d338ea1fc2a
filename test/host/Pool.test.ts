/** The pairs of pipes that the host makes for the relays to come. */
import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Folder from '../../src/host/Folder'
import * as Pipes from '../../src/host/Pipes'
import * as Pool from '../../src/host/Pool'
import * as Spare from '../../src/host/Spare'
import { ACK, CONFIG, project, start, status, type Child } from '../system/process/Child'
import { batch, comes, RELAY, withHost } from './Rig'

const { SIZE } = Pool
const DEAD_MS = 120_000
const PAUSE_MS = 60_000

const skip = process.platform !== 'linux' && 'needs /proc'

/** A folder without a host, which is removed after the test, a pool for it, and the time of the pool. */
const alone = (
  test: TestContext
): { folder: Folder.Folder; tend: () => void; pass: (ms: number) => void } => {
  const made = Folder.make([project({})], RELAY)
  const folder = E.isRight(made) ? made.right : assert.fail(made.left)
  test.after(() => {
    fs.closeSync(folder.announce)
    folder.remove()
  })
  let now = 0
  const pool = Pool.make(() => now)
  return { folder, tend: () => pool.tend(folder.path), pass: (ms) => (now += ms) }
}

/** The numbers of the files of the pool with this ending, in order. */
const numbersOf = (folder: string, ending: string): ReadonlyArray<number> =>
  fs
    .readdirSync(path.join(folder, 'pool'))
    .filter((name) => name.endsWith(ending))
    .map((name) => parseInt(name, 10))
    .sort((a, b) => a - b)

const upTo = (end: number, from = 0): ReadonlyArray<number> =>
  Array.from({ length: end - from }, (_, i) => from + i)

const rangeOf = (folder: string): string => fs.readFileSync(path.join(folder, 'pool', 'range'), 'utf8')

const claim = (folder: string, number: number): void =>
  fs.writeFileSync(path.join(folder, 'pool', `${number}.claim`), '', { flag: 'wx' })

/** Removes free pairs until so many are left. */
const leave = (folder: string, count: number): void => {
  for (const number of numbersOf(folder, '.in').slice(count))
    for (const ending of ['in', 'out']) fs.unlinkSync(path.join(folder, 'pool', `${number}.${ending}`))
}

/** What relays that are started at the same moment say of themselves; the test kills them when it ends. */
const announcements = async (
  { path: folder, announce }: Folder.Folder,
  count: number,
  test: TestContext
): Promise<ReadonlyArray<Pipes.Relay>> => {
  const relays = upTo(count).map(() => start(folder, { command: [Folder.EXECUTABLE] }))
  test.after(() => {
    for (const relay of relays) relay.process.kill('SIGKILL')
  })
  const chunk = Buffer.alloc(65_536)
  let text = ''
  await comes('an announcement of each relay', () => {
    const read = E.tryCatch(() => fs.readSync(announce, chunk), String)
    if (E.isRight(read)) text += chunk.toString('latin1', 0, read.right)
    return text.split('\n').length > count
  })
  return text
    .split('\n')
    .slice(0, count)
    .map((line) => Pipes.announced(line) ?? assert.fail(line))
}

const isOfPool = ({ pair }: Pipes.Relay): boolean => pair.startsWith('pool/')

describe('the pool', () => {
  it('is its user’s alone, and has pairs of pipes that nobody has open', (test) => {
    const { folder, tend } = alone(test)
    const before = process.umask(0)
    tend()
    process.umask(before)
    const place = path.join(folder.path, 'pool')
    assert.equal(fs.statSync(place).mode & 0o777, 0o700)
    assert.equal(rangeOf(folder.path), `0 ${SIZE}\n`)
    assert.equal(fs.statSync(path.join(place, 'range')).mode & 0o777, 0o600)
    const pipes = fs.readdirSync(place).filter((name) => name !== 'range')
    assert.equal(pipes.length, 2 * SIZE)
    for (const name of pipes) {
      const stats = fs.statSync(path.join(place, name))
      assert.deepEqual([stats.isFIFO(), stats.mode & 0o777], [true, 0o600])
    }
  })

  it('is filled up when half of it is used, with names that no relay ever had', (test) => {
    const { folder, tend } = alone(test)
    tend()
    for (const number of upTo(SIZE / 2 - 1)) claim(folder.path, number)
    tend()
    assert.deepEqual(numbersOf(folder.path, '.in'), upTo(SIZE))
    claim(folder.path, SIZE / 2 - 1)
    tend()
    assert.deepEqual(numbersOf(folder.path, '.in'), upTo(SIZE + SIZE / 2))
    assert.equal(rangeOf(folder.path), `${SIZE / 2} ${SIZE}\n`)
  })

  it('gives up pairs that no relay has taken for long: the host takes them, and removes them later', (test) => {
    const { folder, tend, pass } = alone(test)
    tend()
    // All but the first of each pool are used and answered.
    for (const end of [SIZE, 2 * SIZE - 1]) {
      for (const number of numbersOf(folder.path, '.in').filter((one) => one > 0 && one < end))
        for (const ending of ['in', 'out'])
          fs.unlinkSync(path.join(folder.path, 'pool', `${number}.${ending}`))
      tend()
    }
    assert.equal(rangeOf(folder.path), `${SIZE - 2} ${2 * SIZE}\n`)
    tend()
    assert.deepEqual(numbersOf(folder.path, '.claim'), [0])
    pass(DEAD_MS)
    tend()
    assert.deepEqual(numbersOf(folder.path, '.claim'), [])
    assert.equal(numbersOf(folder.path, '.in').includes(0), false)
  })

  it('takes a pair back whose relay was killed before it announced itself', (test) => {
    const { folder, tend, pass } = alone(test)
    tend()
    const dead = upTo(10)
    for (const number of dead) claim(folder.path, number)
    // Refused, and killed before it had removed the rest.
    fs.unlinkSync(path.join(folder.path, 'pool', '0.in'))
    tend()
    pass(DEAD_MS - 1)
    tend()
    assert.deepEqual(numbersOf(folder.path, '.claim'), dead)
    pass(1)
    tend()
    for (const ending of ['.in', '.out']) assert.deepEqual(numbersOf(folder.path, ending), upTo(SIZE, 10))
    assert.deepEqual(numbersOf(folder.path, '.claim'), [])
  })

  it('is made again when a cleaner has removed it, and its numbers go on', (test) => {
    const { folder, tend } = alone(test)
    tend()
    fs.rmSync(path.join(folder.path, 'pool'), { recursive: true })
    tend()
    assert.deepEqual(numbersOf(folder.path, '.in'), upTo(2 * SIZE, SIZE))
  })

  it('makes nothing in place of a folder that is gone, nor where no process can be started', (test) => {
    const { folder, tend, pass } = alone(test)
    const { PATH } = process.env
    process.env['PATH'] = project({})
    tend()
    process.env['PATH'] = PATH
    tend()
    assert.deepEqual(numbersOf(folder.path, '.in'), [])
    pass(PAUSE_MS)
    tend()
    assert.deepEqual(numbersOf(folder.path, '.in'), upTo(2 * SIZE, SIZE))
    folder.remove()
    tend()
    assert.equal(fs.existsSync(folder.path), false)
  })
})

describe('relays that start at the same moment', () => {
  it('each have a pair of their own', async (test) => {
    const { folder, tend } = alone(test)
    tend()
    const relays = await announcements(folder, 24, test)
    assert.ok(relays.every(isOfPool))
    assert.equal(new Set(relays.map(({ pair }) => pair)).size, 24)
    assert.deepEqual(
      numbersOf(folder.path, '.claim')
        .map((number) => `pool/${number}`)
        .sort(),
      relays.map(({ pair }) => pair).sort()
    )
  })

  it('make pipes of their own where no pair is free', async (test) => {
    const { folder, tend } = alone(test)
    tend()
    leave(folder.path, 3)
    const relays = await announcements(folder, 12, test)
    const own = relays.filter((relay) => !isOfPool(relay))
    assert.ok(own.length >= 9)
    assert.ok(own.every(({ pid, pair }) => pair === String(pid)))
    assert.equal(new Set(relays.map(({ pair }) => pair)).size, 12)
  })

  it('make pipes of their own where there is no pool', async (test) => {
    const relays = await announcements(alone(test).folder, 2, test)
    assert.ok(relays.every(({ pid, pair }) => pair === String(pid)))
  })
})

const ALL = upTo(20)

for (const way of ['direct', 'fifo'])
  describe(`a host with relays that are ${way}`, { skip }, () => {
    const config = `${CONFIG}host: { relay: ${way} }\n`

    it('talks to the relay that has the pair, and takes its names away', () =>
      withHost(ACK, { config }, async ({ host, shard }) => {
        const free = numbersOf(host.folder, '.in').length
        const children = await Promise.all(ALL.map(shard))
        const replies = await Promise.all(children.map((child) => child.ask(batch(2))))
        assert.deepEqual(
          replies,
          ALL.map(() => status('processRecords'))
        )
        for (const ending of ['.in', '.out'])
          assert.equal(numbersOf(host.folder, ending).length, free - ALL.length)
        assert.deepEqual(numbersOf(host.folder, '.claim'), [])
        for (const child of children) assert.equal((await child.end()).code, 0)
      }))

    it('talks to relays that find no pair', () =>
      withHost(ACK, { config }, async ({ host, shard }) => {
        leave(host.folder, 2)
        const children = await Promise.all(ALL.slice(0, 8).map(shard))
        assert.deepEqual(
          fs.readdirSync(host.folder).filter((name) => /^[0-9]/.test(name)),
          []
        )
        for (const child of children) assert.equal((await child.end()).code, 0)
      }))
  })

/** A relay alone whose program `sleep` waits for the file `go` each time. */
const slow = (folder: string, go: string): Child => {
  const bin = project({ sleep: `#!/bin/sh\nwhile [ ! -e ${go} ]; do /bin/sleep 0.02; done\n` })
  fs.chmodSync(path.join(bin, 'sleep'), 0o755)
  return start(folder, {
    command: [Folder.EXECUTABLE],
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` }
  })
}

it('a relay that is refused leaves, and removes what is left of its pair', async (test) => {
  const { folder, tend } = alone(test)
  tend()
  const go = path.join(project({}), 'go')
  const relay = slow(folder.path, go)
  const chunk = Buffer.alloc(4096)
  let line = ''
  await comes('an announcement', () => {
    const read = E.tryCatch(() => fs.readSync(folder.announce, chunk), String)
    if (E.isRight(read)) line = chunk.toString('latin1', 0, read.right).trim()
    return line !== ''
  })
  const announced = Pipes.announced(line) ?? assert.fail(line)
  assert.equal(announced.pid, relay.process.pid)
  Pipes.refuse(folder.path, announced)
  const number = Number(announced.pair.replace('pool/', ''))
  assert.deepEqual(numbersOf(folder.path, '.claim'), [number])
  fs.writeFileSync(go, '')
  const left = await relay.left()
  assert.equal(left.code, 1)
  assert.match(left.stderr, /could not open its pipes/)
  const rest = upTo(SIZE).filter((one) => one !== number)
  assert.deepEqual([numbersOf(folder.path, '.in'), numbersOf(folder.path, '.out')], [rest, rest])
  assert.deepEqual(numbersOf(folder.path, '.claim'), [])
})

it('a pair whose relay has died is no other relay’s', (test) => {
  const { folder, tend } = alone(test)
  tend()
  claim(folder.path, 5)
  const spare = Spare.make()
  // It has died: nothing has its pipes open.
  const opened = Pipes.open(folder.path, { pid: 1, pair: 'pool/5' }, spare, 'fifo')
  assert.deepEqual(opened, E.left('the relay 1 cannot be reached: it has died'))
  spare.close()
  assert.equal(
    fs.readdirSync(path.join(folder.path, 'pool')).some((name) => name.startsWith('5.')),
    false
  )
})

it('what no relay has written on the pipe `announce` is passed over', () => {
  for (const line of ['', '12', '12 ', '0 5', '12 ../5', '12 pool/', '12 pool/x', '12 other/5', '-1 5'])
    assert.equal(Pipes.announced(line), null)
  assert.deepEqual(Pipes.announced('12 pool/5'), { pid: 12, pair: 'pool/5' })
  assert.deepEqual(Pipes.announced('12 12'), { pid: 12, pair: '12' })
})
