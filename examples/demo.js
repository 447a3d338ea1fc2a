'use strict'
// npm run demo: consumes a stream with faults, from a fresh clone. It needs only Node and npm.
// `--built` uses the package as it is built.
const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { isInstalled } = require('../tools/run/installed')

const root = path.join(__dirname, '..')
const orders = path.join(__dirname, 'orders')
const letters = path.join(orders, 'dead-letters.ndjson')
const accepted = path.join(orders, 'accepted.ndjson')

const say = (text = '') => console.log(text)

/** Runs a program in a folder, and returns what it wrote; a failure ends the demo with its output. */
const run = (program, args, cwd) => {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && program === 'npm'
  })
  if (status === 0) return { stdout, stderr }
  throw new Error(
    `${program} ${args.join(' ')} failed\n${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`
  )
}

const step = (title, f) => {
  const began = Date.now()
  process.stdout.write(`${title} ... `)
  f()
  say(`${((Date.now() - began) / 1000).toFixed(1)} s`)
}

const FAULTS = ['--split-after', '1500', '--throttle', '0.1', '--lose-lease', '0.05', '--kill-after', '1200']
const COMMAND = ['dev', 'orders.ndjson', '--shards', '2', '--batch', '100', '--fresh', ...FAULTS]

const story = ({ records, checkpoints, faults, shards, replay }) => `
What happened
  ${records.consumed} orders, spread over two shards by the MD5 of their customer, went through the handler.
  The handler skipped an order ${records.skipped} times, because there was nothing to pay.
  ${records.deadLetters} dead letters were written, for orders that can never succeed. The stream went on without them.
  Checkpoints sent: ${checkpoints.sent}; throttled, and sent again later: ${checkpoints.failed}.
  Leases taken away: ${faults.leasesLost}; crashes of the whole worker: ${faults.kills}. Each time, the shards continued from their last
  checkpoint, so ${records.again} orders were delivered again, and none was lost.
  The first shard was split. Its ${shards.filter(({ parent }) => parent !== null).length} children began only after it had ended, so the orders of each customer stayed in order.
  If the worker crashed now, ${replay} orders would be delivered again.
`

const linesOf = (file) => fs.readFileSync(file, 'utf8').trim().split('\n')

/** The ids of the orders that must arrive: those in the stream with something to pay, in their order. */
const expected = () =>
  linesOf(path.join(orders, 'orders.ndjson'))
    .map((line) => JSON.parse(line).data)
    .filter((order) => typeof order?.id === 'string' && typeof order.total === 'number' && order.total > 0)
    .map(({ id }) => id)

const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b), 0)

/** Counts what is in the sink's file; a missing order, or one too many, ends the demo. */
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
  The sink wrote ${lines} lines to examples/orders/accepted.ndjson.
  They hold ${count} orders: every order of the stream with something to pay, and no other. The demo has just compared them.
  ${again} of these orders are in the file more than once (${TIMES[times] ?? `${times} times`} at most), each time with the same id,
  so a reader, or a table with that key, can keep one.
`

/** What the handler printed, each line with the record for which it did. */
const printed = (log) =>
  log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg.startsWith('a large order'))
    .map(({ msg, shard, sequenceNumber }) => `  ${msg.padEnd(32)}${shard}/${sequenceNumber}`)
    .join('\n')

/** The reasons of dead letters and how often each occurred, without numbers. */
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
  examples/orders/handler.test.ts       its test, which compares values
  examples/orders/kcl.config.yaml       when to checkpoint, where outputs go, and what happens to a bad record
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
  const { stdout, stderr } = run(process.execPath, [bin, ...COMMAND, '--json'], orders)
  say(story(JSON.parse(stdout)))
  say(outcome(arrivals()))
  say(`Why records became dead letters\n${reasons()}\n`)
  say(`What the handler printed with console.log, and for which record\n${printed(stderr)}`)
  say(NEXT)
}

try {
  main()
} catch (error) {
  console.error(`\n${error.message}`)
  process.exitCode = 1
}
