import * as assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as Forerunner from '../../src/daemon/java/Forerunner'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-forerunner-'))
after(() => fs.rmSync(folder, { recursive: true, force: true }))
const file = path.join(folder, 'daemon')

/** The leader of a process group, as the guardian is. */
const leader = () => {
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
  assert.ok(child.pid !== undefined)
  return { child, pid: child.pid }
}

describe('the daemon of a run before', () => {
  it('is none where nothing was written down, or nonsense', async () => {
    assert.equal(Forerunner.find(file), null)
    for (const text of ['', 'x', '0 1', '-1 5', '../etc']) {
      fs.writeFileSync(file, text)
      assert.equal(Forerunner.find(file), null)
    }
    await Forerunner.gone(
      file,
      (millis, then) => setTimeout(then, millis),
      () => assert.fail('nothing to wait for')
    )
    assert.ok(!fs.existsSync(file))
  })

  it('is waited for until it is gone', async () => {
    const { child, pid } = leader()
    Forerunner.remember(file, pid)
    assert.equal(Forerunner.find(file), pid)
    const waited: Array<number> = []
    let looks = 0
    await Forerunner.gone(
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
      // A leader of a group, whose parent never looks after it.
      const parent = spawn('sh', ['-c', 'setsid sh -c "exit 0" & echo "$!"; exec sleep 1000'], {
        stdio: ['ignore', 'pipe', 'inherit']
      })
      const [chunk] = (await once(parent.stdout, 'data')) as [Buffer]
      const pid = Number(chunk.toString())
      while (!/\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'latin1')))
        await new Promise((resolve) => setImmediate(resolve))
      assert.ok(process.kill(-pid, 0), 'the kernel still knows the group')
      Forerunner.remember(file, pid)
      assert.equal(Forerunner.find(file), null)
      parent.kill('SIGKILL')
    }
  )

  it(
    'is not another process that got its number',
    { skip: process.platform !== 'linux' && 'needs /proc' },
    () => {
      const { child, pid } = leader()
      fs.writeFileSync(file, `${pid} 1\n`)
      assert.equal(Forerunner.find(file), null)
      child.kill('SIGKILL')
    }
  )
})
