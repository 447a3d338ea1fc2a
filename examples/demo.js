'use strict'
// npm run demo: from a fresh clone to a stream that is consumed through trouble. Needs Node and npm alone.
// `--built` takes the package as it is built.
const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { isInstalled } = require('../tools/run/installed')

const root = path.join(__dirname, '..')
const orders = path.join(__dirname, 'orders')
const letters = path.join(orders, 'dead-letters.ndjson')
const accepted = path.join(orders, 'accepted.ndjson')

const say = (text = '') => console.log(text)

/** Runs a program in a folder; a failure ends the demo with its output. */
const run = (program, args, cwd, stderr = 'pipe') => {
  const {
    status,
    stdout,
    stderr: told,
    error
  } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', stderr],
    shell: process.platform === 'win32' && program === 'npm'
  })
  if (status === 0) return stdout
  throw new Error(`${program} ${args.join(' ')} failed\n${error?.message ?? ''}${stdout ?? ''}${told ?? ''}`)
}

const step = (title, f) => {
  const began = Date.now()
  process.stdout.write(`${title} ... `)
  f()
  say(`${((Date.now() - began) / 1000).toFixed(1)} s`)
}

const TROUBLE = ['--split-after', '1500', '--throttle', '0.1', '--lose-lease', '0.05', '--kill-after', '1200']
const COMMAND = ['dev', 'orders.ndjson', '--shards', '2', '--batch', '100', '--fresh', ...TROUBLE]

const story = ({ records, checkpoints, faults, shards, replay }) => `
What happened, in plain words
  ${records.consumed} orders, spread over two shards by the MD5 of their customer, went through the handler.
  ${records.skipped} times there was nothing to pay, and the order was skipped.
  ${records.deadLetters} dead letters were written: orders that no retry can save. The stream went on without them.
  ${checkpoints.sent} checkpoints were sent; of these, failed by throttling and sent again later: ${checkpoints.failed}.
  Leases taken away: ${faults.leasesLost}; crashes of the whole worker: ${faults.kills}. Each time the stream came back at its last
  checkpoint, so ${records.again} orders came a second time, and none was lost.
  The first shard was split: it ended, and only then did its ${shards.filter(({ parent }) => parent !== null).length} children begin, so each customer's orders kept their order.
  A crash now would bring ${replay} orders again.
`

const linesOf = (file) => fs.readFileSync(file, 'utf8').trim().split('\n')

/** The ids of the orders in the stream that ask for money, in their order: what has to arrive. */
const expected = () =>
  linesOf(path.join(orders, 'orders.ndjson'))
    .map((line) => JSON.parse(line).data)
    .filter((order) => typeof order?.id === 'string' && typeof order.total === 'number' && order.total > 0)
    .map(({ id }) => id)

const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b), 0)

/** Counts what is in the sink's file; an order that is missing, or one too many, ends the demo. */
const arrivals = () => {
  const lines = linesOf(accepted).map((line) => JSON.parse(line))
  const times = new Map()
  for (const { id } of lines) times.set(id, (times.get(id) ?? 0) + 1)
  const arrived = new Set(lines.map(({ value }) => value.id))
  const wanted = expected()
  const missing = wanted.filter((id) => !arrived.has(id))
  if (missing.length > 0) throw new Error(`these orders did not arrive: ${missing.join(', ')}`)
  if (arrived.size !== wanted.length || times.size !== wanted.length)
    throw new Error(`${wanted.length} orders with ${times.size} ids became ${arrived.size}`)
  return {
    lines: lines.length,
    orders: arrived.size,
    again: [...times.values()].filter((count) => count > 1).length,
    most: most([...times.values()])
  }
}

const TIMES = { 1: 'once', 2: 'twice' }

const outcome = ({ lines, orders: count, again, most: times }) => `What arrived
  ${lines} lines are in examples/orders/accepted.ndjson, the sink that the orders were emitted to.
  They are ${count} orders: each one of the stream with something to pay, and no other. The demo has just compared.
  ${again} of them came again and are there more than once (${TIMES[times] ?? `${times} times`} at most), each time with the same id,
  by which a reader, or a table with that key, keeps one.
`

/** The reasons of dead letters with how often each came, sequence numbers and ids left out. */
const reasons = () => {
  const counts = new Map()
  for (const line of linesOf(letters)) {
    const reason = JSON.parse(line)
      .reason.replace(/"[\d.]+"/, '".."')
      .replace(/ is -[\d.]+/, ' is negative')
      .replace(/: (Unexpected|Expected).*/, '')
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `  ${String(count).padStart(3)}  ${reason}`)
    .join('\n')
}

const NEXT = `
What to look at next
  examples/orders/handler.ts            the one pure function that a user writes
  examples/orders/handler.test.ts       its test: values are compared
  examples/orders/kcl.config.yaml       when to checkpoint, where outputs go, and what becomes of a bad record
  examples/orders/accepted.ndjson       what arrived
  examples/orders/dead-letters.ndjson   what could not be processed, and why
  examples/                             more handlers: Kinesis to Kinesis, PostgreSQL, S3, io-ts
  README.md                             how to run it under Amazon's daemon, and what is guaranteed

Try it yourself
  cd examples/orders
  node ../../dist/bin.js check
  node ../../dist/bin.js dev orders.ndjson --shards 4
  node ../../dist/bin.js dev --help`

const main = () => {
  if (!isInstalled(root)) step('Installing what the package needs', () => run('npm', ['ci'], root))
  if (!process.argv.includes('--built')) step('Building', () => run('npm', ['run', 'build'], root))
  for (const file of [letters, accepted]) fs.rmSync(file, { force: true })

  say(`\n$ kclts ${COMMAND.join(' ')}`)
  const bin = path.join(root, 'dist/bin.js')
  const told = run(process.execPath, [bin, ...COMMAND, '--log-level', 'error', '--json'], orders, 'inherit')
  say(story(JSON.parse(told)))
  say(outcome(arrivals()))
  say(`Why they became dead letters\n${reasons()}`)
  say(NEXT)
}

try {
  main()
} catch (error) {
  console.error(`\n${error.message}`)
  process.exitCode = 1
}
