/**
 * A span for each batch from the daemon that has records: from its arrival until all of them are finished. It fails when a
 * record of it is rejected, or an attempt fails.
 */
import type { Env } from '../core/State'
import type { Observe } from '../run/Meter'
import { isEnd, objection, stopped, thrown, type Spans } from './Spans'
import type { Span, Tracing } from './Tracing'

export class BatchSpans implements Spans {
  readonly #tracing: Tracing
  readonly #env: Env
  #open: Span | null = null
  /** A line that is logged because of the last step still finds the span that it ended. */
  #isOver = false

  constructor(tracing: Tracing, env: Env) {
    this.#tracing = tracing
    this.#env = env
  }

  readonly begin: Spans['begin'] = () => this.#open

  readonly at: Spans['at'] = () => this.#open

  readonly observe: Spans['observe'] = (input, step, before) => {
    try {
      if (this.#isOver) this.#open = null
      this.#isOver = false
      this.#hear(input, step, before)
    } catch (problem) {
      this.#tracing.failed(problem)
    }
  }

  readonly #hear: Observe = (input, [after, effects, verdict], before) => {
    const { batch } = after
    if (input._tag === 'Received' && batch !== null && batch !== before.batch) {
      this.#open?.end()
      this.#open = this.#tracing.start({
        stream: this.#env.stream,
        shardId: after.shardId,
        records: batch.records,
        kind: 'several',
        attempt: null
      })
    }
    const span = this.#open
    if (span === null) return
    if (input._tag === 'Handled' && verdict !== undefined) {
      const failed = objection(input.value, verdict)
      if (failed !== null) span.fail(failed)
    }
    if ((input._tag === 'Threw' && after !== before) || input._tag === 'Undelivered') span.fail(thrown(input))
    for (const effect of effects) if (effect._tag === 'Abort') span.fail(stopped(input, this.#env.deadline))
    if (batch !== null && !effects.some(isEnd)) return
    span.end()
    this.#isOver = true
  }
}
