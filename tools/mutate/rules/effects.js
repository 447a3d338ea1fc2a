'use strict'
// Handlers that are effects, groups of records, and outputs.
const { broken } = require('../broken')

const batch = broken('core/Batch')
const dialogue = broken('core/Dialogue')
const keys = broken('core/Keys')
const records = broken('core/Records')
const runner = broken('run/Runner')
const current = broken('run/Current')

module.exports = [
  // --- who may run ---
  keys('the records of one key run one after the other', 'else following[before] = i', 'else heads.push(i)'),
  batch(
    'no more handlers are at work than concurrency says',
    'flight.atWork >= limits.concurrency',
    'flight.atWork > limits.concurrency'
  ),
  batch(
    'no more outputs are under way than undelivered says',
    'flight.running + flight.delivering >= limits.undelivered',
    'flight.running + flight.delivering > limits.undelivered'
  ),
  batch(
    'a record whose outputs are under way does not hold its key',
    'handled(batch, index, Stages.toDelivering(asked))',
    '((draft) => moved(batch, batch.prefix, go(batch, draft, index, Stages.toDelivering(asked)), draft))(draftOf(batch))'
  ),
  batch(
    'a record is released once',
    'following < 0 || Stages.get(draft.stages, following) !== undefined',
    'following < 0'
  ),
  batch('the earlier of two that are free is first', 'least < fresh', 'least > fresh'),
  records(
    'only a record whose turn it is may begin',
    'isKnown || !isTurnOf(state, indices)',
    'isKnown || indices.length === 0'
  ),

  // --- what is printed ---
  runner('what is printed in a call is about its record', 'this.#called = index', 'this.#called = 0'),
  current('what is printed after a call is about no record', 'called = null\n}', 'called ??= null\n}'),
  current('what an effect prints later is about its record', 'followed.run(speaker, run)', 'run()'),

  // --- what is finished ---
  batch(
    'progress is the longest finished prefix',
    'const stage = stageOf(batch, batch.prefix + settled.length)',
    "const stage = stageOf(batch, batch.prefix + settled.length) ?? { _tag: 'Done' as const, asked: false, run: 0 }"
  ),
  records(
    'a record is finished only when its outputs are delivered',
    'if (outputs.length === 0) return finish(',
    'if (outputs.length >= 0) return finish('
  ),
  records(
    'an answer is for the attempt that gives it',
    'attempt?.ticket === ticket ?',
    'attempt !== undefined ?'
  ),
  records(
    'a delivery that nobody waits for is not heard',
    "if (stage?._tag === 'Delivering') batch = Batch.finish(batch, index, stage.asked)",
    'if (stage !== undefined) batch = Batch.finish(batch, index, false)'
  ),
  records(
    'or makes its record a dead letter, whatever the failure policy says',
    "failed({ ...rules, onFailure: 'dead-letter' }, state",
    'failed(rules, state'
  ),

  // --- retries and deadlines ---
  records(
    'a handler is tried again as often as retries says',
    'attempt.attempt <= rules.retries',
    'attempt.attempt < rules.retries'
  ),
  records('and no more often', 'attempt.attempt <= rules.retries', 'attempt.attempt <= rules.retries + 1'),
  records('what is no effect is not tried again', 'input.retry && ', ''),
  records('the wait doubles', 'attempt.attempt, random)', '1, random)'),
  records('the wait is jittered', 'attempt.attempt, random)', 'attempt.attempt, 1)'),
  records('the wait has an end', 'most: MAX_RETRY_WAIT', 'most: Infinity'),
  batch('an attempt has a deadline', 'oldest.until > now', 'oldest.until > 0'),
  batch('a retry begins when it is due', 'Retries.take(retrying, now,', 'Retries.take(retrying, Infinity,'),
  batch('the session is woken for a retry', 'Retries.nextDeadline(retrying),', 'Infinity,'),
  batch('the session is woken for a deadline', 'Flight.oldest(batch.flight)?.until ?? Infinity', 'Infinity'),
  records(
    'an attempt that is late is told to stop',
    'effects.push(Effect.abort(ticket), ...more)',
    'effects.push(...more)'
  ),

  // --- groups ---
  batch(
    'a record that failed in a group runs by itself',
    'if (isAlone(batch, lowest)) return [lowest]\n',
    ''
  ),
  batch('a record that runs by itself begins by itself', 'if (isAlone(batch, lowest)) return [lowest]\n', ''),
  records('and once', ' && !Batch.isAlone(batch, index)', ''),
  records(
    'a group that failed for good is taken apart',
    'attempt !== null && Batch.left(batch, attempt) > 1',
    'attempt !== null && Batch.left(batch, attempt) > 1e9'
  ),
  batch('the order of a key holds when its group failed', 'if (isFirst) draft.retrying', 'draft.retrying'),
  batch('a group has so many records at most', 'Math.min(limit.count, ', 'Math.min(limit.count + 1, '),
  batch('a group has so many bytes at most', 'bytes > limit.bytes', 'bytes < 0'),

  // --- the end ---
  dialogue('handlers at work are told of the end', '...Batch.tickets(batch).map(Effect.abort),\n', ''),
  dialogue(
    'outputs under way are called back',
    'Batch.isDelivering(batch) ? [Effect.recall] : Effect.none',
    'Effect.none'
  )
]
