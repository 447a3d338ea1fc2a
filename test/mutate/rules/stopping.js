'use strict'
// Fenced, draining, ending, halting.
const { broken } = require('../broken')

const dialogue = broken('core/Dialogue')
const records = broken('core/Records')
const session = broken('core/Session')
const shard = broken('core/State')

module.exports = [
  // --- fenced ---
  dialogue('a ShutdownException fences', 'fenced: true,', 'fenced: state.fenced,'),
  dialogue(
    'a fenced session drops the rest of its batch',
    'fenced: true,\n    batch: null,',
    'fenced: true,\n    batch: state.batch,'
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
  dialogue(
    'a fenced session halts without a checkpoint',
    "if (state.phase === 'Halting') return leave(shut, 1)\n",
    ''
  ),

  // --- draining ---
  dialogue(
    'a batch is over when the session leaves',
    "{ ...state, phase: 'Exited', batch: null }",
    "{ ...state, phase: 'Exited' }"
  ),
  records(
    'a drain checkpoints the watermark',
    'complete({ ...state, passed, checkpoints: atWatermark(state) }, now)',
    'complete({ ...state, passed }, now)'
  ),
  session(
    'a shard with records that were passed is not ended',
    'if (state.passed > 0)',
    'if (state.passed < 0)'
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
  dialogue(
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
  dialogue(
    'a halt never acknowledges',
    "if (state.phase === 'Halting') return leave(state, 1)\n  return answer(state.open?.kind",
    'return answer(state.open?.kind'
  ),
  session('the exit is final', "if (state.phase === 'Exited') return [state, Effect.none]\n", ''),
  dialogue(
    'the first reason to halt stands',
    "if (state.phase === 'Halting') return [state, Effect.none]\n",
    ''
  ),
  dialogue('a halted session runs nothing', "phase: 'Halting',\n    batch: null,", "phase: 'Halting',"),

  // --- with a batch open ---
  dialogue(
    'a fenced session acknowledges the batch',
    "answer(state.open?.kind === 'End' ? { ...shut, phase: 'Ended' } : shut, callOff(batch))",
    '[shut, callOff(batch)]'
  ),
  dialogue(
    'a fenced session takes no further action after the end of the shard',
    "answer(state.open?.kind === 'End' ? { ...shut, phase: 'Ended' } : shut, callOff(batch))",
    'answer(shut, callOff(batch))'
  ),
  shard(
    'a draining session begins no further record',
    'state.batch !== null && !state.draining ? Batch.next(state.batch) : -1',
    'state.batch !== null ? Batch.next(state.batch) : -1'
  ),
  records(
    'a draining session answers when what is at work has ended',
    'if (state.draining) return drained(state, now)\n',
    ''
  ),
  session(
    'a draining session begins no further batch',
    'if (state.draining) return Records.drained({ ...opened, batch }, now)\n',
    ''
  ),
  session(
    'a drain acknowledges the open batch at once',
    'return Records.drained({ ...state, draining: true }, input.now)',
    'return [{ ...state, draining: true }, Effect.none]'
  ),
  records(
    'a drain lets what is at work end',
    'if (batch === null || !Batch.isIdle(batch)) return ignored(state)',
    'if (batch === null) return ignored(state)'
  ),
  records(
    'records that are passed are counted',
    'const passed = state.passed + Batch.unfinished(batch)\n  return complete',
    'const { passed } = state\n  return complete'
  )
]
