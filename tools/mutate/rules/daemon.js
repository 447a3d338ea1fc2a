'use strict'
// Amazon's half of the conversation: what everything that plays the daemon is held to.
const { broken } = require('../broken')

const daemon = broken('protocol/Daemon')
const lease = broken('protocol/Lease')
const heard = broken('protocol/wire/Heard')

module.exports = [
  daemon(
    'the daemon reads nothing between actions',
    "state._tag === 'Awaiting' ? heard(state",
    "state._tag !== 'Storing' ? heard(state"
  ),
  daemon(
    'a status must be for the action that is awaited',
    'message.responseFor === state.action.name',
    'message.responseFor !== null'
  ),
  daemon(
    'a stop that fails does not end the daemon',
    "action.meaning === 'shutdownRequested'\n    ?",
    "action.meaning === 'leaseLost'\n    ?"
  ),
  daemon(
    'leaseLost has no checkpointer',
    "action.meaning === 'initialize' || action.meaning === 'leaseLost'",
    "action.meaning === 'initialize'"
  ),
  daemon(
    'a write that fails stores nothing',
    "error === null && verdict._tag === 'Writes'",
    "verdict._tag === 'Writes'"
  ),
  daemon(
    'a ShutdownException is a lease that is gone',
    "error === 'ShutdownException' ? Lease.lose(lease) : written",
    'written'
  ),
  lease(
    'the last record at the end of a shard stands for SHARD_END',
    'end !== null && isSame(place, end) ? SHARD_END : place',
    'place'
  ),
  lease(
    'the last checkpoint once more writes nothing, at the end of a shard too',
    'if (isSame(place, last))',
    'if (end === null && isSame(place, last))'
  ),
  lease('a checkpoint does not go back', 'compare(lease.last, place) <= 0 &&', ''),
  lease('a checkpoint does not pass the last record', ' &&\n    compare(place, lease.permitted) <= 0', ''),
  lease('only a worker that holds the lease writes', 'if (!isHeld)', 'if (false)'),
  heard(
    'a line with a key that Jackson does not know is skipped',
    '!Object.keys(fields).every((key) => KEYS[action].includes(key))',
    'false'
  )
]
