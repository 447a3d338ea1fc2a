'use strict'
// Each rule of the fold, broken once: the text in src/core, what takes its place, and the rule that is gone.

const broken = (file) => (rule, find, put) => ({ file: `src/core/${file}.ts`, rule, find, put })

const session = broken('Session')
const checkpoints = broken('Checkpoints')
const progress = broken('Progress')
const policy = broken('Policy')
const position = broken('Position')
const decision = broken('Decision')

const mutations = [
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
  session(
    'halt checkpoints what is finished',
    'checkpoints: Checkpoints.afresh(atWatermark(state))\n  }\n  return after(',
    'checkpoints: Checkpoints.afresh(state.checkpoints)\n  }\n  return after('
  ),
  session(
    'a checkpoint names the record that was due, not the last',
    'progress.due === null ? state.checkpoints : Checkpoints.want(state.checkpoints, progress.due),\n    batch',
    'progress.due === null ? state.checkpoints : atWatermark({ ...state, progress }),\n    batch'
  ),
  session(
    'a record that is due is asked for',
    'progress.due === null ? state.checkpoints : Checkpoints.want(state.checkpoints, progress.due),\n    batch',
    'state.checkpoints,\n    batch'
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
  session(
    'nothing is written between actions when time passes',
    'return state.open === null ? [state, Effect.none] : flush(state, now)\n}\n\n// --- actions',
    'return flush(state, now)\n}\n\n// --- actions'
  ),
  session(
    'nothing is written between actions when an answer comes',
    'return state.open === null ? [state, Effect.none] : flushOrWait(state, now)',
    'return flushOrWait(state, now)'
  ),
  session(
    'a halt between actions writes nothing',
    "state.open === null || state.open.kind === 'End' ? leave",
    "state.open?.kind === 'End' ? leave"
  ),
  session(
    'a halt at the end of a shard writes nothing',
    "state.open === null || state.open.kind === 'End' ? leave",
    'state.open === null ? leave'
  ),
  session(
    'the checkpoint leaves before the status',
    'const [sent, effects] = flush({ ...state, batch: null }, now)\n  return answer(sent, effects)',
    'const [said, status] = answer({ ...state, batch: null })\n  const [sent, effects] = flush(said, now)\n  return [sent, [...status, ...effects]]'
  ),
  session(
    'what is due leaves with the batch',
    'const [sent, effects] = flush({ ...state, batch: null }, now)\n  return answer(sent, effects)',
    'return answer({ ...state, batch: null }, now === 0 ? [] : Effect.none)'
  ),
  session(
    'an action is answered once',
    '[{ ...state, open: null }, [...before, Effect.write(Reply.status(state.open.name))]]',
    '[state, [...before, Effect.write(Reply.status(state.open.name))]]'
  ),
  session(
    'a batch is answered when it is done, not before',
    'batch.next + 1 === batch.records.length ? complete',
    'batch.next + 1 >= batch.records.length - 1 ? complete'
  ),
  session(
    'a slow batch is checkpointed in the middle',
    'return state.open === null ? [state, Effect.none] : flush(state, now)\n}\n\n// --- actions',
    'return [state, Effect.none]\n}\n\n// --- actions'
  ),
  session(
    'an answer lets the next checkpoint go',
    'return state.open === null ? [state, Effect.none] : flushOrWait(state, now)',
    'return [state, Effect.none]'
  ),

  // --- errors of a checkpoint ---
  session(
    'a throttled checkpoint in a batch is tried again within it',
    '? [state, [Effect.wait(state.checkpoints.notBefore)]]\n    : flush',
    '? [state, Effect.none]\n    : flush'
  ),
  session(
    'a stop is not acknowledged before the answer',
    'if (inFlight !== null) return [state, Effect.none]',
    "if (inFlight !== null && state.open?.kind !== 'Stop') return [state, Effect.none]"
  ),
  session(
    'the end of a shard is not acknowledged before the answer',
    'if (inFlight !== null) return [state, Effect.none]',
    "if (inFlight !== null && state.open?.kind !== 'End') return [state, Effect.none]"
  ),
  session(
    'a halt waits for the answer',
    'if (inFlight !== null) return [state, Effect.none]',
    "if (inFlight !== null && state.phase !== 'Halting') return [state, Effect.none]"
  ),
  session(
    'retries end at the deadline',
    'if (attempt > 0 && now >= state.until) return giveUp(state)',
    'if (attempt > 0 && now > state.until + 1_000_000_000) return giveUp(state)'
  ),
  session(
    'retries end at the deadline, not later',
    'if (attempt > 0 && now >= state.until) return giveUp(state)',
    'if (attempt > 0 && now > state.until) return giveUp(state)'
  ),
  session(
    'a checkpoint is tried once, whatever the deadline',
    'if (attempt > 0 && now >= state.until) return giveUp(state)',
    'if (now >= state.until) return giveUp(state)'
  ),
  session(
    'a retry waits for no longer than the deadline',
    'Effect.wait(Math.min(notBefore, state.until))',
    'Effect.wait(notBefore)'
  ),
  session(
    'a retry of a stop is waited for',
    '[state, [Effect.wait(Math.min(notBefore, state.until))]]',
    '[state, Effect.none]'
  ),
  session(
    'a stop that gave up asks for its checkpoint no more',
    'answer({ ...state, checkpoints: Checkpoints.forget(state.checkpoints) })\n  )',
    'answer(state)\n  )'
  ),
  session(
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
  session(
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
  session(
    'a refused end of a shard is not acknowledged',
    "case 'End':\n      return leave(state, 1, 'the checkpoint that ends the shard was refused; leaving without a status')",
    "case 'End':\n      return answer(state)"
  ),
  session(
    'a refused checkpoint at a stop is acknowledged',
    "case 'Stop':\n      return pursue(state, now)",
    "case 'Stop':\n      return leave(state, 1)"
  ),
  session(
    'refusals in a row halt',
    'state.checkpoints.refused >= MAX_REFUSED',
    'state.checkpoints.refused > 1_000'
  ),
  session(
    'the fifth refusal halts, not the sixth',
    'state.checkpoints.refused >= MAX_REFUSED',
    'state.checkpoints.refused > MAX_REFUSED'
  ),
  session(
    'a refused checkpoint does not take the newer one with it',
    ': resume(state, now)\n  }',
    ": state.phase === 'Halting' ? leave(state, 1) : [state, Effect.none]\n  }"
  ),
  session(
    'an answer to what was not asked ends the session',
    'if (!Checkpoints.answers(state.checkpoints, action))',
    'if (state.checkpoints.inFlight === null)'
  ),

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
  session('a halted session runs nothing', "phase: 'Halting',\n    batch: null,", "phase: 'Halting',"),

  // --- records ---
  session(
    'a record has one outcome, in its turn',
    'index === next(state) ? state.batch?.records[index]',
    'index >= 0 ? state.batch?.records[index]'
  ),
  session(
    'nothing runs while a dead letter is written',
    'state.batch !== null && state.batch.burying === null ?',
    'state.batch !== null ?'
  ),
  session('a letter is for the record that waits for it', '|| index !== batch.next ||', '|| index < 0 ||'),
  session(
    'a letter that nobody asked for is not heard',
    'batch === null || batch.burying === null || index',
    'batch === null || index'
  ),
  session(
    'a letter that cannot be written halts',
    'if (problem !== null)\n',
    'if (problem !== null && now < 0)\n'
  ),
  session(
    'a rejected record is finished only when its letter is on disk',
    'return [burying(state, failure !== null), [Effect.bury(state.batch?.next ?? 0, letter)]]',
    'return after([Effect.bury(state.batch?.next ?? 0, letter)], setAside(rules, state, record, failure !== null, now))'
  ),
  session(
    'then: halt halts',
    "case 'halt':\n      return halt(rules, state, now, `${reason}",
    "case 'halt':\n      if (now >= 0) return finish(rules, state, record, false, now)\n      return halt(rules, state, now, `${reason}"
  ),
  session(
    'then: skip does not bury',
    "case 'skip':\n      return after(",
    "case 'skip':\n      if (now >= 0) return [burying(state, false), [Effect.bury(0, letterOf(rules, record, reason, failure, now))]]\n      return after("
  ),
  session(
    'garbage is a failure, never an ack',
    "case 'Invalid':\n      return failed(",
    "case 'Invalid':\n      return now >= 0 ? finish(rules, state, record, false, now) : failed("
  ),
  session(
    'garbage is a failure, not a reject',
    "Failure.make('TypeError', decision.reason), now)",
    'null, now)'
  ),
  session('a forgotten return is warned of once', 'if (state.warned) return [done, effects]\n', ''),
  session(
    'skipped records are counted',
    'finish(rules, { ...state, skipped: state.skipped + 1 }, record, false, now)',
    'finish(rules, state, record, false, now)'
  ),
  session(
    'a handler can ask for a checkpoint',
    "case 'Checkpoint':\n      return finish(rules, state, record, true, now)",
    "case 'Checkpoint':\n      return finish(rules, state, record, false, now)"
  ),
  session(
    'what a crash brings again leaves out what is covered',
    'handledCount(state) - state.checkpoints.covered',
    'handledCount(state)'
  ),
  session(
    'failures that are held would come again',
    'Progress.finishedCount(state.progress) + state.progress.held.length',
    'Progress.finishedCount(state.progress)'
  ),

  // --- the breaker ---
  session(
    'failures in a row halt',
    'held.length + 1 >= rules.breaker',
    'held.length + 1 >= rules.breaker + 1'
  ),
  session(
    'a breaker of 0 is off',
    'failure !== null && rules.breaker > 0 && held',
    'failure !== null && held'
  ),
  session(
    'rejects trip no breaker',
    'failure !== null && rules.breaker > 0 && held',
    'rules.breaker > 0 && held'
  ),
  session(
    'failures are held back from checkpoints',
    'failure && rules.breaker > 0\n',
    'failure && rules.breaker > 1_000_000\n'
  ),
  session('rejects are not held back', 'failure && rules.breaker > 0\n', 'rules.breaker > 0\n'),
  session('without a breaker nothing is held back', 'failure && rules.breaker > 0\n', 'failure\n'),
  session('a dead letter of a failure is held back too', 'burying: { held } }', 'burying: { held: false } }'),

  // --- Checkpoints ---
  checkpoints('none at or below the acknowledged one', '!above(mark, state.acknowledged) || ', ''),
  checkpoints('none at or below the one in flight', '!above(mark, state.inFlight) || ', ''),
  checkpoints('none below the one that is wanted', ' || !above(mark, state.wanted)', ''),
  checkpoints(
    'equal is not above',
    'Position.compare(mark, other) > 0',
    'Position.compare(mark, other) >= 0'
  ),
  checkpoints(
    'newer requests coalesce into one',
    ': { ...state, wanted: mark, coalesced',
    ': state.wanted !== null ? state : { ...state, wanted: mark, coalesced'
  ),
  checkpoints('one in flight', 'state.wanted !== null && state.inFlight === null', 'state.wanted !== null'),
  checkpoints('a pause is kept', ' && now >= state.notBefore', ''),
  checkpoints('a pause ends at its time', 'now >= state.notBefore', 'now > state.notBefore'),
  checkpoints(
    'the end of a shard carries no number',
    "Reply.checkpoint(state.wanted === 'End' ? null : state.wanted)",
    "Reply.checkpoint(state.wanted === 'End' ? state.acknowledged : state.wanted)"
  ),
  checkpoints(
    'a new reason waits for no pause',
    'attempt: 0, notBefore: 0 })\n\nexport const sendable',
    'attempt: 0 })\n\nexport const sendable'
  ),
  checkpoints(
    'a new reason counts its attempts anew',
    '({ ...state, attempt: 0, notBefore: 0 })',
    '({ ...state, notBefore: 0 })'
  ),
  checkpoints('ShutdownException fences', "return 'Fenced'", "return 'Retry'"),
  checkpoints('IllegalArgumentException is not retried', "case 'IllegalArgumentException':\n", ''),
  checkpoints('InvalidStateException is not retried', "case 'InvalidStateException':\n", ''),
  checkpoints(
    'a name we do not know may pass later',
    "default:\n      return 'Retry'",
    "default:\n      return 'Refused'"
  ),
  checkpoints('the pause doubles', 'FIRST_BACKOFF * 2 **', 'FIRST_BACKOFF * 1 **'),
  checkpoints('the pause is at most 10 s', 'Math.min(MAX_BACKOFF, ', 'Math.max(0, '),
  checkpoints('the pause is jittered', '(full / 2) * random', '(full / 2) * 0.5'),
  checkpoints(
    'an answer echoes the sub-sequence number',
    '(subSequenceNumber === null || subSequenceNumber === state.inFlight.subSequenceNumber)',
    'true'
  ),
  checkpoints(
    'an answer echoes the sequence number',
    'sequenceNumber === state.inFlight.sequenceNumber &&',
    'sequenceNumber !== null &&'
  ),
  checkpoints(
    'what is acknowledged is remembered',
    "acknowledged: inFlight === null || inFlight === 'End' ? state.acknowledged : inFlight",
    'acknowledged: state.acknowledged'
  ),
  checkpoints(
    'the end of a shard covers everything',
    "covered: inFlight === null || inFlight === 'End' ? finishedCount : inFlight.ordinal",
    "covered: inFlight === null || inFlight === 'End' ? state.covered : inFlight.ordinal"
  ),
  checkpoints(
    'a throttled checkpoint stays pending',
    'wanted: state.wanted ?? inFlight',
    'wanted: state.wanted'
  ),
  checkpoints('a retry takes the newer position', 'wanted: state.wanted ?? inFlight', 'wanted: inFlight'),
  checkpoints('attempts are counted', 'attempt: state.attempt + 1', 'attempt: 1'),
  checkpoints(
    'a fenced session wants nothing',
    '{ ...landed, wanted: null, failed: state.failed + 1 }',
    '{ ...landed, failed: state.failed + 1 }'
  ),
  checkpoints(
    'a refused request is dropped',
    '{ ...landed, refused: state.refused + 1',
    '{ ...landed, wanted: state.wanted ?? inFlight, refused: state.refused + 1'
  ),
  checkpoints('refusals are in a row', 'notBefore: 0,\n        refused: 0', 'notBefore: 0'),

  // --- Progress ---
  progress(
    'held failures are not part of the finished prefix',
    'held: [...progress.held, Pos.make(position.sequenceNumber, position.subSequenceNumber)],',
    'held: [...progress.held, Pos.make(position.sequenceNumber, position.subSequenceNumber)],\n  watermark: { sequenceNumber: position.sequenceNumber, subSequenceNumber: position.subSequenceNumber, ordinal: finishedCount(progress) + 1 },'
  ),
  progress(
    'held failures are counted when a record finishes',
    'for (const held of progress.held) {',
    'for (const held of nobody) {'
  ),
  progress(
    'held failures are over when a record finishes',
    'return { watermark, held: nobody, policy, due }',
    'return { watermark, held: progress.held, policy, due }'
  ),
  progress(
    'the policy begins anew at a held record that was due',
    'ordinal }\n      policy = rules.advance(policy, Policy.restarted(now))',
    'ordinal }'
  ),
  progress(
    'the policy begins anew at a record that was due',
    'due = watermark\n    policy = rules.advance(policy, Policy.restarted(now))',
    'due = watermark'
  ),
  progress(
    'the policy begins anew on an empty batch',
    '{ ...progress, policy: rules.advance(progress.policy, Policy.restarted(now)), due',
    '{ ...progress, due'
  ),
  progress(
    'what was due is not due again with the next failure',
    'subSequenceNumber)],\n  due: null',
    'subSequenceNumber)]'
  ),
  progress('what was due is not due again on an empty batch', ': { ...progress, due: null }', ': progress'),
  progress(
    'a mark has its sub-sequence number',
    'subSequenceNumber: position.subSequenceNumber,\n    ordinal: ordinal + 1',
    'subSequenceNumber: 0,\n    ordinal: ordinal + 1'
  ),
  progress('a mark counts the records before it', 'ordinal: ordinal + 1\n', 'ordinal: ordinal + 2\n'),

  // --- Policy ---
  policy('the count is reached at its limit', 'state.count >= policy.count', 'state.count > policy.count'),
  policy(
    'the interval is reached at its limit',
    'now - state.since >= policy.interval',
    'now - state.since > policy.interval'
  ),
  policy('a count of 0 is off', 'policy.count > 0 && ', ''),
  policy('an interval of 0 is off', 'policy.interval > 0 && ', ''),
  policy(
    'interval or count, not both',
    '(policy.count > 0 && state.count >= policy.count) ||\n',
    '(policy.count > 0 && state.count >= policy.count) &&\n'
  ),
  policy('a record that asked is due', 'state.asked ||\n', ''),
  policy('manual: false ignores the wish', 'event.asked && policy.manual', 'event.asked'),
  policy('a wish is kept until the policy begins anew', 'asked: state.asked || (event', 'asked: (event'),
  policy('the count begins anew', 'return initial(event.now)', 'return { ...state, since: event.now }'),
  policy(
    'the interval begins anew',
    'return initial(event.now)',
    'return { ...state, count: 0, asked: false }'
  ),

  // --- Position and Decision ---
  position('longer numbers are greater', 'a.length !== b.length ?', 'a.length < 0 ?'),
  position(
    'aggregated records are ordered within',
    'if (bySequence !== 0) return bySequence\n',
    'return bySequence\n'
  ),
  position('a sequence number is canonical', '0|[1-9][0-9]*', '[0-9]+'),
  decision(
    'null is no ack',
    'if (value === undefined) return forgotten',
    'if (value === undefined || value === null) return forgotten'
  ),
  decision('a promise is no ack', "if (typeof then === 'function')", "if (typeof then === 'number')"),
  decision(
    "kclpy's true asks for a checkpoint",
    'if (value === true) return asked',
    'if (value === true) return acked'
  ),
  decision(
    'a hostile object is a failure, not a throw',
    'return invalid(`the handler returned an object that cannot be read; ${EXPECTED}`)',
    'throw new TypeError(EXPECTED)'
  ),
  decision(
    'outputs that nothing can deliver are no ack',
    'if (outputs !== undefined &&',
    'if (outputs === 0 &&'
  )
]

/** Some of every kind, for a quick check that the machinery works. */
const sample = (size) => {
  const every = Math.floor(mutations.length / size)
  return mutations.filter((_, index) => index % every === 0).slice(0, size)
}

module.exports = { mutations, sample }
