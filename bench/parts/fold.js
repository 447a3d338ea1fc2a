'use strict'
// What a record costs in the fold and in the codec, in this process: no pipes, no daemon, no handler.
const path = require('node:path')
const Contest = require('../Contest')
const Project = require('../Project')
const Wire = require('../Wire')

const RECORDS = 1000
const SIZES = [100, 1000]
/** Batches between two looks at the clock; as many before, so that the code is compiled. */
const BATCHES = 200

/** The rooms of the package as it is built. */
const room = (name) => require(path.join(Project.root, 'dist', name))

/** Nanoseconds of a record, of so many batches. */
const timed = (batch) => {
  const before = process.hrtime.bigint()
  for (let i = 0; i < BATCHES; i++) batch()
  return Number(process.hrtime.bigint() - before) / BATCHES / RECORDS
}

const KEYS = 100

const lineOf = (bytes) => Buffer.from(Wire.batchLine(Wire.records(RECORDS, KEYS, 0, bytes)))

/** A session that is given the records of a batch one by one, as finished. */
const foldOf = () => {
  const Session = room('core/Session')
  const Input = room('core/Input')
  const Action = room('protocol/Action')
  const { ack } = room('core/Decision')
  const { decode } = room('protocol/wire/Action')
  const Settings = room('testing/Settings')
  const step = Session.step(Settings.toEnv({ checkpoint: { interval: 60_000 } }))
  const [begun] = step(Session.initial, Input.received(Action.initialize('s', 'TRIM_HORIZON', 0), 0, 0))
  const batch = decode('s')(lineOf(SIZES[0]).toString()).right
  const done = ack()
  return () => {
    let [state] = step(begun, Input.received(batch, 0, 0))
    for (let index = 0; index < RECORDS; index++) [state] = step(state, Input.handled(index, done, 1))
    if (state.batch !== null) throw new Error('the batch is not finished')
  }
}

/** Puts a line where a child reads it to, which is one place for all lines. */
const homeOf = () => {
  const BufferPool = room('protocol/wire/BufferPool')
  let there = { line: null, home: null }
  return (line) => {
    if (there.line === line) return there.home
    const home = BufferPool.takeHome(line.length).subarray(0, line.length)
    home.set(line)
    there = { line, home }
    return home
  }
}

const codecOf = (bytes, atHome) => {
  const Scan = room('protocol/wire/Scan')
  const { decode } = room('protocol/wire/Action')
  const line = lineOf(bytes)
  const scanned = (each) => () => {
    const { records } = Scan.batch('s', atHome(line))
    each(records)
    records.release()
  }
  return {
    [`the scan of its line, ${bytes} bytes`]: scanned(() => {}),
    [`the same, and the record made, ${bytes} bytes`]: scanned((records) => {
      for (let index = 0; index < RECORDS; index++) records.at(index)
    }),
    [`JSON.parse in its place, ${bytes} bytes`]: () => decode('s')(line.toString('utf8'))
  }
}

const run = async ({ rounds, progress }) => {
  progress(`${rounds} rounds`)
  const atHome = homeOf()
  const batches = {
    'the fold': foldOf(),
    ...Object.assign({}, ...SIZES.map((bytes) => codecOf(bytes, atHome)))
  }
  const contestants = Object.fromEntries(
    Object.entries(batches).map(([name, batch]) => [name, async () => ({ nanoseconds: timed(batch) })])
  )
  const measured = await Contest.hold(contestants, rounds)
  return {
    rounds,
    of: Object.fromEntries(
      Object.entries(measured).map(([name, all]) => [name, Contest.spread(all.map((one) => one.nanoseconds))])
    )
  }
}

const tables = ({ of }) => [
  {
    title: `One record, in batches of ${RECORDS}`,
    head: ['of a record', 'median', '10 to 90 %'],
    rows: Object.entries(of).map(([name, { median, low, high }]) => [
      name,
      `${median.toFixed(0)} ns`,
      `${low.toFixed(0)} to ${high.toFixed(0)} ns`
    ])
  }
]

module.exports = {
  name: 'fold',
  title: 'what a record costs in the fold and in the codec',
  rounds: { full: 20, quick: 5 },
  run,
  tables,
  problems: () => []
}
