'use strict'
// Random streams through whole workers of `kclts dev`: throttled checkpoints, lost leases, splits, kills, stops and aborts. One
// step is a line said or heard, a position stored, a record handled, a letter or a message.
const Build = require('./Build')

const VirtualClock = Build.of(null)('testing/VirtualClock')

const right = { _tag: 'Right', right: undefined }

const room = (load) => ({
  Worker: load('dev/Worker'),
  Stream: load('dev/Stream'),
  Shard: load('dev/Shard'),
  Source: load('dev/Source'),
  Faults: load('dev/Faults'),
  Chance: load('dev/Chance'),
  InProcess: load('dev/InProcess')
})

const planOf = (random) => ({
  keys: Array.from({ length: 1 + random.below(150) }, () => random.below(12)),
  shards: 1 + random.below(4),
  batch: 1 + random.below(random.pick([3, 40, 40])),
  lines: 1 + random.below(60),
  seed: random.below(1e9),
  odds: { throttle: random.pick([0, 0.1, 0.5]), loseLease: random.pick([0, 0, 0.1, 0.5]) },
  splitAfter: random.chance(0.3) ? 1 + random.below(160) : null,
  killAfter: random.chance(0.3) ? 1 + random.below(160) : null,
  takes: random.pick([0, 1, 9]),
  /** Each run but the last is stopped, or aborted, or its user code fails, after so many milliseconds. */
  runs: Array.from({ length: random.below(3) }, () => ({
    after: random.below(3000),
    how: random.pick(['stop', 'stop', 'abort', 'crashed'])
  })),
  env: {
    policy: { interval: random.pick([0, 50, 60_000]), count: random.pick([0, 1, 7]), manual: true },
    onShutdown: random.chance(0.8),
    shutdownDeadline: random.pick([0, 500, 8000]),
    shardEndDeadline: random.pick([0, 500, 300_000]),
    onFailure: random.pick(['dead-letter', 'skip', 'skip', 'halt']),
    breaker: random.pick([0, 0, 3]),
    badRelease: 0,
    retries: 0,
    backoff: 500,
    deadline: 30_000,
    group: null,
    limits: { concurrency: 1, undelivered: 1000 },
    handlerName: 'handler',
    handlerVersion: null
  }
})

const sourceOf = (keys, Source) => {
  const lines = keys.map((key, i) => JSON.stringify({ partitionKey: `k${key}`, data: i + 1 }))
  return {
    read: (from, limits) => {
      const taken = lines.slice(from.line, from.line + limits.lines).map((line) => Buffer.from(line))
      const next = { line: from.line + taken.length, offset: 0 }
      const isEnd = next.line === lines.length
      return { lines: taken, next, isFull: taken.length === limits.lines, isEnd, isCut: false }
    },
    size: () => ({ line: lines.length }),
    origin: () => Source.start,
    problem: () => null,
    close: () => undefined
  }
}

/** What a handler gives for a record, which is known by its line. */
const decide = (record) => {
  const line = Number(Buffer.from(record.base64, 'base64').toString())
  switch (line % 11) {
    case 3:
      return { _tag: 'Checkpoint', outputs: [] }
    case 5:
      return { _tag: 'Skip', reason: 'unwanted', outputs: [] }
    case 7:
      return { _tag: 'Reject', reason: 'poison' }
    case 9:
      throw new Error('broken')
    default:
      return { _tag: 'Ack', outputs: [] }
  }
}

/** The lines of a child, as they go to and fro. */
const overheard = (open, note) => (shardId, listener) => {
  const link = open(shardId, {
    hear: (line) => {
      note('<', shardId, line)
      listener.hear(line)
    },
    closed: (code) => {
      note('closed', shardId, code)
      listener.closed(code)
    }
  })
  const noted = (name) => (argument) => {
    note(name, shardId, typeof argument === 'string' ? argument : null)
    return link[name](argument)
  }
  return {
    send: noted('send'),
    close: noted('close'),
    drain: noted('drain'),
    kill: noted('kill'),
    crashed: noted('crashed'),
    session: link.session
  }
}

const begin = (rooms, plan, { clock, table, note }) => {
  const { Worker, Stream, Shard, Source, Faults, Chance, InProcess } = rooms
  const chance = Chance.make(plan.seed)
  const shards = Shard.make(plan.shards, plan.splitAfter)
  // The words of messages change with time.
  const log = (level) => note(level)
  const handler = (record) => {
    clock.spend(plan.takes)
    note('handled', record.shardId, record.sequenceNumber)
    return decide(record)
  }
  const childrenOf = (onHandled) =>
    InProcess.make({
      env: plan.env,
      handler,
      resource: undefined,
      tracing: null,
      bury: ({ sequenceNumber, reason }) => {
        note('letter', sequenceNumber, reason)
        return right
      },
      deliver: (_delivery, then) => void Promise.resolve().then(() => then(right)),
      log,
      clock,
      chance,
      onHandled
    })
  const worker = Worker.start({
    shards,
    stream: Stream.make({
      source: sourceOf(plan.keys, Source),
      from: Source.start,
      shards,
      key: null,
      lines: plan.lines,
      wall: clock.wall,
      onUnreadable: (line, problem) => note('unreadable', line, problem)
    }),
    leases: {
      stored: (shardId) => table.get(shardId) ?? null,
      store: (shardId, stored) => {
        note('stored', shardId, stored)
        table.set(shardId, stored)
        return right
      }
    },
    faults: Faults.make(chance, plan.odds),
    clock,
    batch: plan.batch,
    killAfter: plan.killAfter,
    children: (onHandled) => overheard(childrenOf(onHandled), note),
    isSpawned: false,
    log,
    onDone: (outcome) => note('done', outcome)
  })
  return { worker, shards }
}

/** More turns than any plan needs. */
const MOST_TURNS = 1_000_000

const through = (clock) => {
  for (let turns = 0; turns < MOST_TURNS; turns++) if (!clock.step()) return
  throw new Error('the worker does not come to an end')
}

/** What the child counted besides is newer than some revisions. */
const shown = ({ inside, ...tally }) => ({ ...tally, inside: inside === null ? null : inside.skipped })

const play = (rooms, plan) => {
  const notes = []
  const note = (...what) => notes.push(JSON.stringify(what))
  const clock = VirtualClock.make()
  const table = new Map()
  const run = (stopped) => {
    const { worker, shards } = begin(rooms, plan, { clock, table, note })
    if (stopped !== undefined)
      clock.later(stopped.after, () => worker[stopped.how](new Error('outside a record')))
    through(clock)
    note('ran', worker.handled(), worker.kills(), ...shards.map(({ id }) => shown(worker.tally(id))))
    note('leases', ...table)
  }
  for (const stopped of plan.runs) run(stopped)
  run(undefined)
  return notes
}

const sideOf = (rooms) => ({ step: (plan) => play(rooms, plan), look: () => null })

const live = (_random, plan, { step }) => step(plan)

module.exports = { room, envOf: planOf, sideOf, live, count: (notes) => notes.length }
