'use strict'
// A conversation with a child of any kind: lines of a daemon that mostly keeps to the protocol, damaged on the way, and cut
// into chunks at random.
const path = require('node:path')
const { mutate } = require('./mutate')

const Lines = require(path.join(__dirname, '../../.build/src/protocol/wire/Lines'))

const MOST_LINES = 14

/**
 * `child`: `line` and `end`. `happen(rest)`: what happens after a line, which may be that all comes to rest.
 *
 * Gives the lines, how many of them were damaged, and what was found: nothing, it is hoped.
 */
const talk = ({ random, daemon, world, oracle, child, happen }) => {
  const lines = Lines.make()
  const sent = []
  const framed = []
  const findings = []
  let damaged = 0

  const onLine = (line) => {
    framed.push(Buffer.from(line))
    oracle.reads(line)
    daemon.reaches(line)
    child.line(line)
    oracle.hasRead()
  }
  const push = (bytes) => {
    sent.push(bytes)
    let from = 0
    while (from < bytes.length) {
      const to = random.chance(0.5) ? bytes.length : from + 1 + random.below(bytes.length - from)
      lines.push(bytes.subarray(from, to), onLine)
      from = to
    }
  }

  /** Time passes until nothing moves by itself. */
  const settle = () => {
    for (let steps = 0; steps < 10_000; steps++) {
      if (world.turn()) continue
      const until = world.waiting()
      if (until === null) return
      world.advance(until)
    }
    findings.push('it never comes to rest')
  }
  const rest = () => {
    settle()
    oracle.rests()
  }

  const say = () => {
    const line = daemon.next()
    if (!random.chance(0.35)) return push(Buffer.concat([line, Buffer.from('\n')]))
    const mutant = mutate(random, line, daemon.other())
    damaged += 1
    daemon.damaged()
    return push(Buffer.concat([mutant.line, Buffer.from(random.chance(0.9) ? '\n' : '')]))
  }

  const converse = () => {
    for (let n = 0; n < MOST_LINES && !oracle.hasLeft() && !daemon.isOver(); n++) {
      say()
      happen(rest)
    }
    settle()
    if (oracle.hasLeft()) return
    oracle.rests()
    oracle.ends(lines.pending())
    child.end(lines.pending())
    oracle.rests()
  }

  try {
    converse()
    const whole = Buffer.concat(sent)
    const kept = Buffer.concat(framed.flatMap((line) => [line, Buffer.from('\n')]))
    if (!whole.subarray(0, kept.length).equals(kept) || whole.length - kept.length !== lines.pending())
      findings.push('the lines are not the bytes that were sent')
  } catch (thrown) {
    findings.push(`it threw ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
  }
  return { lines: framed, damaged, findings: [...oracle.findings, ...daemon.findings, ...findings] }
}

module.exports = { talk }
