'use strict'
// Random lives of a record processor of aws-kcl, on the fold of kclts/compat.

const STORED = [null, null, null, null, 'ShutdownException']
const REFUSED = ['IllegalArgumentException', 'InvalidStateException', 'NullPointerException']
const AGAIN = ['ThrottlingException', 'ThrottlingException', 'KinesisClientLibDependencyException', 'Newer']

const MOST_STEPS = 80
const FOREVER = 1e12

/**
 * Where a checkpoint may be tried again the deadlines are long: a revision before protocol/Child sent it once more after its
 * deadline.
 */
const envOf = (random) => {
  const isThrottled = random.chance(0.6)
  return {
    isThrottled,
    settings: {
      callbackDeadline: random.pick([1000, 30_000, 300_000]),
      shutdownDeadline: isThrottled ? FOREVER : random.pick([0, 500, 8000]),
      shardEndDeadline: isThrottled ? FOREVER : random.pick([0, 500, 30_000])
    }
  }
}

const room = (load) => load('compat/Dialogue')

/** Calls are numbered as the processor has them: a revision may count those that a fenced child does not make. */
const sideOf = (Dialogue, { settings }) => {
  const step = Dialogue.step(settings)
  const calls = []
  let state = Dialogue.initial

  const shown = (output) => {
    if (output._tag !== 'Call') return output
    return { _tag: 'Call', call: calls.push(output.call), what: output.what._tag }
  }
  const taken = (input) =>
    input._tag === 'Completed' ? { ...input, call: calls[input.call - 1] ?? Infinity } : input

  return {
    step: (input) => {
      const [next, outputs] = step(state, taken(input))
      state = next
      return outputs.map(shown)
    },
    look: () => null
  }
}

const TOPICS = [
  [0.84, 'ProcessRecords'],
  [0.9, 'ShutdownRequested'],
  [0.94, 'LeaseLost'],
  [0.98, 'ShardEnded'],
  [1, 'Shutdown']
]

const REASONS = ['ZOMBIE', 'TERMINATE', 'REQUESTED']

/** What the daemon, the processor and time do, one after the other. */
const live = (random, { isThrottled }, { step }) => {
  let now = random.below(1000)
  let sequence = 100 + random.below(1e6)
  let steps = 0
  let isBegun = false
  let isOpen = false
  let isOver = false
  let wait = Infinity
  let inFlight = null
  /** The request that is not settled yet, and whether it has failed. */
  let asked = null
  let requests = 0
  const calls = []
  const places = []

  const perform = {
    Write: ({ reply }) => {
      if (reply._tag === 'Status') isOpen = false
      else inFlight = reply
    },
    Wait: ({ until }) => {
      wait = until
    },
    Call: ({ call }) => calls.unshift(call),
    Answer: ({ request }) => {
      if (asked?.request === request) asked = null
    },
    Exit: () => {
      isOver = true
    },
    Log: () => undefined
  }

  const feed = (input) => {
    steps += 1
    wait = Infinity
    for (const output of step(input)) perform[output._tag](output)
  }

  /** Time passes, and wakes the fold whenever it asked for it. */
  const pass = (ms) => {
    const then = now + ms
    while (wait <= then && steps < MOST_STEPS && !isOver) {
      now = Math.max(now, wait)
      feed({ _tag: 'Ticked', now })
    }
    now = then
  }

  const record = () => {
    sequence += random.below(3)
    const one = { sequenceNumber: String(sequence), subSequenceNumber: random.below(3) }
    places.push(one)
    return { shardId: 's', partitionKey: 'k', approximateArrivalTimestamp: null, base64: 'AAAA', ...one }
  }

  const actions = {
    ProcessRecords: () => {
      sequence += 1
      return { records: Array.from({ length: random.below(4) }, record), millisBehindLatest: 0 }
    },
    Shutdown: () => ({ reason: random.pick(REASONS) })
  }

  const topic = () => {
    const roll = random.next()
    const [, _tag] = TOPICS.find(([to]) => roll < to)
    return { _tag, ...actions[_tag]?.() }
  }

  const received = (action) => feed({ _tag: 'Received', action, now, random: random.next() })

  const say = () => {
    isOpen = true
    if (isBegun) return received(topic())
    isBegun = true
    return received({
      _tag: 'Initialize',
      shardId: 's',
      sequenceNumber: random.pick(['TRIM_HORIZON', null, '7']),
      subSequenceNumber: random.pick([0, null])
    })
  }

  const answer = () => {
    const { sequenceNumber, subSequenceNumber } = inFlight
    inFlight = null
    const error = random.pick([
      ...STORED,
      ...(isThrottled ? AGAIN : []),
      // After one of these the back-off goes on: a revision before protocol/Child began it anew.
      ...(asked?.hasFailed === true ? [] : REFUSED)
    ])
    if (asked !== null && AGAIN.includes(error)) asked.hasFailed = true
    received({ _tag: 'Checkpointed', sequenceNumber, subSequenceNumber, error })
  }

  const ask = () => {
    const request = (requests += 1)
    if (asked === null) asked = { request, hasFailed: false }
    const target = random.chance(0.5) ? null : random.pick(places.slice(-4))
    feed({ _tag: 'Asked', request, target, now })
  }

  const complete = () => {
    const call = random.chance(0.9) ? calls[0] : random.pick(calls)
    if (random.chance(0.9)) calls.splice(calls.indexOf(call), 1)
    feed({ _tag: 'Completed', call, now })
  }

  const strange = () =>
    random.pick([
      () => feed({ _tag: 'Closed' }),
      () => feed({ _tag: 'Broken', problem: 'broken' }),
      () => feed({ _tag: 'Crashed', failure: { name: 'RangeError', message: 'oops', stack: null } }),
      () => feed({ _tag: 'Completed', call: random.below(9), now }),
      () => feed({ _tag: 'Ticked', now })
    ])()

  /** A second request is made only where both revisions refuse it: how one replaces another has changed on purpose. */
  const mayAsk = () => places.length > 0 && (asked === null || (inFlight !== null && !asked.hasFailed))

  const move = () => {
    if (random.chance(0.4)) pass(random.pick([0, 1, 100, 600, 5000, 20_000]))
    if (isOver || steps >= MOST_STEPS) return
    if (random.chance(0.01)) return strange()
    const ways = []
    if (inFlight !== null) ways.push(answer, answer)
    else if (!isOpen) ways.push(say, say)
    if (calls.length > 0) ways.push(complete)
    if (mayAsk()) ways.push(ask)
    if (ways.length === 0) return pass(random.pick([600, 20_000]))
    random.pick(ways)()
  }

  for (let moves = 0; moves < 200 && steps < MOST_STEPS && !isOver; moves++) move()
  // Nothing follows an exit.
  if (isOver) feed({ _tag: 'Ticked', now })
}

module.exports = { room, envOf, sideOf, live }
