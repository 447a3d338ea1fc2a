'use strict'
// The parts of the session.
const { broken } = require('../broken')

const backoff = broken('protocol/Backoff')
const progress = broken('core/Progress')
const policy = broken('core/Policy')
const position = broken('protocol/Position')
const decision = broken('core/Decision')

module.exports = [
  backoff('the wait doubles', 'first * 2 **', 'first * 1 **'),
  backoff('the wait is jittered', '(full / 2) * random', '(full / 2) * 0.5'),

  // --- Progress ---
  progress(
    'held failures are not part of the finished prefix',
    'held: isShared ? Chain.replaceLast(held, one) : Chain.add(held, one),',
    'held: isShared ? Chain.replaceLast(held, one) : Chain.add(held, one),\n  watermark: { sequenceNumber, subSequenceNumber, ordinal: finishedCount(progress) + 1 },'
  ),
  progress(
    'the policy begins anew on an empty batch',
    '{ ...progress, policy: rules.advance(progress.policy, Policy.restarted(now)), due',
    '{ ...progress, due'
  ),
  progress(
    'what was due is not due again with the next failure',
    'Chain.add(held, one),\n    due: null',
    'Chain.add(held, one)'
  ),
  progress(
    'the memory of held records is bounded',
    'held !== null && held.length >= KEPT_APART && !held.last.asked',
    'false'
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
    'if (last !== undefined) released = move(rules, released, last, now, last.ordinal - before, last.asked)\n',
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
