'use strict'
// Random conversations of `kclts/testing`. One step is something that the daemon does, an
// event, a checkpoint with its answer, or a message.

const room = (load) => ({ Run: load('testing/Run'), Records: load('testing/Records') })

const ERRORS = [
  null,
  null,
  null,
  'ThrottlingException',
  'KinesisClientLibDependencyException',
  'ShutdownException',
  'IllegalArgumentException',
  'InvalidStateException'
]

const OUTPUT = { sink: 'one', value: 1 }

/** What the handler gives for a record, by its partition key. */
const DECISIONS = {
  ack: () => ({ _tag: 'Ack', outputs: [] }),
  checkpoint: () => ({ _tag: 'Checkpoint', outputs: [] }),
  emit: () => ({ _tag: 'Ack', outputs: [OUTPUT] }),
  skip: () => ({ _tag: 'Skip', reason: 'why', outputs: [] }),
  reject: () => ({ _tag: 'Reject', reason: 'why' }),
  halt: () => ({ _tag: 'Halt', reason: 'why' }),
  true: () => true,
  undefined: () => undefined,
  null: () => null,
  throw: () => {
    // A stack names the files of the revision.
    throw Object.assign(new RangeError('why'), { stack: 'RangeError: why' })
  }
}

const KEYS = [
  ...Array(8).fill('ack'),
  ...Array(3).fill('checkpoint'),
  ...['emit', 'skip', 'reject', 'true', 'undefined', 'null', 'throw']
]

const envOf = (random) => {
  let sequence = 1000
  const record = () => {
    sequence += 1 + random.below(3)
    const partitionKey = random.chance(0.003) ? 'halt' : random.pick(KEYS)
    return { partitionKey, sequenceNumber: String(sequence) }
  }
  const move = () => {
    const roll = random.next()
    if (roll < 0.75)
      return { _tag: 'Batch', records: Array.from({ length: random.below(random.pick([6, 6, 40])) }, record) }
    return roll < 0.98 ? { _tag: 'Pass', ms: random.pick([1, 50, 1000, 60_000]) } : { _tag: 'Drain' }
  }
  return {
    settings: {
      policy: { interval: random.pick([0, 50, 60_000]), count: random.below(4), manual: random.chance(0.8) },
      onShutdown: random.chance(0.8),
      shutdownDeadline: random.pick([0, 500, 8000]),
      shardEndDeadline: random.pick([0, 500, 300_000]),
      onFailure: random.pick(['dead-letter', 'dead-letter', 'skip', 'halt']),
      breaker: random.pick([0, 0, 1, 3]),
      badRelease: 0,
      retries: 0,
      backoff: 400,
      deadline: 30_000,
      group: null,
      limits: { concurrency: 1, undelivered: 1 + random.below(4) },
      handlerName: 'handler',
      handlerVersion: null
    },
    conversation: {
      shardId: 's',
      from: random.pick(['TRIM_HORIZON', 'LATEST', null, '999']),
      fromSub: random.pick([0, null]),
      steps: Array.from({ length: 1 + random.below(10) }, move),
      end: random.pick(['stop', 'stop', 'shard-end', 'lease-lost', 'eof']),
      errors: Array.from({ length: random.below(8) }, () => random.pick(ERRORS)),
      latency: random.pick([0, 0, 5, 300])
    },
    takes: random.pick([0, 0, 7, 30])
  }
}

const sideOf = ({ Run, Records }) => {
  const records = (list) => list.map((one) => Records.record(one))
  return {
    step: ({ settings, conversation, takes }) => {
      const steps = conversation.steps.map((one) =>
        one._tag === 'Batch' ? { ...one, records: records(one.records) } : one
      )
      const outcome = Run.converse(
        ({ partitionKey }) => DECISIONS[partitionKey](),
        settings,
        { ...conversation, steps },
        { takes }
      )
      const { events, checkpoints, logs, stored, exit, complaints, elapsed } = outcome
      // The words of messages change with time.
      const levels = logs.map(({ level }) => level)
      return { moves: steps.length + 1, events, checkpoints, levels, stored, exit, complaints, elapsed }
    },
    look: () => null
  }
}

const live = (_random, env, { step }) => step(env)

const count = ({ moves, events, checkpoints, levels }) =>
  moves + events.length + checkpoints.length + levels.length

module.exports = { room, envOf, sideOf, live, count }
