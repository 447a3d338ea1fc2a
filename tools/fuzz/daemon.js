'use strict'
// Amazon's half of a fuzzed conversation. The lines are random; protocol/Daemon decides when an answer is due, what it
// says, and when the conversation is over.
const path = require('node:path')
const { understand } = require('./reference')

const build = path.join(__dirname, '../../.build/src/protocol')
const Action = require(path.join(build, 'Action'))
const Fold = require(path.join(build, 'Daemon'))

/** What comes of a write to the lease table. */
const FAULTS = [
  null,
  null,
  null,
  'ThrottlingException',
  'ShutdownException',
  'IllegalArgumentException',
  'Newer'
]

/** An action as the fold has it; of a record it looks at the position alone. */
const saidOf = (value) => {
  switch (value.action) {
    case 'initialize':
      return Action.initialize(value.shardId, value.sequenceNumber ?? null, value.subSequenceNumber ?? null)
    case 'processRecords':
      return Action.processRecords(
        value.records.map(({ sequenceNumber, subSequenceNumber }) => ({
          sequenceNumber,
          subSequenceNumber: subSequenceNumber ?? 0
        })),
        null
      )
    case 'shutdown':
      return Action.shutdown(value.reason)
    default:
      return Action[value.action]
  }
}

/** Random actions, whether they are in turn or not. */
const linesOf = (random) => {
  let sequence = 100n

  const record = () => {
    if (random.chance(0.8)) sequence += BigInt(1 + random.below(9))
    return {
      data: random.pick(['', 'eyJuIjoxfQ==', '/w==', null]),
      partitionKey: random.pick(['k', 'clé-☃-😀', 'a\u2028b', '"\\']),
      sequenceNumber: `4968048295267590548449${sequence}`,
      approximateArrivalTimestamp: random.pick([null, 1795415467625]),
      subSequenceNumber: 0,
      action: 'record'
    }
  }

  /** Records in the order of their positions: some share a sequence number, as aggregated ones do. */
  const records = () => {
    const list = Array.from({ length: random.below(6) }, record)
    list.forEach((one, index) => {
      const before = list[index - 1]
      if (before?.sequenceNumber === one.sequenceNumber) one.subSequenceNumber = before.subSequenceNumber + 1
    })
    if (list.length > 0) sequence += 1n
    return list
  }

  const initialize = () => ({
    action: 'initialize',
    shardId: 'shardId-000000000000',
    sequenceNumber: random.pick(['TRIM_HORIZON', 'LATEST', null, '49680482952675905484499']),
    subSequenceNumber: random.pick([0, null, 3])
  })

  const any = () => {
    const roll = random.next()
    if (roll < 0.8)
      return { action: 'processRecords', records: records(), millisBehindLatest: random.pick([0, null]) }
    if (roll < 0.86) return { action: 'shutdownRequested' }
    if (roll < 0.91) return { action: 'leaseLost' }
    if (roll < 0.96) return { action: 'shardEnded' }
    return { action: 'shutdown', reason: random.pick(['ZOMBIE', 'TERMINATE', 'REQUESTED']) }
  }

  return { initialize, any }
}

const lineOf = (message) => Buffer.from(JSON.stringify(message))

/**
 * The fold follows what the child understands: after a damaged line it is where the child takes it to be.
 *
 * `findings`: what Amazon's daemon would refuse, skip or die of, in a conversation without a damaged line so far. `mayRefuse`:
 * the child asks for checkpoints where its user does, and some are to be refused.
 */
const make = (random, { mayRefuse = false } = {}) => {
  const lines = linesOf(random)
  const findings = []
  const unread = []
  let state = Fold.initial
  let begun = false
  let isClean = true

  const finding = (what) => {
    if (isClean) findings.push(what)
  }

  const feed = (input) => {
    const [following, output] = Fold.step(state, input)
    state = following
    if (!mayRefuse && output._tag === 'Stores' && output.verdict._tag !== 'Writes')
      finding(`the daemon would not write a checkpoint: ${JSON.stringify(output)}`)
    if (output._tag === 'Skips') finding('the daemon would skip a line of the child')
    if (output._tag === 'Dies' || output._tag === 'Failed') finding(Fold.showProblem(output.problem))
    if (output._tag === 'Closes' && output.meaning === 'shardEnded' && state.lease.isHeld && !output.isEnded)
      finding('the shard is wedged: it ended without a checkpoint at its end')
  }

  const read = () => {
    while (state._tag === 'Awaiting' && unread.length > 0) feed(Fold.hear(unread.shift()))
  }

  const answer = (fault) => {
    const [, { action }] = Fold.step(state, Fold.settle(fault))
    const { sequenceNumber, subSequenceNumber, error } = action
    return {
      action: 'checkpoint',
      sequenceNumber,
      subSequenceNumber: random.pick([subSequenceNumber, null]),
      error
    }
  }

  /** Amazon's daemon waits while an action is unanswered. This one speaks out of turn, if the child is slow. */
  const next = () => {
    if (state._tag === 'Storing') return answer(random.pick(FAULTS))
    if (begun) return lines.any()
    begun = true
    return lines.initialize()
  }

  return {
    next: () => lineOf(next()),
    other: () => lineOf(random.chance(0.3) ? lines.initialize() : lines.any()),
    damaged: () => {
      isClean = false
    },
    /** The child is about to be given this line. */
    reaches: (line) => {
      const message = understand(line)
      if (message === 'blank' || message === 'bad') return
      if (state._tag === 'Awaiting') isClean = false
      feed(message.action === 'checkpoint' ? Fold.settle(message.error ?? null) : Fold.say(saidOf(message)))
      read()
    },
    /** The child wrote this. */
    hears: (text) => {
      unread.push(...text.split('\n').filter((line) => line !== ''))
      read()
    },
    isOver: () => state._tag === 'Closed',
    findings
  }
}

module.exports = { make }
