'use strict'
// What becomes of records, and the breaker.
const { broken } = require('../broken')

const finishing = broken('core/Finishing')
const records = broken('core/Records')
const shard = broken('core/State')
const batch = broken('core/Batch')
const streak = broken('core/Streak')

module.exports = [
  // --- records ---
  records(
    'a letter that cannot be written halts',
    'if (problem !== null)\n',
    'if (problem !== null && now < 0)\n'
  ),
  records(
    'then: skip does not bury',
    "case 'skip':\n      return after(",
    "case 'skip':\n      if (now >= 0) return [{ ...state, batch: Batch.bury(batch, index, false, reason) }, [Effect.bury(index, letterOf(rules, record, reason, failure, now))]]\n      return after("
  ),
  records(
    'garbage is a failure, never an ack',
    'failed(rules, state, one, decision.reason, Failure.make(',
    "now >= 0 ? concluded(rules, state, one, { _tag: 'Ack', outputs: [] }, now) : failed(rules, state, one, decision.reason, Failure.make("
  ),
  // --- the filter ---
  broken('core/Filter')(
    'a record without a timestamp is never too old',
    'at !== null && now() - at',
    'now() - (at ?? 0)'
  ),
  broken('core/Filter')(
    'exclude wins',
    'if (exclude !== null && matches(exclude, partitionKey)) return EXCLUDED\n',
    ''
  ),
  broken('core/Glob')(
    'the end of a pattern does not overlap its beginning',
    'text.length < first.length + last.length || ',
    ''
  ),
  records(
    'a dropped record says nothing of the failures before it',
    'passOver(rules, { ...state, skipped: state.skipped + 1 }, batch, index, now)',
    'finish(rules, { ...state, skipped: state.skipped + 1 }, batch, index, now)'
  ),
  finishing(
    'no checkpoint passes a failure because of a dropped record behind it',
    'batch.flight === null && state.progress.held === null\n',
    'batch.flight === null\n'
  ),
  broken('run/Sieve')(
    'a record that the handler has had is not dropped',
    'if (this.#passed.has(index)) return null\n',
    ''
  ),

  records('a forgotten return is warned of once', 'if (state.warned) return [done, effects]\n', ''),
  shard(
    'failures that are held would come again',
    'Progress.finishedCount(state.progress) + Progress.heldCount(state.progress)',
    'Progress.finishedCount(state.progress)'
  ),

  // --- rows ---
  records(
    'a row releases the failures that were held before it',
    'isAck ? endStreak(rules, state, now) : state',
    'state'
  ),
  records(
    'a row counts each of its records',
    'Progress.finishPlain(rules.progress, recovered.progress, count, last, now)',
    'Progress.finishPlain(rules.progress, recovered.progress, 1, last, now)'
  ),
  records(
    'a row ends at its last record',
    'const last = batch?.records.at(index + count - 1)',
    'const last = batch?.records.at(index)'
  ),
  records(
    'all records of a row are finished',
    'Batch.finishPlain(batch, count)',
    'Batch.finishPlain(batch, 1)'
  ),
  broken('core/Progress')(
    'a checkpoint that becomes due within a row is at its record',
    'if (rules.due(Policy.passed(progress.policy, count - 1), now)) return null\n',
    ''
  ),
  broken('core/Progress')(
    'the policy begins anew where a checkpoint became due at the end of a row',
    '? { watermark, held, policy: rules.advance(policy, Policy.restarted(now)), due: watermark }\n    : { watermark, held, policy, due: null }',
    '? { watermark, held, policy, due: watermark }\n    : { watermark, held, policy, due: null }'
  ),
  broken('core/Policy')(
    'the policy counts each record of a row',
    'count: state.count + count',
    'count: state.count + 1'
  ),
  broken('core/State')(
    'a row is of records that run strictly in order',
    'batch?.flight === null ? batch.records.length - batch.prefix : 1',
    'batch !== null ? batch.records.length - batch.prefix : 1'
  ),

  // --- the breaker ---
  finishing(
    'failures are held back from checkpoints',
    '(failure && rules.breaker > 0)\n',
    '(failure && rules.breaker > 1_000_000)\n'
  ),
  finishing('rejects are not held back', '(failure && rules.breaker > 0)\n', 'rules.breaker > 0\n'),
  finishing('without a breaker nothing is held back', '(failure && rules.breaker > 0)\n', 'failure\n'),

  // --- bad releases ---
  finishing(
    'rejects of what may be a bad release are held back',
    'rules.badRelease > 0 || (failure',
    'rules.badRelease > 1_000_000 || (failure'
  ),
  finishing(
    'a record that finishes ends the run',
    'streak: Streak.over(state.streak)',
    'streak: state.streak'
  ),
  finishing(
    'a reject ends the run of failures',
    'failure ? state.streak : Streak.rejected(state.streak)',
    'state.streak'
  ),
  finishing(
    'what ended before a failure, behind it in the shard, does not release it',
    'done[i]?.held === true || progress.held !== null\n',
    'done[i]?.held === true\n'
  ),
  streak('rejects and failures in a row halt', 'bad.count >= badRelease', 'bad.count >= badRelease + 1'),
  streak(
    'a bad release of 0 is off',
    'badRelease > 0 && bad !== null && bad.count',
    'bad !== null && bad.count'
  ),
  streak('half of the limit is warned of', 'count === Math.ceil(badRelease / 2)', 'count === badRelease + 1'),
  streak(
    'the first of a run is the lowest, whatever the order in which they end',
    'Pos.compare(position, run.from) < 0 ? position : run.from',
    'run.from'
  ),

  // --- one outcome each ---
  records(
    'a record has one outcome, in its turn',
    'index === next(state) ? { batch, record, index, attempt: null } : null',
    '{ batch, record, index, attempt: null }'
  ),
  batch(
    'nothing runs while a dead letter is written, unless handlers are effects',
    'if (batch.links === null && flight.burying > 0) return -1\n',
    ''
  ),
  records(
    'a letter that nobody asked for is not heard',
    "if (stage?._tag !== 'Burying') return ignored(state)",
    "if (stage !== undefined && stage._tag !== 'Burying') return ignored(state)"
  ),
  records(
    'a rejected record is finished only when its letter is on disk',
    'return [{ ...state, batch: burying }, [Effect.bury(index, letter)]]',
    'return after([Effect.bury(index, letter)], setAside(rules, { ...state, batch: burying }, burying, index, failure !== null, now))'
  ),
  records(
    'garbage is a failure, not a reject',
    "Failure.make('TypeError', decision.reason), now",
    'null, now'
  ),
  records(
    'skipped records are counted',
    'concluded(rules, { ...state, skipped: state.skipped + 1 }, one',
    'concluded(rules, state, one'
  ),
  records('a handler can ask for a checkpoint', "const asked = _tag === 'Checkpoint'", 'const asked = false'),
  streak('failures in a row halt', 'failures.count >= breaker)', 'failures.count >= breaker + 1)'),
  streak(
    'a breaker of 0 is off',
    'breaker > 0 && failures !== null && failures',
    'failures !== null && failures'
  ),
  streak(
    'rejects trip no breaker',
    'failures: isFailure ? longer(streak.failures, position) : streak.failures',
    'failures: longer(streak.failures, position)'
  ),
  records(
    'a dead letter of a failure is held back too',
    'Batch.bury(batch, index, failure !== null, reason)',
    'Batch.bury(batch, index, false, reason)'
  )
]
