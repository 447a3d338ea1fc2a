'use strict'
// The parts of the session.
const { broken } = require('../broken')

const backoff = broken('protocol/Backoff')
const checkpoints = broken('core/Checkpoints')
const progress = broken('core/Progress')
const policy = broken('core/Policy')
const position = broken('protocol/Position')
const decision = broken('core/Decision')

module.exports = [
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
  backoff('the wait doubles', 'first * 2 **', 'first * 1 **'),
  checkpoints('the wait is at most 10 s', 'most: 10_000', 'most: 100_000'),
  backoff('the wait is jittered', '(full / 2) * random', '(full / 2) * 0.5'),
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
    'acknowledged: isMark ? inFlight : state.acknowledged',
    'acknowledged: state.acknowledged'
  ),
  checkpoints(
    'the end of a shard covers everything',
    'covered: isMark ? inFlight.ordinal : finishedCount',
    'covered: isMark ? inFlight.ordinal : state.covered'
  ),
  checkpoints(
    'a throttled checkpoint stays pending',
    'wanted: state.wanted ?? inFlight',
    'wanted: state.wanted'
  ),
  checkpoints('a retry takes the newer position', 'wanted: state.wanted ?? inFlight', 'wanted: inFlight'),
  checkpoints('attempts are counted', 'attempt: state.attempt + 1', 'attempt: 1'),
  checkpoints('a fenced session wants nothing', 'return { ...landed, wanted: null }', 'return landed'),
  checkpoints(
    'a refused request is dropped',
    'return { ...landed, refused: state.refused + 1 }',
    'return { ...landed, wanted: state.wanted ?? inFlight, refused: state.refused + 1 }'
  ),
  checkpoints(
    'refusals are in a row',
    'notBefore: 0,\n    refused: 0',
    'notBefore: 0,\n    refused: state.refused'
  ),
  checkpoints(
    'a newer request outlives the answer',
    'wanted: state.wanted,\n    inFlight: null',
    'wanted: null,\n    inFlight: null'
  ),
  checkpoints(
    'a failed checkpoint is counted',
    'inFlight: null, failed: state.failed + 1',
    'inFlight: null, failed: state.failed'
  ),

  // --- Progress ---
  progress(
    'held failures are not part of the finished prefix',
    'held: Chain.add(progress.held, Pos.make(position.sequenceNumber, position.subSequenceNumber)),',
    'held: Chain.add(progress.held, Pos.make(position.sequenceNumber, position.subSequenceNumber)),\n  watermark: { sequenceNumber: position.sequenceNumber, subSequenceNumber: position.subSequenceNumber, ordinal: finishedCount(progress) + 1 },'
  ),
  progress(
    'the policy begins anew on an empty batch',
    '{ ...progress, policy: rules.advance(progress.policy, Policy.restarted(now)), due',
    '{ ...progress, due'
  ),
  progress(
    'what was due is not due again with the next failure',
    'subSequenceNumber)),\n  due: null',
    'subSequenceNumber))'
  ),
  progress('what was due is not due again on an empty batch', ': { ...progress, due: null }', ': progress'),

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

  // --- what is held ---
  progress(
    'held failures are counted when a record finishes',
    'if (last !== undefined) released = move(rules, released, last, false, now, count)\n',
    ''
  ),
  progress(
    'held failures are over when a record finishes',
    'let released: Progress = { ...progress, held: null, due: null }',
    'let released: Progress = { ...progress, due: null }'
  ),
  progress(
    'the policy begins anew at a record that was due',
    'held: progress.held, policy: rules.advance(policy, Policy.restarted(now)), due: watermark }\n',
    'held: progress.held, policy, due: watermark }\n'
  ),
  progress(
    'a mark has its sub-sequence number',
    'subSequenceNumber: position.subSequenceNumber,\n    ordinal',
    'subSequenceNumber: 0,\n    ordinal'
  ),
  progress(
    'a mark counts the records before it',
    'ordinal: finishedCount(progress) + count\n  }',
    'ordinal: finishedCount(progress) + count - 1\n  }'
  )
]
