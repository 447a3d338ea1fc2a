import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Action from '../../../src/protocol/Action'
import { batch, checkpoint, initialize, start, status, withHandler } from './Child'

const config = (more: string): string =>
  `handler: ./handler.js\ncheckpoint: { interval: 0, count: 0 }\n${more}`

describe('a handler that is an effect', () => {
  it('is tried again until it works, and the checkpoint waits for it', async () => {
    const child = start(
      withHandler(
        `let calls = 0
         exports.handler = async (record, { attempt, log }) => {
           calls += 1
           if (calls < 3) throw new Error('not yet')
           log('info', 'worked', { attempt, calls })
           return true
         }\n`,
        config('failure: { retries: 3, backoff: 1ms }\n')
      )
    )
    await child.ask(initialize)
    assert.equal(await child.ask(batch(1)), checkpoint(0))
    const left = await child.end()
    assert.match(left.stderr, /"attempt":3,"calls":3,"msg":"worked"/)
  })

  it('that takes longer than its deadline is asked to stop, and becomes a dead letter', async () => {
    const child = start(
      withHandler(
        `exports.handler = (record, { signal }) =>
           new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))\n`,
        config('deadline: 50ms\nfailure: { retries: 0 }\n')
      )
    )
    await child.ask(initialize)
    assert.equal(await child.ask(batch(1)), status('processRecords'))
    const left = await child.end()
    assert.match(left.stderr, /record became a dead letter/)
    assert.match(left.stderr, /the handler took longer than 50 ms/)
  })

  it('may have a deadline that is longer than any timer of Node', async () => {
    const child = start(
      withHandler(
        `exports.handler = () => new Promise((resolve) => setTimeout(resolve, 30, true))\n`,
        config('deadline: 30d\n')
      )
    )
    await child.ask(initialize)
    assert.equal(await child.ask(batch(1)), checkpoint(0))
    const left = await child.end()
    assert.doesNotMatch(left.stderr, /Warning/)
  })

  it('of several records gets them at once', async () => {
    const child = start(
      withHandler(
        `exports.batchHandler = async (records) => {
           console.log('got', records.length)
           return records.map((_, i) => i === 2)
         }\n`,
        config('batch: { count: 5 }\n')
      )
    )
    await child.ask(initialize)
    assert.equal(await child.ask(batch(7)), checkpoint(2))
    // It may wait for its turn of the event loop, and a child whose stdin ends begins nothing more.
    await child.seen('got 2')
    const left = await child.end()
    assert.match(left.stderr, /"msg":"got 5"(.*\n)*?.*"msg":"got 2"/)
  })
})

describe('what a handler acquires', () => {
  const pool = `exports.acquire = async () => { console.log('acquired'); return { name: 'the pool' } }
    exports.release = async (pool) => { console.log('released', pool.name) }
    exports.handler = (record, { resource }) => { console.log('with', resource.name); return false }\n`

  it('is there before the first record, and is released after the last', async () => {
    const child = start(withHandler(pool))
    await child.ask(initialize)
    await child.ask(batch(2))
    await child.ask(Action.leaseLost)
    const left = await child.end()
    assert.deepEqual(
      [left.stderr.match(/(?<="msg":")(acquired|with|released)[^"]*/g), left.code],
      [['acquired', 'with the pool', 'with the pool', 'released the pool'], 0]
    )
  })

  it('but cannot: the child leaves with 1 before anything is consumed', async () => {
    const child = start(
      withHandler(
        `exports.acquire = () => Promise.reject(new Error('no database'))
         exports.handler = () => true\n`
      )
    )
    const left = await child.left()
    assert.equal(left.code, 1)
    assert.match(left.stderr, /^kclts: `acquire` of handler\.js failed: Error: no database\n/)
    assert.equal(left.stdout, '')
  })

  it('and cannot release is reported, and the exit code stays', async () => {
    const child = start(
      withHandler(
        `exports.acquire = () => 1
         exports.release = () => Promise.reject(new Error('busy'))
         exports.handler = () => true\n`
      )
    )
    await child.ask(initialize)
    const left = await child.end()
    assert.equal(left.code, 0)
    assert.match(left.stderr, /`release` of handler\.js failed: Error: busy/)
  })

  it('and fails while it is released is reported, and the exit code stays', async () => {
    const child = start(
      withHandler(
        `exports.acquire = () => 1
         exports.release = () => { void Promise.reject(new Error('left behind')) }
         exports.handler = () => true\n`
      )
    )
    await child.ask(initialize)
    const left = await child.end()
    assert.equal(left.code, 0)
    assert.match(left.stderr, /left behind.*"msg":"user code failed after the end of the conversation"/)
  })

  it('but ends the process meanwhile: that is reported, with code 2', async () => {
    const child = start(
      withHandler(
        `exports.acquire = async () => process.exit(0)
         exports.handler = () => true\n`
      )
    )
    const left = await child.left()
    assert.equal(left.code, 2)
    assert.match(
      left.stderr,
      /^kclts: the process ended before the handler was ready: its module, or `acquire`, /
    )
  })
})
