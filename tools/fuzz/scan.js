'use strict'
// `npm run fuzz:scan`: what the scan of bytes takes from a damaged line is what JSON.parse finds there.
const path = require('node:path')
const { isDeepStrictEqual, parseArgs } = require('node:util')
const { compile } = require('./compile')
const { mutate, subtle } = require('./mutate')
const Random = require('./random')

const usage = `Usage: npm run fuzz:scan -- [--lines N] [--seed S]

  --lines N   the number of damaged lines (default: 5000000)
  --seed S    the seed of the random numbers (default: from the clock)`

const SHARD = 'shardId-000000000000'
const ODD_KEYS = [
  '',
  'k',
  'customer-17',
  'clé',
  '鍵',
  'a'.repeat(40),
  'with space',
  '\u007f',
  'quote"',
  'back\\slash'
]
const PAYLOADS = ['', 'a', 'ab', 'abc', '{"id":1}', 'x'.repeat(57), '\u00ff\u0000']
const SEQUENCES = ['0', '7', '10', '49590338271490256608559692538361571095921575989136588898']
const ODD_ARRIVALS = [null, 0, 1, 1_795_415_217_624, 999_999_999_999_999, 1_000_000_000_000_000, -1, 1.5]

/** A line as Jackson writes it, mostly. */
const lineOf = (random) => {
  const records = Array.from({ length: random.pick([0, 1, 1, 2, 3]) }, () => ({
    data: random.chance(0.02) ? null : Buffer.from(random.pick(PAYLOADS), 'latin1').toString('base64'),
    partitionKey: random.chance(0.1) ? random.pick(ODD_KEYS) : `customer-${random.below(100)}`,
    sequenceNumber: random.pick(SEQUENCES),
    approximateArrivalTimestamp: random.chance(0.05) ? random.pick(ODD_ARRIVALS) : 1_795_415_217_624,
    subSequenceNumber: random.pick([0, 0, 1, 12345]),
    action: 'record'
  }))
  return Buffer.from(
    JSON.stringify({
      action: 'processRecords',
      records,
      millisBehindLatest: random.pick([0, 5, 86_400_000, null])
    })
  )
}

/** In place of a width: the line is looked at where it lies. */
const HOME = 0

const fieldsOf = (record) => ({ ...record, data: Buffer.from(record.data).toString('hex') })

const load = () => {
  const build = path.join(__dirname, '../../.build/src')
  const Action = require(path.join(build, 'protocol/wire/Action'))
  const Scan = require(path.join(build, 'protocol/wire/Scan'))
  const Programs = require(path.join(build, 'protocol/wire/scan/Programs'))
  const { toArray } = require(path.join(build, 'protocol/KinesisRecords'))

  /** Where lines are understood as they lie; behind it is what was there before. */
  const atHome = (line) => {
    const place = Programs.ofHome().place(line.length)
    place.set(line)
    return place.subarray(0, line.length)
  }

  /** What the scan says of the line, or null; the line is overwritten, as it will be, before the records are looked at. */
  const scanned = (line, width) => {
    const bytes = width === HOME ? atHome(line) : Buffer.from(line)
    const batch = Scan.batch(SHARD, bytes, width)
    if (batch === null) return null
    const records = toArray(batch.records)
    bytes.fill(0xff)
    batch.records.release()
    return { records: records.map(fieldsOf), millisBehindLatest: batch.millisBehindLatest }
  }

  const parsed = (line) => {
    const action = Action.decode(SHARD)(line.toString('utf8'))
    return action._tag === 'Right' && action.right._tag === 'ProcessRecords'
      ? {
          records: toArray(action.right.records).map(fieldsOf),
          millisBehindLatest: action.right.millisBehindLatest
        }
      : action
  }
  return { scanned, parsed }
}

const main = () => {
  const { values } = parseArgs({
    options: {
      lines: { type: 'string', default: '5000000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      help: { type: 'boolean', short: 'h' }
    }
  })
  if (values.help) return console.log(usage)
  compile()
  const { scanned, parsed } = load()
  const random = Random.make(Number(values.seed))
  const wanted = Number(values.lines)
  const began = Date.now()
  let taken = 0
  for (let damaged = 0; damaged < wanted; damaged++) {
    const line = lineOf(random)
    const found = random.chance(0.5) ? subtle(random, line) : mutate(random, line, lineOf(random)).line
    // A third of them through a window that ends somewhere within a record, a third where they lie.
    const fast = scanned(found, random.pick([undefined, HOME, 64 + random.below(400)]))
    if (fast === null) continue
    taken += 1
    const slow = parsed(found)
    if (isDeepStrictEqual(fast, slow)) continue
    console.log(
      `the scan and JSON.parse differ on line ${damaged} of seed ${values.seed}:\n${found.toString('latin1')}`
    )
    console.log('the scan: ', fast, '\nJSON.parse:', slow)
    console.log('0 passed, 1 failed')
    process.exitCode = 1
    return
  }
  const seconds = (Date.now() - began) / 1000
  console.log(
    `${wanted.toLocaleString('en-US')} damaged lines, seed ${values.seed}: the scan took ${taken.toLocaleString('en-US')} of them, and JSON.parse found the same in each; ${seconds.toFixed(1)} s`
  )
  console.log(taken > 0 ? '1 passed, 0 failed' : '0 passed, 1 failed: the scan took no line at all')
  process.exitCode = taken > 0 ? 0 : 1
}

main()
