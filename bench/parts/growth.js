'use strict'
// Records in a second and memory of kclts against how much there is of everything: records in one run, records in a
// batch, bytes in a record, shards, and dead letters that nobody has looked after.
const fs = require('node:fs')
const path = require('node:path')
const Contest = require('../Contest')
const Meter = require('../Meter')
const Shards = require('../Shards')
const Table = require('../Table')
const Wire = require('../Wire')

const LONG_RUN = { shape: '1000x100', full: 10_000_000, quick: 1_000_000, parts: 10 }

/** What the run has warmed up after, of its ten parts: code is compiled and the heap has its size. */
const WARM = 1
const HALF = 5

const BATCHES = ['1x1000', '10x1000', '100x1000', '1000x1000', '10000x1000']
const PAYLOADS = ['1000x100', '1000x1000', '1000x10000', '100x100000', '10x1000000']
const SHARDS = { full: [1, 10, 30, 100], quick: [1, 10] }
const ONE_SHARD = '1000x1000'
const LETTERS = { full: [0, 1000, 10_000, 100_000], quick: [0, 10_000] }

const pace = ({ quick }) => ({
  rounds: 1,
  turns: 5,
  warm: { milliseconds: quick ? 200 : 500, batches: 2 },
  burst: { milliseconds: quick ? 40 : 200, batches: 1 }
})

/**
 * One child through the whole run.
 *
 * @returns for each tenth of it: how many records it ends at, their speed, and the most memory seen in it
 */
const longRun = async ({ peers, quick, progress }) => {
  const total = quick ? LONG_RUN.quick : LONG_RUN.full
  const { records } = Meter.parseShape(LONG_RUN.shape)
  progress(`${total} records in one run`)
  const child = peers.kclts.start({ handler: 'ignore' })
  const feeder = Meter.feed(child, Meter.lineOf(LONG_RUN.shape))
  const parts = []
  for (let part = 1; part <= LONG_RUN.parts; part++) {
    const before = feeder.fed()
    let took = 0
    let memory = 0
    while (feeder.fed() < (total / LONG_RUN.parts) * part) {
      took += feeder.batch()
      if (feeder.fed() % (20 * records) === 0) memory = Math.max(memory, child.resident())
    }
    parts.push({ records: feeder.fed(), rate: ((feeder.fed() - before) * 1000) / took, memory })
  }
  await child.end()
  return parts
}

const most = (parts) => Math.max(...parts.map(({ memory }) => memory))

/** The most memory in the second half of a run, against the most in the first half after warm-up: 1 where it is flat. */
const growthOf = (parts) => most(parts.slice(HALF)) / most(parts.slice(WARM, HALF))

/** Median speed and peak memory of kclts alone. */
const measureOne = async (context, start, shape) => {
  const { only } = await Meter.play({ only: { start, line: Meter.lineOf(shape) } }, pace(context))
  return {
    rate: Contest.spread(only.map(({ rate }) => rate)),
    memory: Contest.median(only.map(({ memory }) => memory))
  }
}

const measureShapes = async (context, shapes) => {
  const rows = []
  for (const shape of shapes) {
    context.progress(shape)
    rows.push({
      shape,
      ...(await measureOne(context, () => context.peers.kclts.start({ handler: 'ignore' }), shape))
    })
  }
  return rows
}

/**
 * `driver`: the records a second of children that parse nothing, so as many as the driver of many shards can have. One shard
 * is driven by the stand-in that gives it all its time.
 */
const measureShards = async (context) => {
  const { quick, project, peers, progress } = context
  const start = () => peers['kclts-run'].start({ handler: 'ignore' })
  const rows = []
  for (const count of quick ? SHARDS.quick : SHARDS.full) {
    progress(`${count} shards`)
    const { rate, idle, after } = await Shards.measure(Shards.host(project, 1), count)
    const driver = (await Shards.measure(Shards.alone('reads-only.js'), count)).rate
    const alone = count === 1 ? (await measureOne(context, start, ONE_SHARD)).rate.median : undefined
    rows.push({ count, rate, driver, alone, idle, memory: after })
  }
  return rows
}

/** A letter that the child has written itself; its sequence number is where the others differ. */
const letterOf = async (start, file) => {
  const child = start()
  Meter.feed(child, Wire.numberedLine(10, 100)).batch()
  await child.end()
  const [letter] = fs.readFileSync(file, 'utf8').split('\n')
  return letter
}

const LETTERS_AT_ONCE = 1000

const writeLetters = (file, letter, count) => {
  const [head, tail] = letter.split(Wire.sequenceNumber(7))
  const descriptor = fs.openSync(file, 'w', 0o600)
  for (let written = 0; written < count; written += LETTERS_AT_ONCE)
    fs.writeSync(
      descriptor,
      Array.from(
        { length: LETTERS_AT_ONCE },
        (_, index) => `${head}${Wire.sequenceNumber(written + index)}${tail}\n`
      ).join('')
    )
  fs.closeSync(descriptor)
}

/** Each tenth record becomes one more dead letter, in a file that has so many of them already. */
const measureLetters = async (context) => {
  const file = path.join(context.project, 'dead-letters.ndjson')
  const start = () => context.peers.kclts.start({ handler: 'reject' })
  const letter = await letterOf(start, file)
  const rows = []
  for (const count of context.quick ? LETTERS.quick : LETTERS.full) {
    context.progress(`${count} dead letters`)
    writeLetters(file, letter, count)
    const child = start()
    await child.end()
    rows.push({ count, startedIn: child.startedIn, ...(await measureOne(context, start, '100x100')) })
  }
  fs.rmSync(file)
  return rows
}

const run = async (context) => ({
  rounds: 1,
  records: await longRun(context),
  batches: await measureShapes(context, context.quick ? BATCHES.slice(0, 4) : BATCHES),
  payloads: await measureShapes(context, context.quick ? PAYLOADS.slice(0, 3) : PAYLOADS),
  shards: await measureShards(context),
  letters: await measureLetters(context)
})

const thousands = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ' ')

const rowsOfShapes = (rows, key) =>
  rows.map(({ shape, rate, memory }) => {
    const { records, bytes } = Meter.parseShape(shape)
    return [
      thousands(key === 'records' ? records : bytes),
      Table.figure(rate.median),
      Table.figure((rate.median * bytes) / 1e6),
      Table.figure(memory)
    ]
  })

const tables = ({ records, batches, payloads, shards, letters }) => [
  {
    title: `One run of ${thousands(records.at(-1).records)} records (${LONG_RUN.shape}): the peak memory of the second half is ${growthOf(records).toFixed(2)} times that of the first half, not counting the warm-up`,
    head: ['records so far', 'records/s', 'most MB'],
    rows: records.map((part) => [thousands(part.records), Table.figure(part.rate), Table.figure(part.memory)])
  },
  {
    title: 'By the number of records in a batch, 1 KB each',
    head: ['records in a batch', 'records/s', 'MB/s', 'peak MB'],
    rows: rowsOfShapes(batches, 'records')
  },
  {
    title: 'By the size of a record',
    head: ['bytes of a record', 'records/s', 'MB/s', 'peak MB'],
    rows: rowsOfShapes(payloads, 'bytes')
  },
  {
    title:
      'By the number of shards in one process; all shards get batches of 1000 records of 1 KB at the same time',
    head: ['shards', 'records/s of all', 'records/s of reads-only', 'MB idle', 'MB after'],
    rows: shards.map(({ count, rate, driver, alone, idle, memory }) => [
      thousands(count),
      Table.figure(alone ?? rate),
      driver === undefined ? '' : Table.figure(driver),
      Table.figure(idle),
      Table.figure(memory)
    ])
  },
  {
    title:
      'By the number of dead letters already in the file, while every tenth record becomes a new dead letter (100x100)',
    head: ['dead letters', 'start', 'records/s', 'peak MB'],
    rows: letters.map(({ count, startedIn, rate, memory }) => [
      thousands(count),
      `${startedIn.toFixed(0)} ms`,
      Table.figure(rate.median),
      Table.figure(memory)
    ])
  }
]

module.exports = {
  growthOf,
  name: 'growth',
  isOnOneCore: true,
  title: 'growth',
  rounds: { full: 1, quick: 1 },
  run,
  tables,
  problems: () => []
}
