'use strict'
// What becomes of records, and the breaker.
const { broken } = require('../broken')

const session = broken('Session')

module.exports = [
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
    'return [burying(state, failure !== null, reason), [Effect.bury(state.batch?.next ?? 0, letter)]]',
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
    "case 'skip':\n      if (now >= 0) return [burying(state, false, reason), [Effect.bury(0, letterOf(rules, record, reason, failure, now))]]\n      return after("
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
  session(
    'a dead letter of a failure is held back too',
    'burying: { held, reason } }',
    'burying: { held: false, reason } }'
  )
]
