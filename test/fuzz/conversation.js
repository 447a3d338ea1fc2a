'use strict'
// One fuzzed conversation: a daemon that mostly keeps to the protocol, whose lines are damaged on the way.
const path = require('node:path')
const Daemon = require('./daemon')
const Oracle = require('./oracle')
const Random = require('./random')
const { mutate } = require('./mutate')

const build = path.join(__dirname, '../../.build/src')
const Lines = require(path.join(build, 'protocol/wire/Lines'))
const Decision = require(path.join(build, 'core/Decision'))
const Interpreter = require(path.join(build, 'run/Interpreter'))
const World = require(path.join(build, 'testing/World'))

const envOf = (random) => ({
  policy: { interval: random.pick([0, 0, 50, 5000]), count: random.below(4), manual: random.chance(0.8) },
  onShutdown: random.chance(0.8),
  shutdownDeadline: random.pick([0, 1000, 8000]),
  shardEndDeadline: random.pick([0, 1000, 300_000]),
  onFailure: random.pick(['dead-letter', 'dead-letter', 'skip', 'halt']),
  breaker: random.below(4),
  retries: random.below(3),
  backoff: random.pick([0, 10]),
  deadline: random.pick([50, 30_000]),
  limits: { concurrency: 1 + random.below(4), undelivered: 1 + random.below(4) },
  group: null,
  handlerName: 'fuzzed',
  handlerVersion: null
})

/** What a handler may do with a record, and what that is to the oracle. */
const DEEDS = [
  ['finished', () => Decision.ack()],
  ['finished', () => Decision.ack()],
  ['finished', () => Decision.ack()],
  ['finished', () => Decision.checkpoint()],
  ['finished', () => true],
  ['finished', () => false],
  ['finished', () => undefined],
  ['finished', () => Decision.skip('why')],
  ['emitted', () => Decision.emit('last', 1)(Decision.ack())],
  ['emitted', () => Decision.emit('last', 1)(Decision.emit('first', 2)(Decision.checkpoint()))],
  ['rejected', () => Decision.reject('why')],
  ['halt', () => Decision.halt('why')],
  ['failed', () => null],
  ['failed', () => 'ack'],
  ['failed', () => ({ _tag: 'Skip' })],
  [
    'failed',
    () => {
      throw new Error('why')
    }
  ],
  [
    'failed',
    () => {
      throw null
    }
  ]
]

const MOST_LINES = 14

/**
 * Has the conversation with this number.
 *
 * Gives its lines, how many of them were damaged, and what was found: nothing, it is hoped.
 */
const have = (seed, number) => {
  const random = Random.make(Random.seedOf(seed, number))
  const env = envOf(random)
  const oracle = Oracle.make(env)
  const daemon = Daemon.make(random)
  const diskFails = random.chance(0.05)
  const takes = random.pick([0, 0, 7, 30])
  const sent = []
  const framed = []
  let damaged = 0

  const world = World.make({
    start: 0,
    random: random.next,
    bury: (letter) => {
      const stored = !(diskFails && random.chance(0.5))
      oracle.buried(`${letter.sequenceNumber}/${letter.subSequenceNumber}`, stored)
      return stored
        ? { _tag: 'Right', right: undefined }
        : { _tag: 'Left', left: { name: 'Error', message: 'ENOSPC', stack: null } }
    },
    onEvent: (event) => {
      if (event._tag === 'Wrote') {
        oracle.wrote(event.text)
        daemon.hears(event.text)
      } else if (event._tag === 'Delivered' && event.output.sink === 'last')
        oracle.arrived(`${event.record.sequenceNumber}/${event.record.subSequenceNumber}`)
      else if (event._tag === 'Logged') oracle.logged(event.level)
      else if (event._tag === 'Exited') oracle.left(event.code)
    }
  })
  const handler = (record) => {
    oracle.called(`${record.sequenceNumber}/${record.subSequenceNumber}`)
    world.spend(takes)
    void record.data
    const [outcome, deed] = random.pick(DEEDS)
    oracle.said(outcome)
    return deed()
  }
  const interpreter = Interpreter.make(world.capabilities, env, handler)
  const lines = Lines.make()

  const onLine = (line) => {
    framed.push(Buffer.from(line))
    oracle.reads(line)
    daemon.reaches(line)
    interpreter.line(line)
    oracle.hasRead()
  }
  const push = (bytes) => {
    sent.push(bytes)
    let from = 0
    while (from < bytes.length) {
      const to = random.chance(0.5) ? bytes.length : from + 1 + random.below(bytes.length - from)
      lines.push(bytes.subarray(from, to), onLine)
      from = to
    }
  }

  /** Time passes until nothing moves by itself. */
  const rest = () => {
    for (let steps = 0; steps < 10_000; steps++) {
      if (world.turn()) continue
      const until = world.waiting()
      if (until === null) return
      world.advance(until)
    }
    oracle.findings.push('it never comes to rest')
  }

  const say = () => {
    const line = daemon.next()
    if (!random.chance(0.35)) return push(Buffer.concat([line, Buffer.from('\n')]))
    const mutant = mutate(random, line, daemon.other())
    damaged += 1
    daemon.damaged()
    return push(Buffer.concat([mutant.line, Buffer.from(random.chance(0.9) ? '\n' : '')]))
  }

  const happen = () => {
    const roll = random.next()
    if (roll < 0.02) {
      oracle.drains()
      interpreter.drain()
    } else if (roll < 0.04) {
      oracle.crashes()
      interpreter.crashed(new Error('outside'))
    } else if (roll < 0.2) {
      world.turn()
    } else {
      rest()
      oracle.rests()
    }
  }

  const converse = () => {
    for (let n = 0; n < MOST_LINES && !oracle.hasLeft() && !daemon.isOver(); n++) {
      say()
      happen()
    }
    rest()
    if (oracle.hasLeft()) return
    oracle.rests()
    oracle.ends(lines.pending())
    interpreter.end(lines.pending())
    oracle.rests()
  }

  const findings = []
  try {
    converse()
    const whole = Buffer.concat(sent)
    const kept = Buffer.concat(framed.flatMap((line) => [line, Buffer.from('\n')]))
    if (!whole.subarray(0, kept.length).equals(kept) || whole.length - kept.length !== lines.pending())
      findings.push('the lines are not the bytes that were sent')
  } catch (thrown) {
    findings.push(`it threw ${thrown instanceof Error ? thrown.stack : String(thrown)}`)
  }
  return { lines: framed, damaged, findings: [...oracle.findings, ...daemon.findings, ...findings], env }
}

module.exports = { have }
