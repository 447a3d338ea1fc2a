'use strict'
// What is checkpointed, when it may be written, and what its errors mean.
const { broken } = require('../broken')

const dialogue = broken('core/Dialogue')
const records = broken('core/Records')
const session = broken('core/Session')

module.exports = [
  // --- which checkpoint ---
  session(
    'shutdownRequested checkpoints what is finished',
    'rules.onShutdown ? atWatermark(state) : state.checkpoints',
    'state.checkpoints'
  ),
  session(
    'onShutdown: false checkpoints only what was due',
    'rules.onShutdown ? atWatermark(state) : state.checkpoints',
    'atWatermark(state)'
  ),
  dialogue(
    'halt checkpoints what is finished',
    'checkpoints: Checkpoints.afresh(atWatermark(state))\n  }\n  return after(',
    'checkpoints: Checkpoints.afresh(state.checkpoints)\n  }\n  return after('
  ),
  session(
    'the policy is evaluated on empty batches',
    'const progress = Progress.idle(rules.progress, state.progress, now)',
    'const progress = { ...state.progress, due: null }'
  ),
  session(
    'the interval counts from initialize',
    'progress: Progress.initial(now),',
    'progress: state.progress,'
  ),
  session(
    'a session resumes after the position it is given',
    'Checkpoints.initial(from)',
    'Checkpoints.initial(null)'
  ),
  session(
    'a position given with a sub-sequence number keeps it',
    'Position.make(sequenceNumber, subSequenceNumber ?? 0)',
    'Position.make(sequenceNumber, 0)'
  ),
  session(
    'TRIM_HORIZON and the like are no positions',
    'sequenceNumber !== null && Position.isSequenceNumber(sequenceNumber)',
    'sequenceNumber !== null'
  ),

  // --- when something may be written ---
  dialogue(
    'nothing is written between actions when an answer comes',
    'return state.open === null ? [state, Effect.none] : flushOrWait(state, now)',
    'return flushOrWait(state, now)'
  ),
  dialogue(
    'a halt between actions writes nothing',
    "state.open === null || state.open.kind === 'End' ? leave",
    "state.open?.kind === 'End' ? leave"
  ),
  dialogue(
    'a halt at the end of a shard writes nothing',
    "state.open === null || state.open.kind === 'End' ? leave",
    'state.open === null ? leave'
  ),
  records(
    'the checkpoint leaves before the status',
    'const [sent, effects] = flush(moved(state, null, state.progress, state.checkpoints), now)\n  return answer(sent, effects)',
    'const [said, status] = answer({ ...state, batch: null })\n  const [sent, effects] = flush(said, now)\n  return [sent, [...status, ...effects]]'
  ),
  records(
    'what is due leaves with the batch',
    'const [sent, effects] = flush(moved(state, null, state.progress, state.checkpoints), now)\n  return answer(sent, effects)',
    'return answer({ ...state, batch: null }, now === 0 ? [] : Effect.none)'
  ),
  dialogue(
    'an action is answered once',
    'moved(state, state.batch, state.progress, state.checkpoints, null),\n    before',
    'state,\n    before'
  ),
  dialogue(
    'an answer lets the next checkpoint go',
    'return state.open === null ? [state, Effect.none] : flushOrWait(state, now)',
    'return [state, Effect.none]'
  ),

  // --- errors of a checkpoint ---
  dialogue(
    'a stop is not acknowledged before the answer',
    'if (inFlight !== null) return [state, Effect.none]',
    "if (inFlight !== null && state.open?.kind !== 'Stop') return [state, Effect.none]"
  ),
  dialogue(
    'the end of a shard is not acknowledged before the answer',
    'if (inFlight !== null) return [state, Effect.none]',
    "if (inFlight !== null && state.open?.kind !== 'End') return [state, Effect.none]"
  ),
  dialogue(
    'a halt waits for the answer',
    'if (inFlight !== null) return [state, Effect.none]',
    "if (inFlight !== null && state.phase !== 'Halting') return [state, Effect.none]"
  ),
  dialogue(
    'retries end at the deadline',
    'if (attempt > 0 && now >= state.until) return giveUp(state)',
    'if (attempt > 0 && now > state.until + 1_000_000_000) return giveUp(state)'
  ),
  dialogue(
    'retries end at the deadline, not later',
    'if (attempt > 0 && now >= state.until) return giveUp(state)',
    'if (attempt > 0 && now > state.until) return giveUp(state)'
  ),
  dialogue(
    'a checkpoint is tried once, whatever the deadline',
    'if (attempt > 0 && now >= state.until) return giveUp(state)',
    'if (now >= state.until) return giveUp(state)'
  ),
  dialogue(
    'a retry waits for no longer than the deadline',
    'Effect.wait(Math.min(notBefore, state.until))',
    'Effect.wait(notBefore)'
  ),
  dialogue(
    'a retry of a stop is waited for',
    '[state, [Effect.wait(Math.min(notBefore, state.until))]]',
    '[state, Effect.none]'
  ),
  dialogue(
    'a stop that gave up asks for its checkpoint no more',
    'answer({ ...state, checkpoints: Checkpoints.forget(state.checkpoints) })\n  )',
    'answer(state)\n  )'
  ),
  dialogue(
    'the end of a shard that gave up is not acknowledged',
    "if (state.open?.kind === 'End')\n    return leave(\n      state,\n      1,\n      'the checkpoint that ends the shard failed",
    "if (state.open?.kind === 'End' && state.fenced)\n    return leave(\n      state,\n      1,\n      'the checkpoint that ends the shard failed"
  ),
  session(
    'a shard that ends has its own deadline',
    'until: now + rules.shardEndDeadline',
    'until: now + rules.shutdownDeadline'
  ),
  session(
    'a stop has its own deadline',
    "open: { name, kind: 'Stop' }, until: now + rules.shutdownDeadline",
    "open: { name, kind: 'Stop' }, until: now + rules.shardEndDeadline"
  ),
  dialogue(
    'a halt has the deadline of a stop',
    'batch: null,\n    until: now + rules.shutdownDeadline',
    'batch: null,\n    until: now + rules.shardEndDeadline'
  ),
  session(
    'a stop waits for no older pause',
    'return pursue({ ...opened, checkpoints: Checkpoints.afresh(checkpoints) }, now)',
    'return pursue({ ...opened, checkpoints }, now)'
  ),
  session(
    'the end of a shard waits for no older pause',
    'checkpoints: Checkpoints.afresh(Checkpoints.wantEnd(state.checkpoints))',
    'checkpoints: Checkpoints.wantEnd(state.checkpoints)'
  ),
  dialogue(
    'a refused end of a shard is not acknowledged',
    "case 'End':\n      return leave(state, 1, 'the checkpoint that ends the shard was refused; leaving without a status')",
    "case 'End':\n      return answer(state)"
  ),
  dialogue(
    'a refused checkpoint at a stop is acknowledged',
    'which may pass.\n      return pursue(state, now)',
    'which may pass.\n      return leave(state, 1)'
  ),
  dialogue(
    'refusals in a row halt',
    'state.checkpoints.refused >= MAX_REFUSED',
    'state.checkpoints.refused > 1_000'
  ),
  dialogue(
    'the fifth refusal halts, not the sixth',
    'state.checkpoints.refused >= MAX_REFUSED',
    'state.checkpoints.refused > MAX_REFUSED'
  ),
  dialogue(
    'a refused checkpoint does not take the newer one with it',
    ': resume(state, now)\n  }',
    ": state.phase === 'Halting' ? leave(state, 1) : [state, Effect.none]\n  }"
  ),
  dialogue(
    'an answer to what was not asked ends the session',
    'if (!Checkpoints.answers(state.checkpoints, action))',
    'if (state.checkpoints.inFlight === null)'
  ),

  // --- what is due, and within a batch ---
  records(
    'a checkpoint names the record that was due, not the last',
    'progress.due === null ? state.checkpoints : Checkpoints.want(state.checkpoints, progress.due)',
    'progress.due === null ? state.checkpoints : atWatermark({ ...state, progress: { ...progress, watermark: { ...progress.due, ordinal: progress.due.ordinal + 1 } } })'
  ),
  records(
    'a record that is due is asked for',
    'progress.due === null ? state.checkpoints : Checkpoints.want(state.checkpoints, progress.due)',
    'state.checkpoints'
  ),
  session(
    'nothing is written between actions when time passes',
    'return state.open === null ? [state, Effect.none] : Records.ticked(rules, state, now)',
    'return Records.ticked(rules, state, now)'
  ),
  records(
    'a batch is answered when it is done, not before',
    'if (Batch.isFinished(batch)) return complete(state, now)',
    'if (batch.prefix + 1 >= batch.records.length) return complete(state, now)'
  ),
  records(
    'a slow batch is checkpointed in the middle',
    'reached.batch === null ? [reached, effects] : after(effects, flushOrWait(reached, now))',
    '[reached, effects]'
  ),
  dialogue(
    'a throttled checkpoint in a batch is tried again within it',
    'checkpoints.wanted !== null && checkpoints.inFlight === null ? checkpoints.notBefore : Infinity',
    'Infinity'
  )
]
