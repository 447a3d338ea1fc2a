import * as assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as PreviousDaemon from '../../src/daemon/PreviousDaemon'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-previous-daemon-'))
after(() => fs.rmSync(folder, { recursive: true, force: true }))
const file = path.join(folder, 'daemon')

/** The leader of a process group, as the guardian is. */
const leader = () => {
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
  assert.ok(child.pid !== undefined)
  return { child, pid: child.pid }
}

describe('the daemon of a run before', () => {
  it('does not exist if nothing was written down, or nonsense', async () => {
    assert.equal(PreviousDaemon.find(file), null)
    for (const text of ['', 'x', '0 1', '-1 5', '../etc']) {
      fs.writeFileSync(file, text)
      assert.equal(PreviousDaemon.find(file), null)
    }
    await PreviousDaemon.gone(
      file,
      (millis, then) => setTimeout(then, millis),
      () => assert.fail('nothing to wait for')
    )
    assert.ok(!fs.existsSync(file))
  })

  it('is waited for until it is gone', async () => {
    const { child, pid } = leader()
    PreviousDaemon.remember(file, pid)
    assert.equal(PreviousDaemon.find(file), pid)
    const waited: Array<number> = []
    let looks = 0
    await PreviousDaemon.gone(
      file,
      (_millis, then) => {
        looks += 1
        if (looks > 1) return setImmediate(then)
        child.kill('SIGKILL')
        return void once(child, 'exit').then(then)
      },
      (found) => waited.push(found)
    )
    assert.deepEqual(waited, [pid])
    assert.ok(looks >= 1)
    assert.ok(!fs.existsSync(file))
  })

  it(
    'is gone when those of it that are left are dead, and nobody has buried them',
    { skip: process.platform !== 'linux' && 'needs /proc' },
    async () => {
      // A leader of a group, whose parent never looks after it: by its end the shell has become `sleep`.
      const parent = spawn('sh', ['-c', 'setsid sh -c "sleep 0.2" & echo "$!"; exec sleep 1000'], {
        stdio: ['ignore', 'pipe', 'inherit']
      })
      const [chunk] = (await once(parent.stdout, 'data')) as [Buffer]
      const pid = Number(chunk.toString())
      while (!/\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1')))
        await new Promise((resolve) => setImmediate(resolve))
      assert.ok(process.kill(-pid, 0), 'the kernel still knows the group')
      PreviousDaemon.remember(file, pid)
      assert.equal(PreviousDaemon.find(file), null)
      parent.kill('SIGKILL')
    }
  )

  it(
    'is not another process that got its number',
    { skip: process.platform !== 'linux' && 'needs /proc' },
    () => {
      const { child, pid } = leader()
      fs.writeFileSync(file, `${pid} 1\n`)
      assert.equal(PreviousDaemon.find(file), null)
      child.kill('SIGKILL')
    }
  )
})

describe('a system that says nothing, or something else, of a process', () => {
  type Look = NonNullable<Parameters<typeof PreviousDaemon.find>[1]>
  const nothing: Look = () => null
  const soon = (_millis: number, then: () => void): unknown => setImmediate(then)

  it('does not keep a worker waiting for ever: another process may have got the number', async () => {
    const { child, pid } = leader()
    PreviousDaemon.remember(file, pid, nothing)
    assert.equal(fs.readFileSync(file, 'utf8'), `${pid} \n`)
    const waited: Array<number> = []
    const gone = await PreviousDaemon.gone(file, soon, (found) => waited.push(found), nothing)
    assert.deepEqual([gone, waited, fs.existsSync(file)], [E.right(false), [pid], false])
    // It may be anybody's.
    assert.ok(process.kill(pid, 0))
    child.kill('SIGKILL')
  })

  it('is asked by ps where there is no /proc', () => {
    const { child, pid } = leader()
    const look: Look = () => PreviousDaemon.byProc('/no/such/folder')() ?? PreviousDaemon.byPs()
    PreviousDaemon.remember(file, pid, look)
    assert.match(
      fs.readFileSync(file, 'utf8'),
      /^[0-9]+ [A-Z][a-z]{2}_[A-Z][a-z]{2}_[0-9]+_[0-9:]+_[0-9]{4}\n$/
    )
    assert.equal(PreviousDaemon.find(file, look), pid)
    fs.writeFileSync(file, `${pid} Thu_Jan_1_00:00:00_1970\n`)
    assert.equal(PreviousDaemon.find(file, look), null)
    child.kill('SIGKILL')
  })

  it('a daemon that outlives its supervisor for half a minute is killed', async () => {
    const { child, pid } = leader()
    PreviousDaemon.remember(file, pid)
    const exited = once(child, 'exit')
    let looks = 0
    const gone = await PreviousDaemon.gone(
      file,
      (_millis, then) => {
        looks += 1
        return looks <= 300 ? setImmediate(then) : void exited.then(then)
      },
      () => undefined
    )
    assert.deepEqual([gone, (await exited)[1]], [E.right(true), 'SIGKILL'])
    assert.ok(looks >= 300)
  })

  it('one that does not even end then is a reason not to start', async () => {
    fs.writeFileSync(file, '999999999 7\n')
    const stuck: Look = () => new Map([[999_999_999, { group: '999999999', began: '7', isAlive: true }]])
    assert.deepEqual(
      await PreviousDaemon.gone(file, soon, () => undefined, stuck),
      E.left('the daemon of the previous run does not end, although it was killed: process 999999999')
    )
    assert.ok(fs.existsSync(file))
  })
})
