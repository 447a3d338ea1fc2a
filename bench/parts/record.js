'use strict'
// What recording in full costs, at the most that a shard of Kinesis gives: the CPU of a record, the thread that writes among
// it, and how long a round trip takes on the thread of the handler. An interpreter in this process, without pipes.
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const Contest = require('../Contest')
const Project = require('../Project')
const Wire = require('../Wire')

/** Kinesis gives at most so many bytes of a shard in a second. */
const LIMIT = 2_000_000
const BYTES = 1000
const RECORDS = 500
const KEYS = 100
const BATCHES = { full: 200, quick: 40 }
/** Batches before the clock runs: the code is compiled, and the thread has started. */
const WARM = 40

const MUST = { microseconds: 10, p99: 1.1 }

const room = (name) => require(path.join(Project.root, 'dist', name))

const recorderIn = (folder) => {
  const file = path.join(folder, 'kcl.config.yaml')
  fs.writeFileSync(file, 'handler: ./handler.js\nrecord: { folder: ., data: full }\n')
  const loaded = room('config/ConfigSearch').load({
    cwd: folder,
    file,
    env: {},
    flags: {},
    handlerRequired: false
  })
  return room('lab/Recorder').opening(path.join(Project.root, 'dist/lab/entries/recorder.js'))({
    loaded: loaded.right,
    module: { handler: () => null, version: null, name: 'handler.js', exported: () => undefined },
    log: (level, message) => console.error(`${level}: ${message}`),
    idle: null
  })
}

/** A session; gives how long it takes for a batch, in milliseconds. */
const session = (observe) => {
  const Action = room('protocol/wire/Action')
  const { ack } = room('core/Decision')
  const world = room('testing/World').make({
    start: 0,
    random: () => 0.5,
    bury: () => ({ _tag: 'Right' }),
    onEvent: () => {}
  })
  const env = room('testing/Settings').toEnv({ checkpoint: { interval: 0 } })
  const interpreter = room('run/Interpreter').make(
    { ...world.capabilities, ...(observe === null ? {} : { observe }) },
    env,
    (record) => (record.data.length > 0 ? ack() : null)
  )
  interpreter.line(Buffer.from(Action.encode(room('protocol/Action').initialize('s', 'TRIM_HORIZON', 0))))
  let first = 0
  return () => {
    const line = Buffer.from(Wire.batchLine(Wire.records(RECORDS, KEYS, first, BYTES)))
    first += RECORDS
    const [cpu, began] = [process.cpuUsage(), performance.now()]
    interpreter.line(line)
    while (interpreter.state().batch !== null) if (!world.turn()) throw new Error('the batch is not finished')
    return { took: performance.now() - began, cpu }
  }
}

/** Batches at the pace of a shard, with what the other threads do until the next one. */
const measure = async (observe, batches) => {
  const batch = session(observe)
  const found = []
  let micros = 0
  for (let i = 0; i < WARM + batches; i++) {
    const { took, cpu } = batch()
    await sleep((1000 * RECORDS * BYTES) / LIMIT - took)
    const { user, system } = process.cpuUsage(cpu)
    if (i < WARM) continue
    found.push(took)
    micros += (user + system) / RECORDS
  }
  found.sort((a, b) => a - b)
  return {
    micros: micros / batches,
    p99: found[Math.floor(found.length * 0.99)],
    median: Contest.median(found)
  }
}

const recorded = async (batches) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-bench-'))
  const recorder = recorderIn(folder)
  try {
    return await measure(recorder.session(), batches)
  } finally {
    await recorder.close()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

const run = async ({ rounds, quick, progress }) => {
  const batches = quick ? BATCHES.quick : BATCHES.full
  progress(`${rounds} rounds`)
  const measured = await Contest.hold(
    { without: () => measure(null, batches), recorded: () => recorded(batches) },
    rounds
  )
  const of = (name, key) => Contest.median(measured[name].map((one) => one[key]))
  const row = (name) => ({ micros: of(name, 'micros'), median: of(name, 'median'), p99: of(name, 'p99') })
  return { rounds, batches, without: row('without'), recorded: row('recorded') }
}

const problems = ({ without, recorded }) => [
  ...(recorded.micros - without.micros > MUST.microseconds
    ? [`recording: ${(recorded.micros - without.micros).toFixed(1)} us of CPU for a record`]
    : []),
  ...(recorded.p99 / without.p99 > MUST.p99
    ? [`recording: the p99 of a round trip is ${(recorded.p99 / without.p99).toFixed(2)} times as long`]
    : [])
]

const tables = ({ without, recorded }) => [
  {
    title: `A shard at ${LIMIT / 1e6} MB a second, in batches of ${RECORDS} records of ${BYTES} bytes`,
    head: ['', 'CPU of a record', 'p50 of a round trip', 'p99'],
    rows: [
      ['not recorded', without],
      ['recorded in full', recorded]
    ].map(([name, { micros, median, p99 }]) => [
      name,
      `${micros.toFixed(1)} us`,
      `${median.toFixed(2)} ms`,
      `${p99.toFixed(2)} ms`
    ])
  }
]

module.exports = {
  name: 'record',
  title: 'what recording costs a record, and a round trip',
  rounds: { full: 5, quick: 1 },
  run,
  tables,
  problems
}
