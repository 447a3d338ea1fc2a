'use strict'
// Random inputs of protocol/Daemon: mostly those that its state waits for, in values that are legal and that are not.

const NAMES = ['initialize', 'processRecords', 'leaseLost', 'shardEnded', 'shutdownRequested', 'shutdown']
const NUMBERS = [
  null,
  '7',
  '007',
  '8',
  'TRIM_HORIZON',
  'LATEST',
  'AT_TIMESTAMP',
  'SHARD_END',
  'x',
  9,
  true,
  {}
]
const SUBS = [0, 0, 0, 1, 2, -1, null, '1', 1.9, 'x']
const FAULTS = [null, null, null, 'ThrottlingException', 'ShutdownException']
const NOISE = ['', 'null', '[]', '{}', 'hello', '{"action":"leaseLost"}', '{"action":"status"}']

const make = (random) => {
  let last = 7
  let awaited = 'initialize'

  const records = () =>
    Array.from({ length: random.below(4) }, () => {
      last += random.chance(0.9) ? 1 : -2
      return { sequenceNumber: String(last), subSequenceNumber: random.below(2) }
    })

  const actions = {
    initialize: () => ({
      _tag: 'Initialize',
      shardId: 's',
      sequenceNumber: random.pick([null, 'TRIM_HORIZON', 'LATEST', '5']),
      subSequenceNumber: random.pick([null, 0, 3])
    }),
    processRecords: () => ({ _tag: 'ProcessRecords', records: records(), millisBehindLatest: 0 }),
    leaseLost: () => ({ _tag: 'LeaseLost' }),
    shardEnded: () => ({ _tag: 'ShardEnded' }),
    shutdownRequested: () => ({ _tag: 'ShutdownRequested' }),
    shutdown: () => ({ _tag: 'Shutdown', reason: random.pick(['ZOMBIE', 'TERMINATE', 'REQUESTED']) })
  }

  const say = () => {
    awaited = random.chance(0.7) ? 'processRecords' : random.pick(NAMES)
    return { _tag: 'Say', action: actions[awaited]() }
  }

  const checkpoint = () => ({
    action: 'checkpoint',
    sequenceNumber: random.chance(0.6) ? String(last - random.below(3)) : random.pick(NUMBERS),
    ...(random.chance(0.5) ? {} : { subSequenceNumber: random.pick(SUBS) })
  })

  const line = () => {
    const roll = random.next()
    if (roll < 0.6) return JSON.stringify(checkpoint())
    if (roll < 0.9) return JSON.stringify({ action: 'status', responseFor: awaited })
    return roll < 0.93
      ? JSON.stringify({ action: 'status', responseFor: random.pick(NAMES) })
      : random.pick(NOISE)
  }

  const any = () =>
    random.pick([
      say,
      () => ({ _tag: 'Hear', line: line() }),
      () => ({ _tag: 'Settle', fault: random.pick(FAULTS) }),
      () => ({ _tag: 'Taken' }),
      () => ({ _tag: 'Left' }),
      () => ({ _tag: 'TimedOut' })
    ])()

  return {
    /** @param tag of the state that takes the input */
    next: (tag) => {
      if (random.chance(0.04)) return any()
      if (tag === 'Idle') return say()
      return tag === 'Storing'
        ? { _tag: 'Settle', fault: random.pick(FAULTS) }
        : { _tag: 'Hear', line: line() }
    }
  }
}

const STEPS = 40

const sideOf = (Daemon) => {
  let state = Daemon.initial
  return {
    step: (input) => {
      const [following, output] = Daemon.step(state, input)
      state = following
      return output
    },
    look: () => ({ tag: state._tag, lease: state.lease, stored: Daemon.stored(state) })
  }
}

const live = (random, _env, { step, look }) => {
  const lines = make(random)
  for (let steps = 0; steps < STEPS && look().tag !== 'Closed'; steps++) step(lines.next(look().tag))
}

module.exports = { room: (load) => load('protocol/Daemon'), envOf: () => null, sideOf, live }
