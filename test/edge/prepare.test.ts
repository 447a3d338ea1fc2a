import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import * as E from 'fp-ts/Either'
import { ack } from '../../src/core/Decision'
import type { HandlerModule } from '../../src/edge/HandlerModule'
import type * as Destinations from '../../src/edge/Destinations'
import { ready } from '../../src/edge/Startup'
import { loadIn, project } from '../config/Project'

const SINKS = 'sinks: { orders: { type: module, export: store } }\nlog: { level: error, format: json }\n'

/** A child whose sinks close in this way is prepared and closed; gives what was done on the way. */
const closed = async (close: () => Promise<void>): Promise<ReadonlyArray<string>> => {
  const done: Array<string> = []
  const exports: Readonly<Record<string, unknown>> = {
    acquire: () => 'a pool',
    release: (pool: unknown) => void done.push(`released ${String(pool)}`)
  }
  const handler: HandlerModule = {
    handler: ack,
    version: null,
    name: 'handler.js',
    exported: (name) => exports[name]
  }
  const destinations: typeof Destinations.open = () =>
    Promise.resolve(
      E.right({
        bury: () => Promise.resolve(E.right(undefined)),
        deliver: () => undefined,
        advice: [],
        close
      })
    )
  const loaded = loadIn(project({ 'kcl.config.yaml': SINKS }), { handlerRequired: false })
  assert.ok(E.isRight(loaded))
  const around = { log: { write: () => undefined }, idle: null, record: null }
  const prepared = await ready(loaded.right, E.right(handler), around, destinations)()
  assert.ok(E.isRight(prepared))
  await prepared.right.release()
  return done
}

describe('a child that ends', () => {
  it('releases what it acquired when its sinks are closed', async () =>
    assert.deepEqual(await closed(() => Promise.resolve()), ['released a pool']))

  it('releases it, too, when a sink cannot be closed', async () =>
    assert.deepEqual(await closed(() => Promise.reject(new Error('EIO: no such disk'))), ['released a pool']))

  it('waits no longer than its time for a sink that does not close', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const hung = closed(() => {
        queueMicrotask(() => mock.timers.tick(5000))
        return new Promise(() => undefined)
      })
      assert.deepEqual(await hung, ['released a pool'])
    } finally {
      mock.timers.reset()
    }
  })
})
