'use strict'
// One fuzzed conversation of a session.
const path = require('node:path')
const Daemon = require('./daemon')
const Oracle = require('./sessionOracle')
const Random = require('./random')
const { talk } = require('./talk')

const build = path.join(__dirname, '../../.build/src')
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
  badRelease: random.pick([0, 0, 1, 3, 5]),
  retries: random.below(3),
  backoff: random.pick([0, 10]),
  deadline: random.pick([50, 30_000]),
  limits: { concurrency: 1 + random.below(4), undelivered: 1 + random.below(4) },
  group: null,
  handlerName: 'fuzzed',
  handlerVersion: null
})

/** What a handler may do with a record, in the words of the properties, and how. */
const DEEDS = [
  ['ack', () => Decision.ack()],
  ['ack', () => Decision.ack()],
  ['ack', () => Decision.ack()],
  ['checkpoint', () => Decision.checkpoint()],
  ['true', () => true],
  ['false', () => false],
  ['forgotten', () => undefined],
  ['skip', () => Decision.skip('why')],
  ['emit', () => Decision.emit('last', 1)(Decision.ack())],
  ['emit', () => Decision.emit('last', 1)(Decision.emit('first', 2)(Decision.checkpoint()))],
  ['reject', () => Decision.reject('why')],
  ['halt', () => Decision.halt('why')],
  ['garbage', () => null],
  ['garbage', () => 'ack'],
  ['garbage', () => ({ _tag: 'Skip' })],
  [
    'throw',
    () => {
      throw new Error('why')
    }
  ],
  [
    'throw',
    () => {
      throw null
    }
  ]
]

/** Has the conversation with this number, and gives what `talk` gives, with the settings. */
const have = (seed, number) => {
  const random = Random.make(Random.seedOf(seed, number))
  const env = envOf(random)
  const daemon = Daemon.make(random)
  const diskFails = random.chance(0.05)
  const takes = random.pick([0, 0, 7, 30])

  const world = World.make({
    start: 0,
    random: random.next,
    bury: (letter) => {
      const stored = !(diskFails && random.chance(0.5))
      oracle.buried(letter, stored)
      return stored
        ? { _tag: 'Right', right: undefined }
        : { _tag: 'Left', left: { name: 'Error', message: 'ENOSPC', stack: null } }
    },
    onEvent: (event) => {
      if (event._tag === 'Wrote') {
        oracle.wrote(event.text)
        daemon.hears(event.text)
      } else if (event._tag === 'Delivered' && event.output.sink === 'last') oracle.arrived(event.record)
      else if (event._tag === 'Logged') oracle.logged(event.level)
      else if (event._tag === 'Exited') oracle.left(event.code)
    }
  })
  const oracle = Oracle.make(env, world.now)
  const handler = (record) => {
    world.spend(takes)
    void record.data
    const [as, deed] = random.pick(DEEDS)
    oracle.ran(record, as)
    return deed()
  }
  const interpreter = Interpreter.make(world.capabilities, env, handler)
  const happen = (rest) => {
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
    }
  }

  return { ...talk({ random, daemon, world, oracle, child: interpreter, happen }), env }
}

module.exports = { have }
