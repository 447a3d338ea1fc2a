'use strict'
const { describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { schedule } = require('./schedule')

const step = (name, needs = [], alone = false) => ({ name, needs, alone })

/** Runs the steps, of which the named ones fail; each moment is the list of those at work after a step began. */
const play = async (steps, atOnce, broken = []) => {
  const moments = []
  const working = new Set()
  const perform = async ({ name }) => {
    working.add(name)
    moments.push([...working].join('+'))
    await new Promise(setImmediate)
    working.delete(name)
    return { passed: 1, failed: broken.includes(name) ? 1 : 0, skipped: 0, skips: [], ms: 1, output: '' }
  }
  const results = schedule(steps, atOnce, perform)
  const outputs = {}
  for (const { name } of steps) outputs[name] = (await results.get(name)).output
  return { moments, outputs }
}

describe('the steps of npm test', () => {
  it('run a given number at a time, in the order of the list', async () => {
    const steps = ['a', 'b', 'c', 'd'].map((name) => step(name))
    assert.deepEqual((await play(steps, 1)).moments, ['a', 'b', 'c', 'd'])
    const { moments } = await play(steps, 2)
    assert.deepEqual([moments[0], moments[1]], ['a', 'a+b'])
    assert.ok(moments.every((moment) => moment.length <= 3))
    assert.deepEqual(
      moments.map((moment) => moment.at(-1)),
      ['a', 'b', 'c', 'd']
    )
  })

  it('wait for what they need, and a later one takes their place meanwhile', async () => {
    const { moments } = await play([step('build'), step('unit', ['build']), step('lint')], 2)
    assert.deepEqual(moments.slice(0, 2), ['build', 'build+lint'])
    assert.match(moments[2], /unit$/)
  })

  it('do not wait for a need that is not in the list', async () => {
    assert.deepEqual((await play([step('unit', ['build'])], 2)).moments, ['unit'])
  })

  it('do not run when what they need has failed, nor do those that need them', async () => {
    const steps = [step('build'), step('unit', ['build']), step('more', ['unit']), step('lint')]
    const { moments, outputs } = await play(steps, 1, ['build'])
    assert.deepEqual(moments, ['build', 'lint'])
    assert.deepEqual(outputs, {
      build: '',
      unit: 'not run: it needs build',
      more: 'not run: it needs unit',
      lint: ''
    })
  })

  it('run alone where they measure, after all others', async () => {
    const steps = [step('a'), step('bench', [], true), step('speed', ['a'], true), step('b'), step('c')]
    const { moments } = await play(steps, 2)
    assert.deepEqual(moments.slice(-2), ['bench', 'speed'])
  })

  it('hand on what the runner throws', async () => {
    const results = schedule([step('a')], 1, () => Promise.reject(new Error('no log')))
    await assert.rejects(results.get('a'), /no log/)
  })
})
