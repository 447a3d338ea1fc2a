'use strict'
// Watches one conversation from outside and finds what must never happen. It knows what was read (by the reference),
// what the handler was given and said, and what was written; it knows nothing of the session within.
const path = require('node:path')
const { understand, positionOf, isAfter, isDigits, isNothing } = require('./reference')

const { REASONS } = require(path.join(__dirname, '../../.build/src/protocol/Action'))

const STATUS = /^\{"action":"status","responseFor":"([A-Za-z]+)"\}$/
const CHECKPOINT =
  /^\{"action":"checkpoint","sequenceNumber":(?:"([0-9]+)"|null),"subSequenceNumber":(?:([0-9]+)|null)\}$/

/** What an action is to the one who answers it. */
const kindOf = ({ action, reason }) => (action === 'shutdown' ? REASONS[reason] : action)

const END = 'SHARD_END'

const REFUSALS = ['IllegalArgumentException', 'InvalidStateException', 'NullPointerException']

const make = (env) => {
  const findings = []
  let phase = 'starting'
  let open = null
  let inFlight = null
  let acknowledged = null
  let ended = false
  let fenced = false
  let draining = false
  let halted = false
  let exited = null
  let told = 0
  let mustLeave = null
  let streak = 0
  let refused = 0
  /** Every record of a batch that was read, in order: waiting, running, delivering, held or finished. */
  const delivered = []

  const finding = (what) => findings.push(what)
  const batch = () => (open !== null && open.kind === 'processRecords' ? open.records : [])

  const answered = (action) => {
    const matches =
      inFlight !== null &&
      (inFlight === END
        ? isNothing(action.sequenceNumber)
        : action.sequenceNumber === inFlight.split('/')[0] &&
          (isNothing(action.subSequenceNumber) ||
            String(action.subSequenceNumber) === inFlight.split('/')[1]))
    if (!matches) {
      mustLeave = 'an answer to another question'
      return
    }
    const landed = inFlight
    inFlight = null
    if (isNothing(action.error)) acknowledged = landed
    else if (action.error === 'ShutdownException') fenced = true
    refused = REFUSALS.includes(action.error) ? refused + 1 : isNothing(action.error) ? 0 : refused
  }

  const opened = (action) => {
    const kind = kindOf(action)
    const inTurn = phase === 'starting' ? kind === 'initialize' : phase === 'running' && kind !== 'initialize'
    if (!inTurn || open !== null || halted) {
      mustLeave = `${action.action} out of turn`
      return
    }
    const records =
      kind === 'processRecords' ? action.records.map((r) => ({ at: positionOf(r), is: 'waiting' })) : []
    delivered.push(...records)
    open = { kind, name: action.action, records }
    if (kind === 'initialize') {
      phase = 'running'
      if (isDigits(action.sequenceNumber)) acknowledged = positionOf(action)
    }
    if (kind === 'leaseLost' || kind === 'shardEnded') phase = 'over'
  }

  /** A line that the interpreter is about to be given. */
  const reads = (line) => {
    if (exited !== null) return
    const action = understand(line)
    if (action === 'blank') return
    if (action === 'bad') mustLeave = 'a line that is no action'
    else if (action.action === 'checkpoint') answered(action)
    else opened(action)
  }

  /** The interpreter has dealt with the line. */
  const hasRead = () => {
    if (mustLeave !== null && exited === null) finding(`it did not leave at ${mustLeave}`)
  }

  const settle = (record, failed) => {
    if (failed && env.breaker > 0) {
      record.is = 'held'
      return
    }
    record.is = 'finished'
    streak = 0
    for (const one of delivered) if (one.is === 'held') one.is = 'finished'
  }

  /** The handler is called. Gives the record, whose outcome is told by `said`. */
  const called = (at) => {
    const record = batch().find((one) => one.is === 'waiting')
    if (exited !== null || fenced || draining || halted) finding('a record was run though nothing may be run')
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
    else if (outcome === 'finished') settle(record, false)
    else if (outcome === 'emitted') record.is = 'delivering'
    else {
      const failed = outcome === 'failed'
      if (failed) streak += 1
      if (env.onFailure === 'halt' || (failed && env.breaker > 0 && streak >= env.breaker)) halted = true
      else if (env.onFailure === 'skip') settle(record, failed)
      else record.failed = failed
    }
  }

  /** The sinks have acknowledged the last output of a record. */
  const arrived = (at) => {
    const record = batch().find((one) => one.is === 'delivering' && one.at === at)
    if (record !== undefined && exited === null && !fenced && !halted) settle(record, false)
  }

  const buried = (at, stored) => {
    const record = batch().find((one) => one.is === 'running')
    if (record === undefined || record.at !== at || record.failed === undefined)
      finding(`a dead letter of ${at}, which did not fail`)
    else if (stored) settle(record, record.failed)
    else halted = true
  }

  const wroteCheckpoint = (target) => {
    const where = `a checkpoint at ${target}`
    if (open === null || open.kind === 'initialize' || open.kind === 'leaseLost')
      return finding(`${where} while nobody takes one`)
    if (inFlight !== null) finding(`${where} while another is in flight`)
    if (fenced) finding(`${where} though another worker has the lease`)
    inFlight = target
    if (target === END) {
      if (open.kind !== 'shardEnded') finding(`${where} in ${open.kind}`)
      if (delivered.some((one) => ['waiting', 'running', 'delivering'].includes(one.is)))
        finding(`${where} with records that were not run`)
      return
    }
    if (open.kind === 'shardEnded') finding(`${where} at the end of the shard`)
    if (acknowledged !== null && acknowledged !== END && !isAfter(target, acknowledged))
      finding(`${where}, which is not above ${acknowledged}`)
    const last = delivered.findLastIndex((one, index) => one.at === target && prefix(index))
    if (last < 0) finding(`${where}, up to which not everything is finished`)
  }

  const prefix = (index) => delivered.slice(0, index + 1).every((one) => one.is === 'finished')

  const wroteStatus = (name) => {
    if (open === null) return finding(`a status for ${name} while no action is open`)
    if (open.name !== name) finding(`a status for ${name} in ${open.name}`)
    if (halted) finding(`a status for ${name} though it halts`)
    if (mustLeave !== null) finding(`a status for ${name} after ${mustLeave}`)
    if (open.kind === 'processRecords' && !fenced && !draining)
      if (!open.records.every((one) => one.is === 'finished' || one.is === 'held'))
        finding('a batch was acknowledged of which not every record was dealt with')
    if (open.kind === 'shardEnded' && acknowledged !== END && !fenced)
      finding('the end of a shard was acknowledged without a checkpoint')
    if (inFlight !== null && ['shardEnded', 'shutdownRequested'].includes(open.kind))
      finding(`a status for ${name} while a checkpoint is in flight`)
    open = null
  }

  const wrote = (text) => {
    if (exited !== null) finding('something was written after the exit')
    const lines = text.split('\n')
    if (lines[0] !== '' || lines.at(-1) !== '' || lines.length % 2 === 0)
      finding(`a reply without its newlines`)
    for (const line of lines.filter((one) => one !== '')) {
      const status = STATUS.exec(line)
      const checkpoint = CHECKPOINT.exec(line)
      if (status !== null) wroteStatus(status[1])
      else if (checkpoint !== null)
        wroteCheckpoint(checkpoint[1] === undefined ? END : `${checkpoint[1]}/${checkpoint[2]}`)
      else finding(`a reply that the daemon would not take: ${line}`)
    }
  }

  /** What a session may leave for with a code that is not 0. */
  const mayLeave = () =>
    mustLeave !== null || halted || ended || refused >= 5 || (open !== null && open.kind === 'shardEnded')

  const left = (code) => {
    if (exited !== null) finding('it left twice')
    exited = code
    if (code !== 0 && told === 0) finding(`it left with ${code} without a message`)
    if (code !== 0 && !mayLeave()) finding(`it left with ${code} without a reason`)
    if (code === 0 && (!ended || open !== null || halted || mustLeave !== null))
      finding('it left with 0 though the conversation is not over')
  }

  return {
    reads,
    hasRead,
    called,
    said,
    arrived,
    buried,
    wrote,
    left,
    logged: (level) => {
      if (level === 'error') told += 1
    },
    drains: () => {
      draining = true
    },
    crashes: () => {
      halted = true
    },
    /** Stdin ends after so many bytes of an unfinished line. */
    ends: (pending) => {
      ended = true
      if (pending > 0) mustLeave = 'the middle of a line'
    },
    /** Nothing moves any more: it must have left, or wait for the daemon. */
    rests: () => {
      if (exited === null && (ended || mustLeave !== null)) finding('it did not leave')
      if (exited === null && open !== null && inFlight === null) finding(`it never answered ${open.name}`)
    },
    findings,
    hasLeft: () => exited !== null
  }
}

module.exports = { make }
