'use strict'
// Watches one conversation of a session from outside and finds what must never happen. It knows what was read (by the
// reference), what the handler was given and said, and what was written; it knows nothing of the session within.
const Turns = require('./turns')
const { positionOf, isAfter } = require('./reference')

const make = (env) => {
  let draining = false
  let halted = false
  /** In a row, up to now. */
  let failures = 0
  let bad = 0
  /** Every record of a batch that was read, in order: waiting, running, delivering, held or finished. */
  const delivered = []

  const checkpoint = (target, where) => {
    const { open, acknowledged } = turns
    if (target === Turns.END) {
      if (open.kind !== 'shardEnded') finding(`${where} in ${open.kind}`)
      if (delivered.some((one) => ['waiting', 'running', 'delivering'].includes(one.is)))
        finding(`${where} with records that were not run`)
      return
    }
    if (open.kind === 'shardEnded') finding(`${where} at the end of the shard`)
    if (acknowledged !== null && acknowledged !== Turns.END && !isAfter(target, acknowledged))
      finding(`${where}, which is not above ${acknowledged}`)
    const last = delivered.findLastIndex((one, index) => one.at === target && prefix(index))
    if (last < 0) finding(`${where}, up to which not everything is finished`)
  }

  const prefix = (index) => delivered.slice(0, index + 1).every((one) => one.is === 'finished')

  const status = ({ name, kind, records }) => {
    if (halted) finding(`a status for ${name} though it halts`)
    if (kind === 'processRecords' && !turns.fenced && !draining)
      if (!records.every((one) => one.is === 'finished' || one.is === 'held'))
        finding('a batch was acknowledged of which not every record was dealt with')
  }

  const { turns, finding, listener } = Turns.make({
    isHalted: () => halted,
    opened: (open, { records = [] }) => {
      open.records =
        open.kind === 'processRecords' ? records.map((r) => ({ at: positionOf(r), is: 'waiting' })) : []
      delivered.push(...open.records)
    },
    checkpoint,
    status,
    mayLeave: () => turns.refused >= 5
  })

  const batch = () => (turns.open !== null && turns.open.kind === 'processRecords' ? turns.open.records : [])

  /** A record that was rejected or failed is dealt with. */
  const setAside = (record, failed) => {
    if (env.badRelease === 0 && !(failed && env.breaker > 0)) return settle(record)
    record.is = 'held'
    if (!failed) failures = 0
  }

  const settle = (record) => {
    record.is = 'finished'
    failures = 0
    bad = 0
    for (const one of delivered) if (one.is === 'held') one.is = 'finished'
  }

  /** The handler is called. Gives the record, whose outcome is told by `said`. */
  const called = (at) => {
    const record = batch().find((one) => one.is === 'waiting')
    if (turns.exited !== null || turns.fenced || draining || halted)
      finding('a record was run though nothing may be run')
    if (record === undefined || record.at !== at)
      finding(`the record ${at} was run, which is not the next one`)
    if (batch().some((one) => one.is === 'running'))
      finding('a record was run before the one before it was dealt with')
    if (record !== undefined) record.is = 'running'
  }

  const said = (outcome) => {
    const record = batch().find((one) => one.is === 'running')
    if (record === undefined) return
    if (outcome === 'halt') halted = true
    else if (outcome === 'finished') settle(record)
    else if (outcome === 'emitted') record.is = 'delivering'
    else {
      const failed = outcome === 'failed'
      if (failed) failures += 1
      bad += 1
      const isOutage = failed && env.breaker > 0 && failures >= env.breaker
      const isBadRelease = env.badRelease > 0 && bad >= env.badRelease
      if (env.onFailure === 'halt' || isOutage || isBadRelease) halted = true
      else if (env.onFailure === 'skip') setAside(record, failed)
      else record.failed = failed
    }
  }

  /** The sinks have acknowledged the last output of a record. */
  const arrived = (at) => {
    const record = batch().find((one) => one.is === 'delivering' && one.at === at)
    if (record !== undefined && turns.exited === null && !turns.fenced && !halted) settle(record)
  }

  const buried = (at, stored) => {
    const record = batch().find((one) => one.is === 'running')
    if (record === undefined || record.at !== at || record.failed === undefined)
      finding(`a dead letter of ${at}, which did not fail`)
    else if (stored) setAside(record, record.failed)
    else halted = true
  }

  return {
    ...listener,
    called,
    said,
    arrived,
    buried,
    drains: () => {
      draining = true
    },
    crashes: () => {
      halted = true
    }
  }
}

module.exports = { make }
