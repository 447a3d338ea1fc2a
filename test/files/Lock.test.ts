/** The lock that the kernel holds: between processes, users and containers. */
import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Lock from '../../src/files/Lock'
import * as LockFolder from '../../src/files/LockFolder'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-lock-'))
fs.chmodSync(room, 0o755)
after(() => fs.rmSync(room, { recursive: true }))

let places = 0
const place = (owner: number | null = null): string => {
  const folder = path.join(room, String((places += 1)))
  fs.mkdirSync(folder)
  if (owner !== null) fs.chownSync(folder, owner, owner)
  return path.join(folder, 'letters.ndjson')
}

/** Takes the lock, says what came of it on stdout, and holds it until stdin ends. */
const HOLDER = `
const Lock = require(${JSON.stringify(path.resolve('.build/src/files/Lock.js'))})
const [file, uid] = process.argv.slice(1)
if (uid !== undefined) { process.setgroups([]); process.setgid(Number(uid)); process.setuid(Number(uid)) }
const lock = Lock.acquire(file)
process.stdout.write((lock._tag === 'Right' ? 'held' : lock.left) + '\\n')
if (lock._tag === 'Left') process.exit(1)
process.stdin.on('end', () => { lock.right.release(); process.exit(0) }).resume()
`

const UNSHARE = ['unshare', '-pf', '--kill-child', '--mount-proc', process.execPath] as const

const holder = async (
  file: string,
  [program, ...before]: readonly [string, ...ReadonlyArray<string>] = [process.execPath],
  uid: ReadonlyArray<string> = []
): Promise<{ readonly child: ChildProcess; readonly said: string; readonly exited: Promise<unknown> }> => {
  const child = spawn(program, [...before, '-e', HOLDER, file, ...uid], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const exited = once(child, 'close')
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, said: said.toString().trim(), exited }
}

const letGo = async ({
  child,
  exited
}: {
  readonly child: ChildProcess
  readonly exited: Promise<unknown>
}) => {
  child.stdin?.end()
  await exited
}

const held = (file: string): Lock.Lock => {
  const lock = Lock.acquire(file)
  if (E.isLeft(lock)) throw new Error(lock.left)
  return lock.right
}

const refused = (file: string): string => {
  const lock = Lock.acquire(file, { timeout: 0 })
  if (E.isLeft(lock)) return lock.left
  lock.right.release()
  return ''
}

const isRoot = process.getuid?.() === 0
const asRoot = { skip: !isRoot && 'it needs root, to be two other users' }
const mayUnshare = spawnSync('unshare', ['-pf', '--mount-proc', 'true']).status === 0
const inNamespaces = { skip: !mayUnshare && 'this user may not make PID namespaces' }

describe('a lock', () => {
  it('is refused while another holds it, names the holder, and leaves nothing when it ends', () => {
    const file = place()
    const lock = held(file)
    assert.equal(refused(file), `process ${process.pid} is using it`)
    assert.equal(LockFolder.isHeld(file), true)
    lock.release()
    lock.release()
    assert.deepEqual(fs.readdirSync(path.dirname(file)), [])
    assert.equal(LockFolder.isHeld(file), false)
    held(file).release()
  })

  it('ends with a process that is killed, at once', async () => {
    const file = place()
    const one = await holder(file)
    assert.equal(one.said, 'held')
    assert.match(refused(file), /^process \d+ is using it$/)
    one.child.kill('SIGKILL')
    await one.exited
    assert.equal(LockFolder.isHeld(file), false)
    held(file).release()
    assert.deepEqual(fs.readdirSync(path.dirname(file)), [])
  })

  it('that a killed process left is taken by one of three that come at once', async () => {
    for (let round = 0; round < 5; round++) {
      const file = place()
      const dead = await holder(file)
      dead.child.kill('SIGKILL')
      await dead.exited
      const three = await Promise.all([holder(file), holder(file), holder(file)])
      assert.deepEqual(three.map(({ said }) => said.replace(/\d+ is/, 'N is')).sort(), [
        'held',
        'process N is using it',
        'process N is using it'
      ])
      await Promise.all(three.map(letGo))
      assert.deepEqual(fs.readdirSync(path.dirname(file)), [])
    }
  })

  it('holds between two PID namespaces, where both processes have the same id', inNamespaces, async () => {
    const file = place()
    const one = await holder(file, UNSHARE)
    const two = await holder(file, UNSHARE)
    assert.deepEqual([one.said, two.said], ['held', `process 1 is using it`])
    await Promise.all([letGo(one), letGo(two)])
    const three = await holder(file, UNSHARE)
    assert.equal(three.said, 'held')
    await letGo(three)
  })

  for (const [first, second] of [
    ['0', '65534'],
    ['65534', '0']
  ] as const)
    it(
      `of user ${first} is seen by user ${second}, who takes it when that one has died`,
      asRoot,
      async () => {
        const file = place(65534)
        const one = await holder(file, undefined, [first])
        const two = await holder(file, undefined, [second])
        assert.deepEqual([one.said, two.said], ['held', `process ${one.child.pid} is using it`])
        one.child.kill('SIGKILL')
        await Promise.all([one.exited, two.exited])
        const three = await holder(file, undefined, [second])
        assert.equal(three.said, 'held')
        await letGo(three)
        assert.deepEqual(fs.readdirSync(path.dirname(file)), [])
      }
    )

  it('holds between two users who share a folder that all may write in', asRoot, async () => {
    for (const mode of [0o777, 0o1777]) {
      const file = place()
      fs.chmodSync(path.dirname(file), mode)
      const one = await holder(file, undefined, ['65534'])
      const two = await holder(file, undefined, ['1234'])
      assert.deepEqual([one.said, two.said], ['held', `process ${one.child.pid} is using it`])
      one.child.kill('SIGKILL')
      await Promise.all([one.exited, two.exited])
      const three = await holder(file, undefined, ['1234'])
      assert.equal(three.said, 'held')
      await letGo(three)
    }
  })

  it('is refused with the reason where the user may not write', asRoot, async () => {
    const file = place(1234)
    const one = await holder(file, undefined, ['65534'])
    assert.match(one.said, /^its lock, a named pipe in .*letters\.ndjson\.locks, cannot be made: .*EACCES/)
    await one.exited
  })
})

describe('the lock of an older version', () => {
  const alive = (file: string): void => fs.writeFileSync(`${file}.lock`, `${os.hostname()} ${process.ppid}\n`)

  it('is respected while its process lives, and is left alone', () => {
    const file = place()
    alive(file)
    assert.equal(refused(file), `process ${process.ppid} is using it; if not, delete ${file}.lock`)
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ['letters.ndjson.lock'])
  })

  it('is taken over when its process is dead, and one of another host is not', () => {
    const file = place()
    const dead = spawnSync(process.execPath, ['-e', '0'])
    fs.writeFileSync(`${file}.lock`, `${os.hostname()} ${dead.pid}\n`)
    held(file).release()
    assert.deepEqual(fs.readdirSync(path.dirname(file)), [])
    fs.writeFileSync(`${file}.lock`, 'elsewhere 7\n')
    assert.match(refused(file), /^process 7 on elsewhere is using it/)
  })

  it('is shown to it while we hold ours, and a killed one of ours does not stop us', async () => {
    const file = place()
    const one = await holder(file)
    assert.equal(fs.readFileSync(`${file}.lock`, 'utf8'), `${os.hostname()} ${one.child.pid}\n`)
    one.child.kill('SIGKILL')
    await one.exited
    assert.equal(fs.lstatSync(`${file}.lock`).isSymbolicLink(), true)
    held(file).release()
  })
})
