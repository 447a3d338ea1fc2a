'use strict'
// Judges one conversation of kclts/compat from outside: what was read, what the processor was called with and did, what its
// callbacks got, and what was written. The fuzzer and the properties (test/properties/compat.test.ts) judge by it.
const Turns = require('./turns')
const { positionOf, isNothing } = require('./reference')

const make = ({ callbackDeadline }, now) => {
  let crashed = false
  let last = null
  let since = 0
  /** The places that were asked for, as they may be written. */
  const asked = []
  const answers = new Map()

  const opened = (open, { records = [] }) => {
    const end = open.kind === 'processRecords' ? records.at(-1) : undefined
    last = end === undefined ? last : positionOf(end)
    since = now()
    open.call = null
  }

  const checkpoint = (target, where) => {
    if (target === Turns.END && turns.open.kind !== 'shardEnded') finding(`${where} in ${turns.open.kind}`)
    if (!asked.includes(target)) finding(`${where}, which was not asked for`)
  }

  const status = ({ kind, call }) => {
    if (turns.fenced && kind !== 'leaseLost') return
    if (call === null) {
      // A processor need not have this method.
      if (kind !== 'shutdownRequested') finding(`a status in ${kind}, for which the processor was not called`)
    } else if (!call.isCompleted) finding(`a status in ${kind} before the processor called back`)
  }

  const { turns, finding, listener } = Turns.make({
    isHalted: () => crashed,
    opened,
    checkpoint,
    answered: () => {},
    status,
    /** The processor has done nothing for as long as it may. */
    mayLeave: () => now() - since >= callbackDeadline
  })

  return {
    ...listener,
    /** A method is called. Gives the call, for `completed`. */
    called: (name, { records }) => {
      const { open } = turns
      const call = { isCompleted: false }
      if (turns.exited !== null) finding(`${name} is called after the exit`)
      if (open === null || open.kind !== name || open.call !== null) finding(`${name} is called out of turn`)
      else open.call = call
      if (turns.fenced && name !== 'leaseLost')
        finding(`${name} is called though another worker has the lease`)
      if (records !== undefined && records.length > 0 && positionOf(records.at(-1)) !== last)
        finding('the records are not those of the batch')
      return call
    },
    completed: (call) => {
      call.isCompleted = true
    },
    /** The processor asks for a checkpoint at a record, or at the end (null). Gives its number, for `answered`. */
    asks: (place) => {
      const target = place === null ? last : positionOf(place)
      const isEnd =
        turns.open?.kind === 'shardEnded' && (target === null || target.split('/')[0] === last?.split('/')[0])
      // After the lease is lost nothing is sent any more, so a request is no sign of progress.
      if (!turns.fenced && turns.open?.kind !== 'leaseLost') since = now()
      return asked.push(isEnd ? Turns.END : target) - 1
    },
    /** Its callback is called. */
    answered: (number, error) => {
      if (answers.has(number)) finding('a callback is called twice')
      answers.set(number, error)
      const { reading } = turns
      // Before the first record there is nothing to store.
      if (
        error === null &&
        asked[number] !== null &&
        !(reading?.action === 'checkpoint' && isNothing(reading.error))
      )
        finding('a callback gets a success, but nothing was stored')
    },
    crashes: () => {
      crashed = true
    }
  }
}

module.exports = { make }
