'use strict'
// What any child must keep to, seen from outside: whose turn it is, one checkpoint at a time, and no end without a reason.
// An oracle adds what its own kind of child owes.
const path = require('node:path')
const { understand, positionOf, isDigits, isNothing } = require('./reference')

const { REASONS } = require(path.join(__dirname, '../../.build/src/protocol/Action'))

const STATUS = /^\{"action":"status","responseFor":"([A-Za-z]+)"\}$/
const CHECKPOINT =
  /^\{"action":"checkpoint","sequenceNumber":(?:"([0-9]+)"|null),"subSequenceNumber":(?:([0-9]+)|null)\}$/

/** What an action is to the one who answers it. */
const kindOf = ({ action, reason }) => (action === 'shutdown' ? REASONS[reason] : action)

/** A checkpoint without a number. */
const END = 'SHARD_END'

/**
 * `own`: `isHalted()`, `opened(open, action)`, `checkpoint(target, where)`, `answered(error)`, `status(open)`, and
 * `mayLeave()`, which says whether there is another reason for a code that is not 0.
 */
const make = (own) => {
  const findings = []
  const turns = {
    phase: 'starting',
    open: null,
    inFlight: null,
    acknowledged: null,
    fenced: false,
    ended: false,
    exited: null,
    mustLeave: null,
    /** The message that is being read. */
    reading: null
  }
  let errors = 0

  const finding = (what) => findings.push(what)

  const isAnswer = ({ sequenceNumber, subSequenceNumber }) => {
    const { inFlight } = turns
    if (inFlight === null || inFlight === END) return inFlight === END && isNothing(sequenceNumber)
    const [sequence, sub] = inFlight.split('/')
    return sequenceNumber === sequence && (isNothing(subSequenceNumber) || String(subSequenceNumber) === sub)
  }

  const answered = (action) => {
    if (!isAnswer(action)) {
      turns.mustLeave = 'an answer to another question'
      return
    }
    const landed = turns.inFlight
    turns.inFlight = null
    if (isNothing(action.error)) turns.acknowledged = landed
    else if (action.error === 'ShutdownException') turns.fenced = true
    own.answered(action.error)
  }

  const opened = (action) => {
    const kind = kindOf(action)
    const inTurn =
      turns.phase === 'starting' ? kind === 'initialize' : turns.phase === 'running' && kind !== 'initialize'
    if (!inTurn || turns.open !== null || own.isHalted()) {
      turns.mustLeave = `${action.action} out of turn`
      return
    }
    turns.open = { kind, name: action.action }
    if (kind === 'initialize') {
      turns.phase = 'running'
      if (isDigits(action.sequenceNumber)) turns.acknowledged = positionOf(action)
    }
    if (kind === 'leaseLost' || kind === 'shardEnded') turns.phase = 'over'
    own.opened(turns.open, action)
  }

  /** A line that the child is about to be given. */
  const reads = (line) => {
    if (turns.exited !== null) return
    const action = understand(line)
    if (action === 'blank') return
    turns.reading = action
    if (action === 'bad') turns.mustLeave = 'a line that is no action'
    else if (action.action === 'checkpoint') answered(action)
    else opened(action)
  }

  /** The child has dealt with the line. */
  const hasRead = () => {
    turns.reading = null
    if (turns.mustLeave !== null && turns.exited === null) finding(`it did not leave at ${turns.mustLeave}`)
  }

  const wroteCheckpoint = (target) => {
    const where = `a checkpoint at ${target}`
    const { open } = turns
    if (open === null || open.kind === 'initialize' || open.kind === 'leaseLost')
      return finding(`${where} while nothing takes one`)
    if (turns.inFlight !== null) finding(`${where} while another is in flight`)
    if (turns.fenced) finding(`${where} though another worker has the lease`)
    turns.inFlight = target
    own.checkpoint(target, where)
  }

  const wroteStatus = (name) => {
    const { open } = turns
    if (open === null) return finding(`a status for ${name} while no action is open`)
    if (open.name !== name) finding(`a status for ${name} in ${open.name}`)
    if (turns.mustLeave !== null) finding(`a status for ${name} after ${turns.mustLeave}`)
    if (open.kind === 'shardEnded' && turns.acknowledged !== END && !turns.fenced)
      finding('the end of a shard was acknowledged without a checkpoint')
    if (turns.inFlight !== null && ['shardEnded', 'shutdownRequested'].includes(open.kind))
      finding(`a status for ${name} while a checkpoint is in flight`)
    own.status(open)
    turns.open = null
  }

  const wrote = (text) => {
    if (turns.exited !== null) finding('something was written after the exit')
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

  const hasReason = () =>
    turns.mustLeave !== null ||
    own.isHalted() ||
    turns.ended ||
    (turns.open !== null && turns.open.kind === 'shardEnded') ||
    own.mayLeave()

  const left = (code) => {
    if (turns.exited !== null) finding('it left twice')
    turns.exited = code
    if (code !== 0 && errors === 0) finding(`it left with ${code} without a message`)
    if (code !== 0 && !hasReason()) finding(`it left with ${code} without a reason`)
    if (code === 0 && (!turns.ended || turns.open !== null || own.isHalted() || turns.mustLeave !== null))
      finding('it left with 0 though the conversation is not over')
  }

  return {
    turns,
    finding,
    /** What a conversation calls of any oracle. */
    listener: {
      reads,
      hasRead,
      wrote,
      left,
      logged: (level) => {
        if (level === 'error') errors += 1
      },
      /** Stdin ends after so many bytes of an unfinished line. */
      ends: (pending) => {
        turns.ended = true
        if (pending > 0) turns.mustLeave = 'the middle of a line'
      },
      /** Nothing moves any more: it must have left, or wait for the daemon. */
      rests: () => {
        const { exited, ended, mustLeave, open, inFlight } = turns
        if (exited === null && (ended || mustLeave !== null)) finding('it did not leave')
        if (exited === null && open !== null && inFlight === null) finding(`it never answered ${open.name}`)
      },
      findings,
      hasLeft: () => turns.exited !== null
    }
  }
}

module.exports = { make, END }
