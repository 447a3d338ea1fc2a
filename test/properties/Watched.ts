/** A fold that is watched: it is given what cannot be changed, and asked everything again, at once and some steps later. */
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

const LATER = 16

export const watched = (step: Step): Step => {
  const past: Array<() => void> = []
  return (state, input) => {
    freeze(state)
    freeze(input)
    const first = step(state, input)
    const again = (): void => assert.deepStrictEqual(step(state, input), first)
    again()
    if (past.push(again) > LATER) past.shift()?.()
    return first
  }
}
