import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import * as Clock from '../../src/run/Clock'

const built = path.resolve('.build/src/run/Clock.js')

/** What a fresh process prints that ran the code after it had set the clock of JavaScript forward by a day. */
const after = (set: string, look: string): number =>
  Number(
    execFileSync(process.execPath, [
      '-e',
      `const Clock = require(${JSON.stringify(built)}); const look = () => ${look}; const before = look(); ${set}; console.log(look() - before)`
    ])
  )

describe('the clocks', () => {
  it('count the time of day from 1970 and the other from elsewhere, in the same milliseconds', () => {
    const before = Date.now()
    const { wall, monotonic } = Clock.time()
    assert.ok(wall >= before && wall <= Date.now(), String(wall))
    assert.ok(Math.abs(Number(process.hrtime.bigint()) / 1e6 - monotonic) < 1000, String(monotonic))
  })

  it('agree between threads, whose performance.now() begins with each of them', async () => {
    const worker = new Worker(
      `const { monotonic } = require(${JSON.stringify(built)})
       require('node:worker_threads').parentPort.postMessage(monotonic())`,
      { eval: true }
    )
    const before = Clock.monotonic()
    const [there] = (await once(worker, 'message')) as [number]
    assert.ok(there >= before - 1 && there <= Clock.monotonic() + 1, `${before} ${there}`)
  })

  it('agree with the clock that other programs of the machine read, to the millisecond', () => {
    const before = Number(process.hrtime.bigint()) / 1e6
    const now = Clock.monotonic()
    const after = Number(process.hrtime.bigint()) / 1e6
    assert.ok(before - 0.001 <= now && now <= after + 0.001, `${before} ${now} ${after}`)
  })

  it('are not moved by a test library of the user that takes the place of the global ones', () => {
    const day = 86_400_000
    const wall = `const { now } = Date; Date.now = () => now() + ${day}`
    const tick = `const { hrtime } = process; process.hrtime = () => [hrtime()[0] + ${day / 1000}, 0]`
    assert.ok(after(wall, 'Clock.wall()') < day)
    assert.ok(after(tick, 'Clock.monotonic()') < day)
  })
})
