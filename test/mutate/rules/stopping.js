'use strict'
// Fenced, draining, ending, halting.
const { broken } = require('../broken')

const session = broken('Session')

module.exports = [
  // --- fenced ---
  session('a ShutdownException fences', 'fenced: true,', 'fenced: state.fenced,'),
  session(
    'a fenced session drops the rest of its batch',
    'fenced: true,\n    batch: null,',
    'fenced: true,\n    batch: state.batch,'
  ),
  session(
    'a fenced session acknowledges the batch',
    "return answer(state.open?.kind === 'End' ? { ...shut, phase: 'Ended' } : shut)",
    "return state.open?.kind === 'Batch' ? [shut, Effect.none] : answer(shut)"
  ),
  session(
    'a fenced session takes no further action after the end of the shard',
    "return answer(state.open?.kind === 'End' ? { ...shut, phase: 'Ended' } : shut)",
    'return answer(shut)'
  ),
  session(
    'a fenced session runs no further batch',
    'if (state.fenced) return answer({ ...opened, passed: state.passed + records.length })\n',
    ''
  ),
  session(
    'a fenced session checkpoints nothing at the end of the shard',
    "if (state.fenced) return answer({ ...opened, phase: 'Ended' })\n",
    ''
  ),
  session('a fenced session checkpoints nothing at a stop', 'if (state.fenced) return answer(opened)\n', ''),
  session(
    'a fenced session halts without a checkpoint',
    "if (state.phase === 'Halting') return leave(shut, 1)\n",
    ''
  ),

  // --- draining ---
  session(
    'a draining session begins no further record',
    'if (moved.draining) return drained(moved, now)\n',
    ''
  ),
  session(
    'a draining session begins no further batch',
    'if (state.draining) return drained({ ...opened, batch: { records, next: 0, burying: null } }, now)\n',
    ''
  ),
  session(
    'every record that a draining session did not run is counted',
    'drained({ ...opened, batch: { records, next: 0, burying: null } }, now)',
    'drained({ ...opened, batch: { records, next: 1, burying: null } }, now)'
  ),
  session(
    'a batch is over when the session leaves',
    "{ ...state, phase: 'Exited', batch: null }",
    "{ ...state, phase: 'Exited' }"
  ),
  session(
    'a drain acknowledges the open batch at once',
    'return drained({ ...state, draining: true }, input.now)',
    'return [{ ...state, draining: true }, Effect.none]'
  ),
  session(
    'a drain lets the dead letter in flight be written',
    'if (batch === null || batch.burying !== null) return [state, Effect.none]\n  const passed',
    'if (batch === null) return [state, Effect.none]\n  const passed'
  ),
  session(
    'a drain checkpoints the watermark',
    'complete({ ...state, passed, checkpoints: atWatermark(state) }, now)',
    'complete({ ...state, passed }, now)'
  ),
  session(
    'a shard with records that were passed is not ended',
    'if (state.passed > 0)',
    'if (state.passed < 0)'
  ),
  session(
    'records that are passed are counted',
    'const passed = state.passed + batch.records.length - batch.next\n  return complete',
    'const passed = state.passed\n  return complete'
  ),

  // --- ends ---
  session(
    'leaseLost never checkpoints',
    'checkpoints: Checkpoints.forget(state.checkpoints)\n    },\n    [Effect.log',
    'checkpoints: atWatermark(state)\n    },\n    [...flush({ ...state, checkpoints: atWatermark(state) }, state.until)[1], Effect.log'
  ),
  session(
    'after leaseLost nothing is answered',
    "phase: 'Ended',\n      open: { name, kind: 'Stop' },",
    "phase: 'Running',\n      open: { name, kind: 'Stop' },"
  ),
  session(
    'after the end of a shard nothing is answered',
    "return answer(state.open?.kind === 'End' ? { ...state, phase: 'Ended' } : state)",
    'return answer(state)'
  ),
  session(
    'the end of a shard is checkpointed',
    'Checkpoints.afresh(Checkpoints.wantEnd(state.checkpoints))',
    'Checkpoints.afresh(state.checkpoints)'
  ),
  session(
    "KCL 1's ZOMBIE is a lost lease",
    "return leaseLost(state, 'shutdown')",
    "return shutdownRequested(rules, state, 'shutdown', now)"
  ),
  session(
    "KCL 1's TERMINATE is the end of the shard",
    "return shardEnded(rules, state, 'shutdown', now)",
    "return shutdownRequested(rules, state, 'shutdown', now)"
  ),
  session(
    "KCL 1's REQUESTED is a stop",
    "return shutdownRequested(rules, state, 'shutdown', now)",
    "return leaseLost(state, 'shutdown')"
  ),
  session(
    'initialize comes once',
    "case 'Initialize':\n      return unexpected(state, action)",
    "case 'Initialize':\n      return initialize(state, action, now)"
  ),
  session(
    'one action at a time',
    "state.phase !== 'Running' || state.open !== null",
    "state.phase !== 'Running'"
  ),
  session(
    'nothing comes before initialize',
    "action._tag === 'Initialize' ? initialize(state, action, now) : unexpected(state, action)",
    "action._tag === 'Initialize' ? initialize(state, action, now) : answer(state)"
  ),
  session(
    'a halt leaves with 1, whoever closes',
    "if (state.phase === 'Halting') return leave(state, 1)\n  if (state.open !== null)",
    'if (state.open !== null)'
  ),
  session(
    'stdin that ends in an action is no success',
    'if (state.open !== null)\n    return leave(state, 3',
    'if (state.open === null)\n    return leave(state, 3'
  ),
  session(
    'a halt never acknowledges',
    "if (state.phase === 'Halting') return leave(state, 1)\n  return answer(state.open?.kind",
    'return answer(state.open?.kind'
  ),
  session('the exit is final', "if (state.phase === 'Exited') return [state, Effect.none]\n", ''),
  session(
    'the first reason to halt stands',
    "if (state.phase === 'Halting') return [state, Effect.none]\n",
    ''
  ),
  session('a halted session runs nothing', "phase: 'Halting',\n    batch: null,", "phase: 'Halting',")
]
