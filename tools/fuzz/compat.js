'use strict'
// One fuzzed conversation of kclts/compat: a record processor of aws-kcl that calls back at once, later, twice or never, asks
// for checkpoints at any time, and throws.
const path = require('node:path')
const Daemon = require('./daemon')
const Oracle = require('./compatOracle')
const Random = require('./random')
const { talk } = require('./talk')

const build = path.join(__dirname, '../../.build/src')
const Conversation = require(path.join(build, 'compat/Conversation'))
const World = require(path.join(build, 'testing/World'))

const envOf = (random) => ({
  callbackDeadline: random.pick([1000, 300_000]),
  shutdownDeadline: random.pick([0, 1000, 8000]),
  shardEndDeadline: random.pick([0, 1000, 300_000])
})

/** How a processor deals with a call, and how often it does. */
const DEEDS = [
  ...Array(6).fill('complete'),
  ...Array(5).fill('checkpoint, then complete'),
  ...Array(2).fill('checkpoint and complete'),
  ...Array(2).fill('complete later'),
  'checkpoint later',
  'complete twice',
  'nothing',
  'throw'
]

/** Has the conversation with this number, and gives what `talk` gives, with the settings. */
const have = (seed, number) => {
  const random = Random.make(Random.seedOf(seed, number))
  const env = envOf(random)
  const daemon = Daemon.make(random, { mayRefuse: true })
  const later = []
  let checkpointer = null
  let places = []

  const world = World.make({
    start: 0,
    random: random.next,
    onEvent: (event) => {
      if (event._tag === 'Wrote') {
        oracle.wrote(event.text)
        daemon.hears(event.text)
      } else if (event._tag === 'Logged') oracle.logged(event.level)
      else if (event._tag === 'Exited') oracle.left(event.code)
    }
  })
  const oracle = Oracle.make(env, world.now)

  const fail = () => {
    oracle.crashes()
    throw random.pick([new Error('why'), null, 'why'])
  }

  /** @param place a record, or the end of what was delivered (null) */
  const checkpointAt = (place, then) => {
    const number = oracle.asks(place)
    const callback = (error) => {
      oracle.answered(number, error)
      if (random.chance(0.01)) fail()
      then()
    }
    return place === null ? checkpointer.checkpoint(callback) : checkpointer.checkpoint(place, callback)
  }
  const checkpoint = (then) => {
    if (checkpointer === null) return then()
    return checkpointAt(places.length === 0 || random.chance(0.5) ? null : random.pick(places), then)
  }

  const deal = (complete) => {
    switch (random.pick(DEEDS)) {
      case 'complete':
        return complete()
      case 'checkpoint, then complete':
        return checkpoint(complete)
      case 'checkpoint and complete':
        checkpoint(() => undefined)
        return complete()
      case 'complete later':
        return later.push(complete)
      case 'checkpoint later':
        return later.push(() => checkpoint(complete))
      case 'complete twice':
        complete()
        return complete()
      case 'nothing':
        return undefined
      case 'throw':
        return random.chance(0.3) ? fail() : complete()
    }
  }

  /** A method of the processor. At the end of a shard it mostly does what ends it. */
  const method = (name) => (input, done) => {
    const call = oracle.called(name, input)
    if (input.records !== undefined) places = input.records
    if (input.checkpointer !== undefined) checkpointer = input.checkpointer
    const complete = () => {
      oracle.completed(call)
      done()
    }
    if (name === 'shardEnded' && random.chance(0.7)) return checkpointAt(null, complete)
    return deal(complete)
  }

  const processor = {
    initialize: method('initialize'),
    processRecords: method('processRecords'),
    ...(random.chance(0.8) ? { shutdownRequested: method('shutdownRequested') } : {}),
    ...(random.chance(0.5)
      ? { leaseLost: method('leaseLost'), shardEnded: method('shardEnded') }
      : {
          shutdown: (input, done) =>
            method(input.reason === 'ZOMBIE' ? 'leaseLost' : 'shardEnded')(input, done)
        })
  }
  const conversation = Conversation.make(world.capabilities, env, processor)

  const happen = (rest) => {
    const roll = random.next()
    if (roll < 0.02) {
      oracle.crashes()
      conversation.crashed(new Error('outside'))
    } else if (roll < 0.1) checkpoint(() => undefined)
    else if (roll < 0.2) world.advance(world.now() + random.below(2000))
    // Until then a processor that wants to call back has done so, most of the time.
    if (random.chance(0.8)) for (const act of later.splice(0)) act()
    if (roll > 0.3) rest()
  }

  return { ...talk({ random, daemon, world, oracle, child: conversation, happen }), env }
}

module.exports = { have }
