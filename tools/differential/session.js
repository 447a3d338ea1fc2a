'use strict'
// Random lives of a session: one input after the other, each of which the daemon, the handler and the sinks could give.
const ERRORS = [
  null,
  null,
  null,
  null,
  'ThrottlingException',
  'ThrottlingException',
  'Newer',
  'ShutdownException',
  'IllegalArgumentException',
  'InvalidStateException'
]

const envOf = (random) => {
  const isGroup = random.chance(0.15)
  return {
    policy: { interval: random.pick([0, 0, 50, 5000]), count: random.below(4), manual: random.chance(0.8) },
    onShutdown: random.chance(0.8),
    shutdownDeadline: random.pick([0, 500, 8000]),
    shardEndDeadline: random.pick([0, 500, 30_000]),
    onFailure: random.pick(['dead-letter', 'dead-letter', 'skip', 'halt']),
    breaker: random.pick([0, 0, 1, 3, 100]),
    badRelease: 0,
    retries: random.below(3),
    // Half of it, and of what it grows to, times `chance` is a whole number: a revision may round waits up.
    backoff: random.pick([0, 8, 400]),
    deadline: random.pick([50, 30_000]),
    limits: { concurrency: 1 + random.below(4), undelivered: 1 + random.below(4) },
    group: isGroup ? { count: 1 + random.below(4), bytes: 10_000, linger: random.pick([0, 50]) } : null,
    handlerName: 'random',
    handlerVersion: null
  }
}

const failure = { name: 'RangeError', message: 'oops', stack: null }
const output = { sink: 'one', value: 1 }

const DECISIONS = [
  ...Array.from({ length: 6 }, () => ({ _tag: 'Ack', outputs: [] })),
  { _tag: 'Checkpoint', outputs: [] },
  { _tag: 'Checkpoint', outputs: [] },
  { _tag: 'Ack', outputs: [output] },
  { _tag: 'Checkpoint', outputs: [output] },
  { _tag: 'Skip', reason: 'why', outputs: [] },
  { _tag: 'Reject', reason: 'why' },
  true,
  undefined,
  null
]
const ACK = { _tag: 'Ack', outputs: [] }
const HALT = { _tag: 'Halt', reason: 'why' }

/** What spreads retries. */
const chance = (random) => random.below(4) / 4

const MOST_STEPS = 80

const room = (load) => ({ Session: load('core/Session'), Input: load('core/Input') })

/** An input as the revision takes it: before `Handled` had a count, records that were acknowledged in a row were `Acked`. */
const inputOf = ({ Input }, input) =>
  input._tag === 'Handled' && input.count !== 1 && Input.acked !== undefined
    ? Input.acked(input.index, input.count, input.now)
    : input

/** What can be read off a state, whichever revision it is of. */
const lookOf = ({ Session }, state) => {
  const slot = state.child?.slot ?? state.checkpoints
  const at = slot.acknowledged
  return {
    group: Session.group(state),
    next: Session.next(state),
    row: Session.row(state),
    replay: Session.replayCount(state),
    handled: Session.handledCount(state),
    phase: Session.phaseOf?.(state) ?? state.phase,
    acknowledged: at === null ? null : `${at.sequenceNumber}/${at.subSequenceNumber}`,
    counts: [
      slot.sent,
      slot.coalesced,
      slot.failed,
      state.unrun ?? state.passed,
      state.skipped,
      state.deadLetters,
      state.failing ?? state.streak.failures?.count ?? 0
    ]
  }
}

const sideOf = (rooms, env) => {
  const step = rooms.Session.step(env)
  let state = rooms.Session.initial
  return {
    step: (input) => {
      const [next, effects] = step(state, inputOf(rooms, input))
      state = next
      return effects
    },
    look: () => lookOf(rooms, state)
  }
}

/** `step` takes an input and gives its effects; `look` gives what can be read off the session. */
const live = (random, _env, { step, look }) => {
  let now = random.below(1000)
  let sequence = 100 + random.below(1e6)
  let steps = 0
  let open = null
  let began = false
  let over = false
  let asked = null
  let tickets = 0
  let records = []
  const running = new Map()
  const burying = new Set()
  const delivering = new Set()

  const feed = (input) => {
    steps += 1
    for (const effect of step(input))
      switch (effect._tag) {
        case 'Write':
          if (effect.reply._tag === 'Checkpoint') asked = effect.reply
          else open = null
          break
        case 'Bury':
          burying.add(effect.index)
          break
        case 'Deliver':
          delivering.add(effect.index)
          break
        case 'Exit':
          over = true
          break
        case 'Abort':
          running.delete(effect.ticket)
          break
        default:
      }
  }

  const record = () => {
    sequence += random.below(3)
    return {
      shardId: 's',
      sequenceNumber: String(sequence),
      subSequenceNumber: 0,
      partitionKey: `k${random.below(3)}`,
      approximateArrivalTimestamp: null,
      base64: 'AAAA'
    }
  }

  const actionOf = () => {
    const roll = random.next()
    if (roll < 0.85) {
      sequence += 1
      records = Array.from({ length: random.pick([0, 1, 2, 3, 5, 12]) }, record)
      records.forEach((one, i) => {
        const before = records[i - 1]
        if (before?.sequenceNumber === one.sequenceNumber)
          one.subSequenceNumber = before.subSequenceNumber + 1
      })
      return { _tag: 'ProcessRecords', records, millisBehindLatest: 0 }
    }
    if (roll < 0.91) return { _tag: 'ShutdownRequested' }
    if (roll < 0.94) return { _tag: 'LeaseLost' }
    if (roll < 0.98) return { _tag: 'ShardEnded' }
    return { _tag: 'Shutdown', reason: random.pick(['ZOMBIE', 'TERMINATE', 'REQUESTED']) }
  }

  const received = (action) => feed({ _tag: 'Received', action, now, random: chance(random) })

  const say = (action) => {
    open = action
    running.clear()
    burying.clear()
    delivering.clear()
    received(action)
  }

  const answer = () => {
    const { sequenceNumber, subSequenceNumber } = asked
    asked = null
    received({
      _tag: 'Checkpointed',
      sequenceNumber: random.chance(0.003) ? '1' : sequenceNumber,
      subSequenceNumber: random.chance(0.1) ? null : subSequenceNumber,
      error: random.pick(ERRORS)
    })
  }

  const decision = () => (random.chance(0.005) ? HALT : random.pick(DECISIONS))

  const run = (indices) => {
    const [index] = indices
    if (indices.length > 1 || random.chance(0.3)) {
      const ticket = (tickets += 1)
      running.set(ticket, [...indices])
      return feed({ _tag: 'Begun', indices, ticket, now })
    }
    const row = Math.min(look().row, 1 + random.below(8))
    if (row > 1 && random.chance(0.5))
      return feed({ _tag: 'Handled', index, count: row, ticket: 0, value: ACK, now })
    if (random.chance(0.15))
      return feed({
        _tag: 'Threw',
        index,
        ticket: 0,
        failure,
        retry: random.chance(0.5),
        now,
        random: chance(random)
      })
    feed({ _tag: 'Handled', index, count: 1, ticket: 0, value: decision(), now })
  }

  const end = (ticket) => {
    const indices = running.get(ticket)
    const at = random.below(indices.length)
    const [index] = indices.splice(at, 1)
    if (random.chance(0.3)) {
      running.delete(ticket)
      return feed({
        _tag: 'Threw',
        index,
        ticket,
        failure,
        retry: random.chance(0.8),
        now,
        random: chance(random)
      })
    }
    if (indices.length === 0) running.delete(ticket)
    feed({ _tag: 'Handled', index, count: 1, ticket, value: decision(), now })
  }

  const settle = (set, input) => {
    const index = random.pick([...set])
    set.delete(index)
    feed(input(index))
  }
  const buried = (index) => ({ _tag: 'Buried', index, problem: random.chance(0.03) ? failure : null, now })
  const delivered = (index) =>
    random.chance(0.15)
      ? { _tag: 'Undelivered', index, then: random.pick(['halt', 'dead-letter', 'policy']), failure, now }
      : { _tag: 'Delivered', indices: [index], now }

  /** What seldom happens, or never should. */
  const strange = () =>
    random.pick([
      () => feed({ _tag: 'Drained', now }),
      () => feed({ _tag: 'Drained', now }),
      () => feed({ _tag: 'Closed' }),
      () => feed({ _tag: 'Broken', problem: 'broken' }),
      () => feed({ _tag: 'Crashed', failure, now }),
      () => received(actionOf()),
      () => received({ _tag: 'Initialize', shardId: 's', sequenceNumber: '1', subSequenceNumber: 0 }),
      () =>
        feed({
          _tag: 'Handled',
          index: random.below(5),
          count: 1,
          ticket: random.below(3),
          value: true,
          now
        }),
      () =>
        feed({ _tag: 'Handled', index: random.below(5), count: random.below(5), ticket: 0, value: ACK, now }),
      () => feed({ _tag: 'Begun', indices: [random.below(5)], ticket: random.below(5), now }),
      () => feed({ _tag: 'Buried', index: random.below(5), problem: null, now }),
      () => feed({ _tag: 'Delivered', indices: [random.below(5)], now })
    ])()

  const move = () => {
    if (random.chance(0.4)) now += random.pick([0, 1, 10, 100, 1000, 10_000])
    if (random.chance(0.006)) return strange()
    if (!began) {
      began = true
      const sequenceNumber = random.pick(['TRIM_HORIZON', null, String(sequence), String(sequence + 2)])
      return say({
        _tag: 'Initialize',
        shardId: 's',
        sequenceNumber,
        subSequenceNumber: random.pick([0, null, 3])
      })
    }
    const ways = []
    if (asked !== null) ways.push(answer, answer)
    if (open === null && (asked === null || random.chance(0.01))) ways.push(() => say(actionOf()))
    const { group } = look()
    if (group.length > 0)
      ways.push(
        () => run(group),
        () => run(group),
        () => run(group)
      )
    if (running.size > 0) ways.push(() => end(random.pick([...running.keys()])))
    if (burying.size > 0) ways.push(() => settle(burying, buried))
    if (delivering.size > 0) ways.push(() => settle(delivering, delivered))
    if (ways.length === 0 || random.chance(0.1)) ways.push(() => feed({ _tag: 'Ticked', now }))
    random.pick(ways)()
  }

  while (steps < MOST_STEPS && !over) move()
  // Nothing follows an exit.
  if (over) feed({ _tag: 'Ticked', now })
}

module.exports = { room, envOf, sideOf, live }
