import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type EffectHandler, ack, reject } from '../../src/index'
import { context, record } from '../../src/testing'

interface Customers {
  readonly nameOf: (key: string) => Promise<string | null>
}

const handler: EffectHandler<Record<never, never>, Customers> = async (one, { resource, attempt, log }) => {
  const name = await resource.nameOf(one.partitionKey)
  if (name === null) return reject('no such customer')
  log('info', `greeted ${name}`, { attempt })
  return ack()
}

const customers: Customers = { nameOf: (key) => Promise.resolve(key === 'c-1' ? 'Ada' : null) }

describe('context', () => {
  it('is that of a first attempt, which nothing aborts', () => {
    const { attempt, millisBehindLatest, resource, signal, logged } = context()
    assert.deepEqual(
      { attempt, millisBehindLatest, resource, aborted: signal.aborted, logged },
      { attempt: 1, millisBehindLatest: null, resource: undefined, aborted: false, logged: [] }
    )
  })

  it('is as configured, and keeps what a handler logs', async () => {
    const given = context({ resource: customers, attempt: 2 })
    assert.deepEqual(await handler(record({ partitionKey: 'c-1' }), given), ack())
    assert.deepEqual(given.logged, [{ level: 'info', message: 'greeted Ada', fields: { attempt: 2 } }])
    assert.deepEqual(await handler(record({ partitionKey: 'c-2' }), given), reject('no such customer'))
  })

  it('has the signal and the delay that it is given', () => {
    const { signal, millisBehindLatest } = context({ signal: AbortSignal.abort(), millisBehindLatest: 7 })
    assert.deepEqual([signal.aborted, millisBehindLatest], [true, 7])
  })
})
