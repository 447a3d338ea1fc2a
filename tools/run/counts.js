'use strict'
// What a test runner said it did, read from its closing lines.

/** The plain line that the scripts of this repository close with. */
const PLAIN = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm

/** One number of node:test's summary, in its spec reporter (`ℹ pass 3`) or its tap reporter (`# pass 3`). */
const summed = (output, word) =>
  [...output.matchAll(new RegExp(`^(?:ℹ|#) ${word} (\\d+)$`, 'gm'))].reduce(
    (sum, match) => sum + Number(match[1]),
    0
  )

const read = (output) => {
  const plain = [...output.matchAll(PLAIN)].at(-1)
  if (plain) return { passed: Number(plain[1]), failed: Number(plain[2]), skipped: Number(plain[3] ?? 0) }
  return {
    passed: summed(output, 'pass'),
    failed: summed(output, 'fail') + summed(output, 'cancelled'),
    skipped: summed(output, 'skipped') + summed(output, 'todo')
  }
}

/** The names of skipped tests: `﹣ name (0.1ms) # why` from node:test, `SKIPPED why` from our own scripts. */
const skipsOf = (output) => [...output.matchAll(/^\s*(?:﹣|SKIPPED:?) (.*)$/gm)].map((match) => match[1])

/** The counts of a test runner. One that ended well without a test has not checked anything: that is a failure. */
const ofRunner = (output, ok) => {
  const found = read(output)
  const skips = skipsOf(output)
  if (!ok) return { ...found, failed: Math.max(1, found.failed), skips }
  if (found.failed > 0) return { ...found, skips, why: 'It reported failures, but ended with 0.' }
  if (found.passed + found.skipped === 0) return { ...found, failed: 1, skips, why: 'It ran no test.' }
  return { ...found, skips }
}

/** A check that has no parts is one test. */
const ofCheck = (ok) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, skips: [] })

module.exports = { ofRunner, ofCheck }
