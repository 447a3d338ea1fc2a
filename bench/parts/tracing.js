'use strict'
// What tracing costs a record that its handler acknowledges at once: an interpreter in this process, without pipes. CPU,
// that of V8's helpers among it.
const path = require('node:path')
const { context, trace } = require('@opentelemetry/api')
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
const {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  NoopSpanProcessor
} = require('@opentelemetry/sdk-trace-base')
const Contest = require('../Contest')
const Project = require('../Project')
const Wire = require('../Wire')

const RECORDS = 1000
const BYTES = 1000
const KEYS = 100
/** Batches between two looks at the clock; as many before, so that the code is compiled. */
const BATCHES = 50

const room = (name) => require(path.join(Project.root, 'dist', name))

/** Of each span of which it is asked: whether it is recorded. null: there is no SDK. */
const SDKS = { none: null, unsampled: new AlwaysOffSampler(), sampled: new AlwaysOnSampler() }

const register = (sampler) => {
  trace.disable()
  context.disable()
  if (sampler === null) return
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ sampler, spanProcessors: [new NoopSpanProcessor()] })
  )
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
}

/** A batch through an interpreter; `made` makes it of the world, the environment and the handler. */
const batchesOf = (made) => {
  const Action = room('protocol/wire/Action')
  const { initialize } = room('protocol/Action')
  const { ack } = room('core/Decision')
  const Settings = room('testing/Settings')
  const World = room('testing/World')
  const world = World.make({
    start: 0,
    random: () => 0.5,
    bury: () => ({ _tag: 'Right' }),
    onEvent: () => {}
  })
  const interpreter = made(world.capabilities, Settings.toEnv({ checkpoint: { interval: 0 } }), () => ack())
  interpreter.line(Buffer.from(Action.encode(initialize('s', 'TRIM_HORIZON', 0))))
  let first = 0
  return () => {
    const line = Buffer.from(Wire.batchLine(Wire.records(RECORDS, KEYS, first, BYTES)))
    first += RECORDS
    const before = process.cpuUsage()
    interpreter.line(line)
    while (interpreter.state().batch !== null) if (!world.turn()) throw new Error('the batch is not finished')
    const { user, system } = process.cpuUsage(before)
    return ((user + system) * 1000) / RECORDS
  }
}

const tracingOf = (spans) =>
  room('tracing/OpenTelemetry').open(path.join(Project.root, 'package.json'), {
    spans,
    parent: null,
    sampling: null,
    application: null,
    env: {},
    hide: (text) => text,
    log: () => {}
  }).right

const contestant = (sdk, spans) => {
  const Interpreter = room('run/Interpreter')
  const Traced = room('tracing/Traced')
  const made =
    spans === null
      ? Interpreter.make
      : (world, env, handler) =>
          Traced.interpreter({
            tracing: spans === 'none' ? null : tracingOf(spans),
            world,
            env,
            handler,
            resource: undefined
          })
  return async () => {
    register(SDKS[sdk])
    const batch = batchesOf(made)
    let total = 0
    for (let i = 0; i < 2 * BATCHES; i++) {
      const nanoseconds = batch()
      if (i >= BATCHES) total += nanoseconds
    }
    return { nanoseconds: total / BATCHES }
  }
}

const CONTESTANTS = {
  'the interpreter by itself': ['none', null],
  'spans: none': ['none', 'none'],
  'spans: record, no SDK': ['none', 'record'],
  'spans: record, not sampled': ['unsampled', 'record'],
  'spans: record, sampled': ['sampled', 'record'],
  'spans: batch, sampled': ['sampled', 'batch']
}

const run = async ({ rounds, progress }) => {
  progress(`${rounds} rounds`)
  const measured = await Contest.hold(
    Object.fromEntries(
      Object.entries(CONTESTANTS).map(([name, [sdk, spans]]) => [name, contestant(sdk, spans)])
    ),
    rounds
  )
  register(null)
  return {
    rounds,
    of: Object.fromEntries(
      Object.entries(measured).map(([name, all]) => [name, Contest.spread(all.map((one) => one.nanoseconds))])
    )
  }
}

const tables = ({ of }) => [
  {
    title: `One record of ${BYTES} bytes, in batches of ${RECORDS}`,
    head: ['CPU of a record', 'median', '10 to 90 %'],
    rows: Object.entries(of).map(([name, { median, low, high }]) => [
      name,
      `${median.toFixed(0)} ns`,
      `${low.toFixed(0)} to ${high.toFixed(0)} ns`
    ])
  }
]

module.exports = {
  name: 'tracing',
  title: 'what tracing costs a record',
  rounds: { full: 20, quick: 3 },
  run,
  tables,
  problems: () => []
}
