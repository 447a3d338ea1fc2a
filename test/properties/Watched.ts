/** A fold that is watched: it is given what cannot be changed, and asked everything twice. */
import * as assert from 'node:assert/strict'
import type { Step } from './Play'

const frozen = new WeakSet<object>()

const freeze = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || frozen.has(value)) return
  frozen.add(value)
  if (ArrayBuffer.isView(value) || value instanceof Promise) return
  Object.freeze(value)
  Object.values(value).forEach(freeze)
}

export const watched =
  (step: Step): Step =>
  (state, input) => {
    freeze(state)
    freeze(input)
    const first = step(state, input)
    assert.deepStrictEqual(step(state, input), first)
    return first
  }
