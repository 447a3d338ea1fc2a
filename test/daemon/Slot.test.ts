import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import type { Readable } from 'node:stream'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Slot from '../../src/daemon/Slot'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-slot-'))
const children = new Set<ChildProcess>()
after(() => {
  for (const child of children) child.kill('SIGKILL')
  fs.rmSync(room, { recursive: true })
})

let states = 0
const newState = (): string => path.join(room, String((states += 1)))

const name = (number: number): string => `${os.hostname()}-${number}`

interface Held {
  /** What it was given, or why nothing. */
  readonly said: string
  /** As `kill -9` does. */
  readonly kill: () => Promise<void>
  /** As one that ends in order does. */
  readonly end: () => Promise<void>
}

const PROGRAM = `
const Slot = require(process.argv[1])
const [state, application, workerId] = process.argv.slice(2)
Slot.acquire(state, application, workerId ?? null).then((slot) => {
  console.log(slot._tag === 'Right' ? slot.right.workerId : slot.left)
  process.stdin.on('end', () => { if (slot._tag === 'Right') slot.right.release() }).resume()
})
`

const firstLine = async (stream: Readable): Promise<string> => {
  let text = ''
  for await (const chunk of stream) {
    text += String(chunk)
    if (text.endsWith('\n')) break
  }
  return text.trimEnd()
}

/** A process of its own that takes a number and keeps it. */
const worker = async (
  state: string,
  application = 'orders',
  ...more: ReadonlyArray<string>
): Promise<Held> => {
  const module = require.resolve('../../src/daemon/Slot')
  const child = spawn(process.execPath, ['-e', PROGRAM, module, state, application, ...more], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  children.add(child)
  const gone = once(child, 'exit')
  return {
    said: await firstLine(child.stdout),
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
    end: async () => {
      child.stdin.end()
      await gone
    }
  }
}

describe("a worker's number", () => {
  it('is the lowest that no other process has, per application', async () => {
    const state = newState()
    const said = []
    for (const application of ['orders', 'orders', 'orders', 'payments'])
      said.push((await worker(state, application)).said)
    assert.deepEqual(said, [name(0), name(1), name(2), name(0)])
  })

  it('is free again when its process was killed, or has ended, and another keeps its own', async () => {
    const state = newState()
    const [first, second] = [await worker(state), await worker(state)]
    await first.kill()
    const again = await worker(state)
    await again.end()
    assert.deepEqual(
      [first.said, second.said, again.said, (await worker(state)).said, (await worker(state)).said],
      [name(0), name(1), name(0), name(0), name(2)]
    )
  })

  it('is of one process alone, however many begin at the same time', async () => {
    const state = newState()
    const all = await Promise.all(Array.from({ length: 8 }, () => worker(state)))
    assert.equal(new Set(all.map(({ said }) => said)).size, 8)
  })

  it('is taken again after the death of many at once, by as many', async () => {
    const state = newState()
    const before = await Promise.all(Array.from({ length: 3 }, () => worker(state)))
    for (const one of before) await one.kill()
    const said = []
    for (let i = 0; i < 3; i++) said.push((await worker(state)).said)
    assert.deepEqual(said, [name(0), name(1), name(2)])
  })

  it('is that of a process that is stopped too', async () => {
    const state = newState()
    await worker(state)
    for (const child of children) child.kill('SIGSTOP')
    assert.equal((await worker(state)).said, name(1))
    for (const child of children) child.kill('SIGCONT')
  })
})

describe('a name that was given', () => {
  it('is of one worker of this host', async () => {
    const state = newState()
    const first = await worker(state, 'orders', 'blue')
    const second = await worker(state, 'orders', 'blue')
    const others = [
      await worker(state, 'orders', 'green'),
      await worker(state),
      await worker(state, 'paid', 'blue')
    ]
    await first.kill()
    assert.deepEqual(
      [first, second, ...others, await worker(state, 'orders', 'blue')].map(({ said }) => said),
      [
        'blue',
        'a worker blue of orders is already running on this machine; each worker needs a name of its own',
        'green',
        name(0),
        'blue',
        'blue'
      ]
    )
  })
})

describe('the folder', () => {
  it("is the user's alone, and empty when no worker holds a number", async () => {
    const state = newState()
    const slot = await Slot.acquire(state, 'orders', null)
    if (E.isLeft(slot)) throw new Error(slot.left)
    const folder = path.dirname(slot.right.file)
    assert.equal(fs.statSync(folder).mode & 0o777, 0o700)
    slot.right.release()
    assert.deepEqual(fs.readdirSync(folder), [])
  })

  it('that is too long for a socket is reported, with a remedy', async () => {
    const state = path.join(room, 'x'.repeat(100))
    const slot = await Slot.acquire(state, 'orders', null)
    assert.match(
      E.isLeft(slot) ? slot.left : '',
      /x\/workers\/[0-9a-f]{12}: too long for the path of a socket; set XDG_STATE_HOME to a shorter folder$/
    )
  })

  it('that cannot be made is reported', async () => {
    fs.writeFileSync(path.join(room, 'file'), '')
    const state = path.join(room, 'file', 'kclts')
    const slot = await Slot.acquire(state, 'orders', null)
    assert.match(E.isLeft(slot) ? slot.left : '', /^\S+: the worker's number cannot be reserved: .*ENOTDIR/)
  })
})
