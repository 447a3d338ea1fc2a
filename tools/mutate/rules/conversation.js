'use strict'
// What is said to the daemon, and when; what its answers mean; how a session ends.
const { broken } = require('../broken')

const child = broken('protocol/Child')
const slot = broken('protocol/Slot')
const compat = broken('compat/Dialogue')
const action = broken('protocol/Action')
const dialogue = broken('core/Dialogue')
const finishing = broken('core/Finishing')
const session = broken('core/Session')
const shard = broken('core/State')

module.exports = [
  // --- when something may be said ---
  child(
    'nothing is said unless an action is open',
    "case 'Starting':\n    case 'Idle':\n    case 'Fenced':\n    case 'Ended':\n    case 'Over':\n      return [state, before]\n  }",
    "case 'Starting':\n    case 'Fenced':\n    case 'Ended':\n    case 'Over':\n      return [state, before]\n    case 'Idle':\n      return flush(state, before, now)\n  }"
  ),
  child(
    'one checkpoint is in flight',
    'wanted === null || slot.inFlight !== null || now',
    'wanted === null || now'
  ),
  child('a back-off is waited for', ' || now < slot.notBefore', ''),
  child(
    'an action gets one status',
    "turn: kind === 'LeaseLost' || kind === 'ShardEnded' ? ended : then, slot },",
    "turn: kind === 'LeaseLost' || kind === 'ShardEnded' ? ended : { _tag: 'Answering', open: { name, kind } }, slot },"
  ),
  child('one action at a time', "turn._tag === 'Idle' || (turn", "turn._tag !== 'Ended' || (turn"),
  child(
    'after the end of a shard nothing is answered',
    "kind === 'LeaseLost' || kind === 'ShardEnded' ? ended",
    "kind === 'LeaseLost' ? ended"
  ),
  child('the exit is final', "if (state.turn._tag === 'Over') return [state, none]\n", ''),
  finishing(
    'what is due leaves with the batch',
    'answer(rules, updated(state, null, state.progress, state.child), now)',
    'answer(rules, updated(state, null, state.progress, { ...state.child, slot: { ...state.child.slot, notBefore: Infinity } }), now)'
  ),
  action("KCL 1's TERMINATE is the end of the shard", "TERMINATE: 'shardEnded'", "TERMINATE: 'leaseLost'"),

  // --- what an answer means ---
  slot('an answer echoes the sequence number', 'sequenceNumber === target.sequenceNumber &&', ''),
  slot('ShutdownException fences', "return 'Fenced'", "return 'Retry'"),
  slot('IllegalArgumentException is not retried', "case 'IllegalArgumentException':\n", ''),
  slot(
    'a name that we do not know may pass',
    "default:\n      return 'Retry'",
    "default:\n      return 'Refused'"
  ),
  slot('a throttled checkpoint stays pending', 'wanted: slot.wanted ?? request', 'wanted: slot.wanted'),
  slot('a retry takes the newer position', 'wanted: slot.wanted ?? request', 'wanted: request'),
  slot(
    'refusals are in a row',
    'refused: 0,\n  acknowledged: target',
    'refused: slot.refused,\n  acknowledged: target'
  ),
  child(
    'refusals in a row halt',
    'refused >= rules.maxRefused && !isStopping',
    'refused > rules.maxRefused && !isStopping'
  ),
  slot(
    'what is stored is remembered',
    'acknowledged: target ?? slot.acknowledged',
    'acknowledged: slot.acknowledged'
  ),

  // --- stops, ends, halts ---
  child('a stop waits for the answer', 'if (slot.inFlight !== null) return [state, before]\n', ''),
  child(
    'retries end at the deadline',
    'slot.failures > 0 && now >= turn.until',
    'slot.failures > 0 && now > turn.until'
  ),
  child(
    'the end of a shard is acknowledged only after its checkpoint',
    "turn.open.kind === 'ShardEnded' && !turn.isEnded",
    "turn.open.kind === 'ShardEnded' && turn.isEnded"
  ),
  child(
    'a halt never acknowledges',
    "if (turn._tag === 'Halting') return leave(state, { _tag: 'Halted' }, before)\n  if (turn._tag !== 'Closing' || !turn.isReady)",
    "if (turn._tag === 'Halting') return status(state, turn.open, before, idle)\n  if (turn._tag !== 'Closing' || !turn.isReady)"
  ),
  child(
    'a halt at the end of a shard says nothing',
    "open === null || open.kind === 'ShardEnded'",
    'open === null'
  ),
  child(
    'a fenced child acknowledges a batch by itself',
    "if (turn._tag === 'Fenced') return status(state, open, none, free)\n      return [{ turn: { _tag: 'Answering', open }, slot }, opened]",
    "return [{ turn: { _tag: 'Answering', open }, slot }, opened]"
  ),
  session('a shard with records that were not run is not ended', 'state.unrun > 0\n', 'state.unrun < 0\n'),

  // --- what a session wants ---
  dialogue(
    'none at or below the acknowledged one',
    'if (!isNew || !isAbove(mark, inFlight)',
    'if (!isAbove(mark, inFlight)'
  ),
  session(
    'shutdownRequested checkpoints what is finished',
    'rules.onShutdown ? wanting(state, atWatermark(rules, state, now)) : state',
    'state'
  ),
  session(
    'the policy is evaluated on empty batches',
    'const progress = Progress.idle(rules.progress, state.progress, now)',
    'const progress = { ...state.progress, due: null }'
  ),
  session(
    'a stop waits for no older pause',
    'wanting(state, rules.child(state.child, ChildInput.hurries)[0])',
    'state'
  ),
  dialogue(
    'a fenced session drops the rest of its batch',
    '{ ...state, batch: null, unrun }, input)',
    '{ ...state, passed }, input)'
  ),
  dialogue(
    'a halt checkpoints what is finished',
    'batch: null, child: atWatermark(rules, state, now) }',
    'batch: null }'
  ),
  dialogue('a checkpoint is tried again after 10 s at most', 'most: 10_000', 'most: 100_000'),

  // --- a record processor of aws-kcl ---
  compat('a processor that never calls back ends the child', 'input.now >= call.until', 'input.now < 0'),
  compat(
    'one checkpoint at a time, as with aws-kcl',
    'inFlight !== null && inFlight.error === null',
    'inFlight !== null && inFlight.error !== null'
  ),
  compat(
    'at the end of a shard the last record is the end',
    'target === null || (last !== null && target.sequenceNumber === last.sequenceNumber) ? null : target',
    'target'
  ),
  compat(
    'a checkpoint before the first record is not sent with the next batch',
    'place === null && !isEnding(state.child)',
    'place === null && isEnding(state.child) && false'
  ),
  compat(
    'what waited goes before the processor is called',
    'const [flushed, outputs] = converse(rules, following, ChildInput.ticked(now))',
    'const [flushed, outputs]: Step = [following, []]'
  ),

  // --- draining ---
  shard(
    'a draining session begins no further record',
    'state.batch !== null && !state.draining ? Batch.next(state.batch) : -1',
    'state.batch !== null ? Batch.next(state.batch) : -1'
  ),
  finishing(
    'a drain lets what is at work end',
    'if (batch === null || !Batch.isIdle(batch)) return ignored(state)',
    'if (batch === null) return ignored(state)'
  ),
  finishing(
    'records that are not run are counted',
    'const unrun = state.unrun + Batch.unfinished(batch)\n  return complete',
    'const { unrun } = state\n  return complete'
  )
]
