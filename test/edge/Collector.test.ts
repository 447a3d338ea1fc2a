import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as path from 'node:path'
import { describe, it } from 'node:test'

const COLLECTOR = path.resolve(__dirname, '../../src/edge/Collector.js')

/** In a process of its own, since all of it holds for a process. Gives what the function returns. */
const apart = <A>(run: string): A => {
  const code = `
    const Collector = require(${JSON.stringify(COLLECTOR)})
    const v8 = require('node:v8')
    const young = () => v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size
    const old = () => v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space').space_size
    const kept = []
    const load = () => { for (let i = 0; i < 1_000_000; i++) kept.push({ i }) }
    console.log(JSON.stringify((() => { ${run} })()))`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' })
  // V8 prints there which flags it does not know.
  assert.equal(stderr, '')
  return JSON.parse(stdout) as A
}

describe('the memory of V8', () => {
  it('for new objects grows less while it is kept small, though objects survive, and grows where there is work', () => {
    const [small, grown] = apart<[number, number]>(`
      Collector.keepSmall()
      load()
      const small = young()
      Collector.letGrow()
      load()
      return [small, young()]`)
    const usual = apart<number>('load(); return young()')
    assert.ok(small < usual / 2, `${small}, as a rule ${usual}`)
    assert.ok(grown > small, `${small}, then ${grown}`)
  })

  it('goes back to the system when it is compacted, where what survived is garbage', () => {
    const [full, after] = apart<[number, number]>(
      'load(); const full = old(); kept.length = 0; Collector.compact(); return [full, old()]'
    )
    assert.ok(after < full / 2, `${full}, then ${after}`)
  })

  it('stays as it is, and nothing fails, where V8 does not give the function that collects', () => {
    const end = apart<string>("v8.setFlagsFromString = () => {}; Collector.compact(); return 'no failure'")
    assert.equal(end, 'no failure')
  })

  it('is not compacted where the heap is large, since that would hold up the thread', () => {
    const [full, after] = apart<[number, number]>(
      'for (let i = 0; i < 8; i++) load(); const full = old(); kept.length = 0; Collector.compact(); return [full, old()]'
    )
    assert.ok(after > full / 2, `${full}, then ${after}`)
  })

  it('is compacted without a function for it that user code would see', () => {
    const seen = apart<ReadonlyArray<string>>(
      "Collector.compact(); return [typeof globalThis.gc, require('node:vm').runInNewContext('typeof gc')]"
    )
    assert.deepEqual(seen, ['undefined', 'undefined'])
  })
})
