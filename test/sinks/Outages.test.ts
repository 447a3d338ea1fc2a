import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Failure from '../../src/core/Failure'
import * as Outages from '../../src/sinks/Outages'

const stage = () => {
  const warnings: Array<string> = []
  let now = 100
  const outages = Outages.make({ warn: (text) => void warnings.push(text), wall: () => now })
  return { outages, warnings, later: (ms: number) => void (now += ms) }
}

const down = Failure.make('Error', 'answered 503')

describe('a sink', () => {
  it('that fails has a since and an error, and keeps the error when it works again', () => {
    const { outages, warnings, later } = stage()
    const orders = outages.of('orders')
    outages.of('audit')
    const audit = { sink: 'audit', failingSince: null, lastError: null }
    assert.deepEqual(outages.states(), [{ ...audit, sink: 'orders' }, audit])
    orders(down)
    const lastError = { at: 100, text: 'Error: answered 503' }
    assert.deepEqual(outages.states(), [{ sink: 'orders', failingSince: 100, lastError }, audit])
    later(50)
    orders(null)
    assert.deepEqual(outages.states(), [{ sink: 'orders', failingSince: null, lastError }, audit])
    assert.deepEqual(warnings, [
      'sink orders fails; its outputs are sent again until its deadline: Error: answered 503',
      'sink orders works again'
    ])
  })

  it('of several threads fails where one of them fails, since the first of them', () => {
    const state = (failingSince: number | null, at: number, text: string): Outages.State => ({
      sink: 'orders',
      failingSince,
      lastError: { at, text }
    })
    assert.deepEqual(Outages.merge([[state(20, 20, 'b')], [state(10, 10, 'a')], [state(null, 5, 'c')]]), [
      state(10, 20, 'b')
    ])
    assert.deepEqual(Outages.merge([]), [])
  })
})
