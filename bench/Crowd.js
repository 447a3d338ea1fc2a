'use strict'
/**
 * Many records of one batch on their way at the same time, in the fold alone. As a process of its own
 * (`node bench/Crowd.js SITUATION RECORDS`) it prints what a record costs and the longest step, so that no situation has
 * the heap of another.
 */
const path = require('node:path')
const Project = require('./Project')

/** So many in all: each size does the same work, the small ones more often. */
const TOTAL = 200_000

const room = (name) => require(path.join(process.env.KCLTS_BUILT ?? Project.root, 'dist', name))

/** Every record once, far from order: 7919 has no factor in common with the sizes. */
const scattered = (count, i) => (i * 7919) % count

const recordsOf = (count, keyOf) => {
  const KinesisRecord = room('protocol/KinesisRecord')
  return Array.from({ length: count }, (_, i) =>
    KinesisRecord.make({
      shardId: 'shardId-000000000000',
      sequenceNumber: String(10 ** 20 + i),
      subSequenceNumber: 0,
      partitionKey: keyOf(i),
      approximateArrivalTimestamp: null,
      base64: 'eA=='
    })
  )
}

/** A session with an open batch, and what happens to it: `feed` takes a step and notes how long it took. */
const play = (records) => {
  const Session = room('core/Session')
  const Input = room('core/Input')
  const Action = room('protocol/Action')
  const Settings = room('testing/Settings')
  const { ack, emit } = room('core/Decision')
  const count = records.length
  const env = {
    ...Settings.toEnv({ checkpoint: { interval: 60_000 } }),
    limits: { concurrency: count + 1, undelivered: count + 1 },
    retries: 1,
    backoff: 1000,
    breaker: count + 2,
    onFailure: 'skip',
    deadline: 1e9
  }
  const step = Session.step(env)
  const game = { state: Session.initial, now: 0, longest: 0, tickets: 0 }
  game.feed = (input) => {
    const before = performance.now()
    const [state, effects] = step(game.state, input)
    game.longest = Math.max(game.longest, performance.now() - before)
    game.state = state
    return effects
  }
  game.feed(Input.received(Action.initialize('shardId-000000000000', 'TRIM_HORIZON', 0), 0, 0))
  game.feed(Input.received(Action.processRecords(records, 0), 0, 0))
  game.longest = 0
  game.ticketOf = new Array(count)
  /** Begins all that may begin; gives how many. */
  game.begin = () => {
    let begun = 0
    for (let index = Session.next(game.state); index >= 0; index = Session.next(game.state)) {
      const ticket = (game.tickets += 1)
      game.ticketOf[index] = ticket
      game.feed(Input.begun([index], ticket, game.now))
      begun += 1
    }
    return begun
  }
  const says = (index, value) => game.feed(Input.handled(index, value, game.now, game.ticketOf[index]))
  const acked = ack()
  const output = emit('out', 1)(ack())
  game.acks = (index) => says(index, acked)
  game.emits = (index) => says(index, output)
  game.fails = (index) =>
    game.feed(Input.threw(index, FAILURE, game.now, game.ticketOf[index], true, (index % 1000) / 1000))
  game.delivered = (index) => game.feed(Input.delivered([index], game.now))
  game.later = (ms) => {
    game.now += ms
    game.feed(Input.ticked(game.now))
  }
  return game
}

const FAILURE = { name: 'Error', message: 'down', stack: null }

const apart = (i) => `key-${i}`

/** Fails the records once, or as often as `times` says, until each is due again and begun. */
const failing = (game, indices, times) => {
  for (let time = 0; time < times; time++) {
    for (const index of indices) game.fails(index)
    let begun = 0
    game.now += 2000
    while (begun < indices.length) {
      game.later(1)
      begun += game.begin()
    }
  }
}

const all = (count) => Array.from({ length: count }, (_, i) => scattered(count, i))

/** Each gets a number of records and gives their session, played to the end of the batch. */
const situations = {
  'in flight': (count) => {
    const game = play(recordsOf(count, apart))
    game.begin()
    for (const index of all(count)) game.acks(index)
    return game
  },
  retrying: (count) => {
    const game = play(recordsOf(count, apart))
    game.begin()
    failing(game, all(count), 1)
    for (const index of all(count)) game.acks(index)
    return game
  },
  delivering: (count) => {
    const game = play(recordsOf(count, apart))
    game.begin()
    for (const index of all(count)) game.emits(index)
    for (const index of all(count)) game.delivered(index)
    return game
  },
  'held by the breaker': (count) => {
    const game = play(recordsOf(count, apart))
    game.begin()
    const others = all(count).filter((index) => index > 0)
    failing(game, others, 1)
    for (const index of others) game.fails(index)
    game.acks(0)
    return game
  },
  'held, and let go again and again': (count) => {
    const game = play(recordsOf(count, apart))
    game.begin()
    const others = all(count).filter((index) => index > 0)
    failing(
      game,
      others.filter((index) => index % 2 === 1),
      1
    )
    for (const index of others)
      if (index % 2 === 1) game.fails(index)
      else game.acks(index)
    game.acks(0)
    return game
  },
  'behind one slow record': (count) => {
    const game = play(recordsOf(count, apart))
    game.begin()
    for (let index = 1; index < count; index++) game.acks(index)
    game.acks(0)
    return game
  },
  'behind their key': (count) => {
    const keys = Math.max(1, count / 100)
    const game = play(recordsOf(count, (i) => `key-${i % keys}`))
    for (let begun = game.begin(), from = 0; begun > 0; begun = game.begin(), from += keys)
      for (let i = from; i < Math.min(from + keys, count); i++) game.acks(i)
    return game
  },
  'a mix of all': (count) => {
    const game = play(recordsOf(count, (i) => (i % 8 === 7 ? `key-${i - 7}` : apart(i))))
    game.begin()
    const first = all(count).filter((index) => index % 8 !== 7 && index > 0)
    const of = (kind) => first.filter((index) => index % 8 === kind)
    failing(game, of(1), 1)
    for (const kind of [2, 3]) for (const index of of(kind)) game.emits(index)
    for (const index of of(2)) game.delivered(index)
    failing(game, of(4), 1)
    for (const index of of(4)) game.fails(index)
    for (const kind of [1, 5, 6]) for (const index of of(kind)) game.acks(index)
    for (const index of of(3)) game.delivered(index)
    for (const index of of(0)) game.acks(index)
    game.acks(0)
    game.begin()
    for (let index = 7; index < count; index += 8) game.acks(index)
    return game
  }
}

const CONTROL = 'the records alone'

/**
 * No fold: the records and the inputs are made, and each attempt is kept in an array, in place, until its answer comes. What
 * this costs more among many is due to the processor's cache and to V8, and no fold avoids it.
 */
const control = (count) => {
  const Input = room('core/Input')
  const acked = room('core/Decision').ack()
  const records = recordsOf(count, apart)
  const attempts = new Array(count)
  let ended = 0
  for (let index = 0; index < count; index++)
    attempts[index] = { input: Input.begun([index], index + 1, 0), record: records[index] }
  for (const index of all(count)) {
    const { input, record } = attempts[index]
    const answer = Input.handled(index, acked, input.now, input.ticket)
    attempts[index] = undefined
    if (answer.ticket === index + 1 && record.partitionKey === apart(index)) ended += 1
  }
  if (ended !== count) throw new Error('an answer was lost')
  return { longest: 0 }
}

const played = (situation, count) => {
  const game = situations[situation](count)
  // What one step does is bounded: it may leave something to the next look.
  for (let look = 0; look < count && game.state.batch !== null; look++) game.later(0)
  if (game.state.batch !== null) throw new Error(`${situation}: the batch is not finished`)
  return game
}

const measure = (situation, count) => {
  // As in every process that has a shard.
  room('edge/Collector').adaptToFold()
  const once = () => (situation === CONTROL ? control(count) : played(situation, count)).longest
  once()
  const times = Math.max(1, TOTAL / count)
  const began = process.cpuUsage()
  let most = 0
  for (let i = 0; i < times; i++) most = Math.max(most, once())
  const { user, system } = process.cpuUsage(began)
  return {
    nanoseconds: ((user + system) * 1000) / times / count,
    longest: most,
    memory: process.memoryUsage().rss / 1e6
  }
}

if (require.main === module) {
  const [situation, count] = process.argv.slice(2)
  console.log(JSON.stringify(measure(situation, Number(count))))
}

module.exports = { CONTROL, situations: Object.keys(situations) }
