'use strict'
/**
 * A shard that is recorded in full, or not at all, with an interpreter and without pipes. As a process of its own
 * (`node bench/Taped.js RECORDED BATCHES PAYLOAD`) it prints what a record costs and how long each round trip took, so that neither has
 * the heap of the other.
 */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const Project = require('./Project')
const Wire = require('./Wire')

/** Kinesis gives at most so many bytes of a shard in a second. */
const LIMIT = 2_000_000
const BYTES = 1000
const KEYS = 100
/** What is compressed well, as events are, and not at all. */
const PAYLOADS = { text: Wire.order, events: Wire.event, encrypted: Wire.sealed }
/** Records of a batch: 500 on average. */
const SIZES = Array.from({ length: 21 }, (_, index) => 250 + 25 * index)
/** Batches before the clock runs, at four times the pace: the code of both threads is compiled, and compiled again. */
const WARM = 200
const HURRY = 4

/** What `kclts-child` gives V8, but for what it sets by itself. */
const FLAGS = ['--min-semi-space-size=4', '--max-semi-space-size=4', '--v8-pool-size=2']

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
  const entry = path.join(Project.root, 'dist/lab/entries/recorder.js')
  return room('lab/Recorder').opening(entry)({
    loaded: loaded.right,
    module: { handler: () => null, version: null, name: 'handler.js', exported: () => undefined },
    log: (level, message) => console.error(`${level}: ${message}`),
    idle: null
  })
}

/** The line in the memory that a child reads it into. */
const placed = (line) => {
  const BufferPool = room('protocol/wire/BufferPool')
  const place = BufferPool.takeHome(line.length)
  line.copy(place)
  return BufferPool.cut(place, 0, line.length)
}

/** A session; makes what sends it a batch and gives how long it takes, in milliseconds. */
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
  return ({ line, number, count }) => {
    number(first)
    first += count
    const bytes = placed(line.subarray(0, -1))
    const [cpu, began] = [process.cpuUsage(), performance.now()]
    interpreter.line(bytes)
    while (interpreter.state().batch !== null) if (!world.turn()) throw new Error('the batch is not finished')
    return { took: performance.now() - began, cpu }
  }
}

/**
 * Batches in an order without a period, which is the same in each process. If all had one size, V8 would collect the young
 * generation at the same place of every fourth batch, and a few bytes more or less would decide whether within the round trip.
 */
const shuffled = (lines) => {
  let state = 1
  return () => {
    state = (state * 48271) % 2147483647
    return lines[state % lines.length]
  }
}

/** Batches at the pace of a shard, with what the other threads do until the next one. */
const measure = async (observe, batches, payload) => {
  room('edge/Collector').adaptToFold()
  const batch = session(observe)
  const next = shuffled(SIZES.map((count) => Wire.numberedLine(count, BYTES, KEYS, PAYLOADS[payload])))
  const times = []
  let micros = 0
  let records = 0
  for (let i = 0; i < WARM + batches; i++) {
    const line = next()
    const { took, cpu } = batch(line)
    const pace = i < WARM ? HURRY * LIMIT : LIMIT
    await sleep((1000 * line.count * BYTES) / pace - took)
    const { user, system } = process.cpuUsage(cpu)
    if (i < WARM) continue
    times.push(took)
    micros += user + system
    records += line.count
  }
  return { micros: micros / records, times }
}

const recorded = async (batches, payload) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-bench-'))
  const recorder = recorderIn(folder)
  try {
    return await measure(recorder.session(), batches, payload)
  } finally {
    await recorder.close()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

const main = async ([isRecorded, batches, payload]) => {
  const found =
    isRecorded === 'true'
      ? await recorded(Number(batches), payload)
      : await measure(null, Number(batches), payload)
  console.log(JSON.stringify(found))
}

if (require.main === module) void main(process.argv.slice(2))

module.exports = { BYTES, FLAGS, LIMIT, PAYLOADS, SIZES }
