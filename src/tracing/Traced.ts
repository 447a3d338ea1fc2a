/**
 * A session that is traced. Spans are made around the calls of the handler, and end by what the session makes of them: it
 * is watched as the meter watches it, and neither the fold nor the interpreter knows of spans.
 */
import type { LogFields } from '../core/Effect'
import { isSeveral, type AnyHandler } from '../core/Handler'
import type * as Session from '../core/Session'
import * as Position from '../protocol/Position'
import * as Attempt from '../run/Attempt'
import type { Capabilities } from '../run/Capabilities'
import * as Interpreter from '../run/Interpreter'
import { AttemptSpans } from './AttemptSpans'
import { BatchSpans } from './BatchSpans'
import type { Span, Tracing } from './Tracing'
import type { Spans } from './Spans'

export interface Options {
  /** null: nothing is traced, and nothing is in the way. */
  readonly tracing: Tracing | null
  readonly world: Capabilities
  readonly env: Session.Env
  readonly handler: AnyHandler
  /** What the handler's module acquired. */
  readonly resource: unknown
}

/** An effect goes on after the handler has returned, and the span is to be active for all of it. */
const run = (span: Span, call: () => unknown): unknown => {
  const returned = span.within(call)
  if (Attempt.isTask(returned)) return () => span.within(returned)
  // What is no native promise may begin when it is asked for its result.
  return Attempt.isPromise(returned) && !(returned instanceof Promise)
    ? span.within(() => Promise.resolve(returned))
    : returned
}

const handlerOf = (spans: Spans, handler: AnyHandler): AnyHandler => {
  if (isSeveral(handler))
    return {
      several: (records, context) => {
        const span = spans.begin(records, 'several', context.attempt)
        const call = (): unknown => handler.several(records, context)
        return span === null ? call() : run(span, call)
      }
    }
  return (record, context) => {
    const span = spans.begin([record], 'one', context.attempt)
    return span === null ? handler(record, context) : run(span, () => handler(record, context))
  }
}

const placeIn = ({ sequenceNumber, subSequenceNumber }: LogFields): string | null =>
  typeof sequenceNumber === 'string' && typeof subSequenceNumber === 'number'
    ? Position.show({ sequenceNumber, subSequenceNumber })
    : null

const worldOf = (spans: Spans, world: Capabilities): Capabilities => ({
  ...world,
  observe: (input, step, before) => {
    spans.observe(input, step, before)
    world.observe?.(input, step, before)
  },
  deliver: (delivery, then) => {
    const traceparent = spans.at(Position.show(delivery.record))?.traceparent() ?? null
    world.deliver(traceparent === null ? delivery : { ...delivery, traceparent }, then)
  },
  // A line about a record names its position, whether a handler writes it through its context, or the session.
  log: (level, message, fields) => {
    const place = placeIn(fields)
    const span = place === null ? null : spans.at(place)
    world.log(level, message, span === null ? fields : { ...span.ids(), ...fields })
  }
})

/** The interpreter of one shard. */
export const interpreter = ({ tracing, world, env, handler, resource }: Options): Interpreter.Interpreter => {
  if (tracing === null) return Interpreter.make(world, env, handler, resource)
  const spans = tracing.spans === 'batch' ? new BatchSpans(tracing, env) : new AttemptSpans(tracing, env)
  return Interpreter.make(worldOf(spans, world), env, handlerOf(spans, handler), resource)
}
