/**
 * What traces a worker, as the rest of the program sees it. OpenTelemetry is known to `OpenTelemetry.ts` alone, and a
 * session without tracing has none of this around it.
 */
import type { LogFields } from '../core/Effect'
import type { KinesisRecords } from '../protocol/KinesisRecords'

/** What a span is about: a call of the handler, or a batch from the daemon. */
export interface Work {
  /** The name of the stream; undefined where it is not known. */
  readonly stream: string | undefined
  readonly shardId: string
  readonly records: KinesisRecords
  /** `one`: a single record, whose trace the span continues. `several`: records of several traces, linked to the span. */
  readonly kind: 'one' | 'several'
  /** 1 for the first attempt of the handler; null: the work is a whole batch. */
  readonly attempt: number | null
}

/** Why a span ends with the status `ERROR`. */
export interface Failed {
  /** One of few: the name of an exception, or a word of ours. */
  readonly type: string
  readonly message: string
  /** What was thrown, for an event of its own; null: nothing was. */
  readonly exception: { readonly stack: string | null } | null
}

/** A span that has begun. Its methods never throw, but for `within`, which throws what `run` throws. */
export interface Span {
  /** As a header of HTTP carries it; null: it has no valid context. */
  readonly traceparent: () => string | null
  /** As a log line names it, or a span within it that is active now. */
  readonly ids: () => LogFields
  /** Calls `run`, exactly once, while the span is active. */
  readonly within: <A>(run: () => A) => A
  readonly note: (name: string, value: string | number) => void
  readonly fail: (failed: Failed) => void
  readonly end: () => void
}

export interface Tracing {
  readonly spans: 'batch' | 'record'
  /** null: nothing takes spans, or no span could be made. Never throws. */
  readonly start: (work: Work) => Span | null
  /** Says once that tracing has failed. */
  readonly failed: (thrown: unknown) => void
  /** Sends what has ended and was not sent yet. */
  readonly flush: () => Promise<void>
}
