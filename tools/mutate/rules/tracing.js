'use strict'
// Spans: what continues a trace, when a span ends, and what fails it.
const { broken } = require('../broken')

const traceparent = broken('tracing/Traceparent')
const attempts = broken('tracing/AttemptSpans')
const batches = broken('tracing/BatchSpans')

module.exports = [
  traceparent('an id of zeros is none', 'if (ZEROS.test(traceId) || ZEROS.test(spanId)) return null\n', ''),
  traceparent('the version ff is none', "version === 'ff' || ", ''),
  traceparent('only the last bit says sampled', '(parseInt(flags, 16) & 1) === 1', 'parseInt(flags, 16) > 0'),
  attempts(
    'the span of a record ends when its sinks have its outputs',
    "effect._tag === 'Deliver' || effect._tag === 'Bury'",
    "effect._tag === 'Bury'"
  ),
  batches('a batch fails when an attempt fails', "(input._tag === 'Threw' && after !== before) || ", ''),
  broken('tracing/Traced')(
    'a line about a record has the ids of its span',
    'span === null ? fields : { ...span.ids(), ...fields }',
    'fields'
  ),
  broken('tracing/Sampling')(
    'a share samples by the id of the trace',
    '/ 2 ** 52 >= 1 - share',
    '/ 2 ** 52 >= share'
  )
]
