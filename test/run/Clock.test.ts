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

  it('agree though the thread is stopped between its first two looks', () => {
    const differs = execFileSync(process.execPath, [
      '-e',
      `const real = process.hrtime.bigint
       const now = () => Number(real()) / 1e6
       process.hrtime.bigint = () => {
         process.hrtime.bigint = real
         const looked = real()
         for (const until = now() + 50; now() < until; ) continue
         return looked
       }
       const { monotonic } = require(${JSON.stringify(built)})
       const here = () => Math.abs(monotonic() - now())
       console.log(Math.min(...Array.from({ length: 100 }, here)))`
    ])
    assert.ok(Number(differs) < 25, String(differs))
  })

  it('are not moved by a test library of the user that takes the place of the global ones', () => {
    const day = 86_400_000
    const wall = `const { now } = Date; Date.now = () => now() + ${day}`
    const tick = `const now = performance.now.bind(performance); performance.now = () => now() + ${day}`
    assert.ok(after(wall, 'Clock.wall()') < day)
    assert.ok(after(tick, 'Clock.monotonic()') < day)
  })
})
