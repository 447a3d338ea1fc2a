'use strict'
const { it } = require('node:test')
const assert = require('node:assert/strict')
const counts = require('./counts')

it('reads the summary of node:test, and the skipped tests with their reasons', () => {
  const output =
    '✔ a (1ms)\n﹣ b (0.1ms) # needs java\nℹ tests 3\nℹ pass 1\nℹ fail 0\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\n'
  assert.deepEqual(counts.ofRunner(output, true), {
    passed: 1,
    failed: 0,
    skipped: 1,
    skips: ['b (0.1ms) # needs java']
  })
})

it('takes the last plain line before anything else', () => {
  assert.deepEqual(counts.ofRunner('# pass 7\n1 passed, 0 failed\n5 passed, 0 failed, 2 skipped\n', true), {
    passed: 5,
    failed: 0,
    skipped: 2,
    skips: []
  })
})

it('counts a runner that ended badly without a failed test as one failure', () => {
  assert.equal(counts.ofRunner('ℹ pass 3\nℹ fail 0\n', false).failed, 1)
})

it('counts a runner that ran no test as a failure', () => {
  const { failed, why } = counts.ofRunner('ℹ pass 0\nℹ fail 0\n', true)
  assert.deepEqual([failed, why], [1, 'It ran no test.'])
})

it('does not believe an exit code of 0 over reported failures', () => {
  const { failed, why } = counts.ofRunner('2 passed, 1 failed, 0 skipped\n', true)
  assert.deepEqual([failed, why], [1, 'It reported failures, but ended with 0.'])
})
