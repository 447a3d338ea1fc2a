'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Figures = require('./Figures')
const Judge = require('./Judge')

const HOURS = 8
const SECONDS = HOURS * 3600

const STEADY = {
  live: 40,
  old: 60,
  metaspace: 50,
  jvmRss: 200,
  jvmPss: 190,
  threads: 40,
  nodeRss: 90,
  nodeHeap: 20,
  toolRss: 500,
  behind: 0,
  lost: 0,
  restarts: 0
}

/** A sample each five minutes; `at(hour)` gives what differs from a steady one. */
const run = (at = () => ({}), seconds = SECONDS) =>
  Array.from({ length: seconds / 300 }, (_, i) => {
    const s = (i + 1) * 300
    return { s, ...STEADY, ...at(s / 3600), ...(s === seconds ? { isEnd: true } : {}) }
  })

const judged = (samples, endings = []) =>
  Judge.problems({ rows: Judge.summarize(samples).rows, last: samples.at(-1), endings })

const rowOf = (samples, key) => Judge.summarize(samples).rows.find((row) => row.key === key)

describe('the judgement of the memory soak', () => {
  it('compares the hour after ten minutes with the last hour, and quarters of a short run', () => {
    assert.deepEqual(Judge.windowsOf(SECONDS), { first: [600, 4200], last: [25_200, 28_800] })
    assert.deepEqual(Judge.windowsOf(720), { first: [180, 360], last: [540, 720] })
    assert.deepEqual([SECONDS, 720].map(Judge.collectEvery), [900, 45])
  })

  it('gives medians, growth an hour and the maximum, without the first ten minutes where they would count', () => {
    const samples = run((hour) => ({ jvmRss: hour < 0.15 ? 900 : 200 + 2 * hour }))
    const { first, last, slope, most } = rowOf(samples, 'jvmRss')
    assert.deepEqual(
      [first, last, slope, most].map((n) => Number(n.toFixed(6))),
      [201.333333, 215, 2, 900]
    )
  })

  it('uses the samples that have a metric, and knows when there is none', () => {
    const some = run((hour) => ({ live: Number.isInteger(hour * 2) ? 41 : null }))
    assert.equal(rowOf(some, 'live').first, 41)
    const { first, last, slope, most } = rowOf(
      run(() => ({ live: null })),
      'live'
    )
    assert.deepEqual([first, last, slope, most], [null, null, null, null])
  })

  it('has nothing against a steady run, nor against growth within the limits', () => {
    assert.deepEqual(judged(run()), [])
    const bit = (hour) =>
      hour > 4 ? { live: 50.9, jvmRss: 244.9, threads: 45, nodeRss: 118.4, old: 200, nodeHeap: 80 } : {}
    assert.deepEqual(judged(run(bit)), [])
  })

  const FAILING = [
    [
      'the live heap',
      { live: 51.1 },
      /^JVM heap after a full collection grew from 40 MB to 51.1 MB; the limit is 1.15 times/
    ],
    ['the RSS of the JVM', { jvmRss: 245.1 }, /^JVM RSS grew from 200 MB to 245.1 MB/],
    ['the threads', { threads: 46 }, /^JVM threads grew from 40 to 46; the limit is the first window and 5$/],
    ['the RSS of the host', { nodeRss: 119 }, /^host RSS grew from 90 MB to 119 MB/]
  ]
  for (const [what, late, sentence] of FAILING)
    it(`fails when ${what} has grown by the last hour`, () => {
      const [problem, ...others] = judged(run((hour) => (hour > 7 ? late : {})))
      assert.match(problem, sentence)
      assert.deepEqual(others, [])
    })

  it('fails when a record was lost, when one was never handled, and when the daemon was started again', () => {
    assert.deepEqual(judged(run(() => ({ lost: 2 }))), [
      '2 records were lost: a later one of their shard was handled'
    ])
    assert.deepEqual(judged(run(() => ({ behind: 3 }))), ['3 records were put and never handled'])
    assert.deepEqual(judged(run((hour) => ({ restarts: hour > 6 ? 1 : 0 }))), [
      'the worker started its daemon again, times: 1'
    ])
  })

  it('fails by how processes ended', () =>
    assert.deepEqual(judged(run(), ['the worker ended by itself with 1']), [
      'the worker ended by itself with 1'
    ]))

  it('does not hold what waits against a run that has not ended', () =>
    assert.deepEqual(judged(run(() => ({ behind: 3 })).slice(0, -1)), []))

  it('fails when there is too little to judge', () => {
    const problems = judged([{ s: 30, ...STEADY, live: null }])
    assert.equal(problems.length, 4)
    for (const problem of problems) assert.match(problem, /too few samples to judge it$/)
  })
})

describe('the figures of the memory soak', () => {
  it('reads the columns of jstat -gc by their names', () =>
    assert.deepEqual(Figures.columns('    OC         OU       YGC \n 10944.0     512.5      7\n'), {
      OC: '10944.0',
      OU: '512.5',
      YGC: '7'
    }))
})
