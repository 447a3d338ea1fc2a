'use strict'
/**
 * A child that says to the daemon, line by line, what its script has for each action, and notes both sides of the
 * conversation. A script is a list of steps for the name of an action, under `script` of the configuration:
 *
 *     { say }     a line, in which $first, $last, $last+1 and $last-1 are sequence numbers of the latest records
 *     { ask }     the same, and the daemon's next line is its answer
 *     { when }    goes on when this file is there
 *     { exit }    leaves with this code
 *
 * An action without steps is answered by its status.
 */
const fs = require('node:fs')

const { script } = JSON.parse(fs.readFileSync('kcl.config.yaml', 'utf8'))

let [first, last] = ['0', '0']
let steps = []
let timer

const note = (dir, line) =>
  fs.appendFileSync('wire.ndjson', `${JSON.stringify({ pid: process.pid, dir, line })}\n`)

const filled = (line) =>
  line
    .replaceAll('$first', first)
    .replaceAll('$last+1', String(BigInt(last) + 1n))
    .replaceAll('$last-1', String(BigInt(last) - 1n))
    .replaceAll('$last', last)

const say = (line) => {
  note('<', filled(line))
  fs.writeSync(1, `\n${filled(line)}\n`)
}

const leave = (code) => {
  note('exit', String(code))
  process.exit(code)
}

const proceed = () => {
  const step = steps.shift()
  if (step === undefined) return
  if (step.exit !== undefined) return leave(step.exit)
  if (step.when !== undefined && !fs.existsSync(step.when)) {
    steps.unshift(step)
    timer = setTimeout(proceed, 20)
    return
  }
  if (step.when !== undefined) note('when', step.when)
  if (step.ask !== undefined) return say(step.ask)
  if (step.say !== undefined) say(step.say)
  proceed()
}

const hear = (line) => {
  note('>', line)
  const { action, records = [] } = JSON.parse(line)
  if (action === 'checkpoint') return proceed()
  if (records.length > 0) [first, last] = [records[0].sequenceNumber, records.at(-1).sequenceNumber]
  clearTimeout(timer)
  // Only the first batch has its script: how many there are is up to the machine.
  steps = script[action] ?? [{ say: JSON.stringify({ action: 'status', responseFor: action }) }]
  if (action === 'processRecords') delete script[action]
  proceed()
}

let rest = ''
process.stdin.setEncoding('utf8').on('data', (chunk) => {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop()
  lines.forEach(hear)
})
process.stdin.on('end', () => {
  note('eof', '')
  leave(0)
})
