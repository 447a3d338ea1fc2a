/** Tests fake the timers of Node, as jest and vitest do; kclts has no need of them. */
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { afterEach, describe, it } from 'node:test'
import { ack, type EffectHandler } from '../../src/index'
import { record, runEffect } from '../../src/testing'
import type * as World from '../../src/testing/World'

const real = globalThis.setImmediate

/** Never calls back. */
const faked = Object.assign(() => {}, { clock: {} })

const fake = (): void => {
  globalThis.setImmediate = faked as unknown as typeof setImmediate
}

const WORLD = require.resolve('../../src/testing/World')

/** The module as it is when the timers were faked first. */
const worldAfterFaking = (): typeof World => {
  const before = require.cache[WORLD]
  delete require.cache[WORLD]
  try {
    fake()
    return createRequire(__filename)(WORLD) as typeof World
  } finally {
    require.cache[WORLD] = before
  }
}

describe('with faked timers', () => {
  afterEach(() => {
    globalThis.setImmediate = real
  })

  const handler: EffectHandler = async (_record, { attempt }) => {
    if (attempt === 1) throw new Error('not yet')
    return Promise.resolve(ack())
  }

  it('runEffect ends, retries and deadlines included', { timeout: 60_000 }, async () => {
    fake()
    const { decisions, exit } = await runEffect(handler, { failure: { retries: 1 } }, [record()])
    assert.deepEqual([decisions.map(({ _tag }) => _tag), exit], [['Threw', 'Ack'], 0])
  })

  it('so it does when they were faked before it was loaded', { timeout: 60_000 }, async () => {
    const { promisesKept } = worldAfterFaking()
    let kept = 0
    void Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => (kept += 1))
    await promisesKept()
    assert.equal(kept, 1)
  })
})
