'use strict'
// Judges one conversation of a session from outside, by the ledger and the invariants of the properties. It knows what was
// read (by the reference), what the handler was given and did, and what was written; it knows nothing of the session within.
const path = require('node:path')
const Turns = require('./turns')
const { isDigits } = require('./reference')

const build = path.join(__dirname, '../../.build')
const Position = require(path.join(build, 'src/protocol/Position'))
const Invariants = require(path.join(build, 'test/properties/Invariants'))
const Ledger = require(path.join(build, 'test/properties/Ledger'))

/** What an action means to the ledger. */
const WHAT = {
  initialize: 'start',
  processRecords: 'batch',
  shutdownRequested: 'stop',
  leaseLost: 'lost',
  shardEnded: 'end'
}

const placeOf = ({ sequenceNumber, subSequenceNumber }) =>
  Position.make(sequenceNumber, subSequenceNumber ?? 0)

/** @param now the time of the virtual world */
const make = (env, now) => {
  let ledger = Ledger.make()

  const enter = (fact) => {
    const dated = { ...fact, now: now() }
    for (const { broken } of Invariants.all) {
      const problem = broken(ledger, dated)
      if (problem !== null) finding(problem)
    }
    Ledger.enter(env, ledger, dated)
  }

  const opened = ({ kind, name }, action) => {
    if (kind === 'initialize' && isDigits(action.sequenceNumber)) ledger = Ledger.make(placeOf(action))
    const records = kind === 'processRecords' ? action.records.map(placeOf) : []
    enter({ _tag: 'Said', name, what: WHAT[kind], records })
  }

  const checkpoint = (target) => {
    const [sequenceNumber, sub] = target === Turns.END ? [null, null] : target.split('/')
    const subSequenceNumber = sub === null ? null : Number(sub)
    enter({ _tag: 'Wrote', reply: { _tag: 'Checkpoint', sequenceNumber, subSequenceNumber } })
  }

  const { finding, listener } = Turns.make({
    isHalted: () => ledger.halting,
    opened,
    checkpoint,
    status: ({ name }) => enter({ _tag: 'Wrote', reply: { _tag: 'Status', responseFor: name } }),
    answered: (error) => enter({ _tag: 'Answered', error: error ?? null }),
    mayLeave: () => ledger.refusedInRow >= 5
  })

  return {
    ...listener,
    left: (code) => {
      listener.left(code)
      enter({ _tag: 'Exited', code })
    },
    /** The handler was called for the record, and did this. */
    ran: (record, as) => enter({ _tag: 'Ran', index: 0, record: placeOf(record), as }),
    /** The sinks have acknowledged the last output of a record. */
    arrived: (record) => enter({ _tag: 'Delivered', record: placeOf(record) }),
    buried: (letter, ok) => {
      const record = placeOf(letter)
      enter({ _tag: 'Burying', record })
      enter({ _tag: 'Buried', record, ok })
    },
    drains: () => enter({ _tag: 'Drained' }),
    crashes: () => enter({ _tag: 'Crashed' })
  }
}

module.exports = { make }
