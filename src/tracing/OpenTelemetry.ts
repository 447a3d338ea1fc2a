/**
 * Spans by the API of OpenTelemetry, named and described by the semantic conventions of messaging
 * (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/, version 1.44):
 *
 * - the name is `{messaging.operation.name} {destination}`: `process STREAM`; the kind of `process` is `CONSUMER`;
 * - a span links to the creation context of each message; "exclusively for single messages scenarios" that context may be
 *   its parent as well, and here it is;
 * - `messaging.batch.message_count` is on spans of batches alone, `error.type` on failures alone;
 * - there is no well-known `messaging.system` of Kinesis; `aws_kinesis` follows `aws_sqs`.
 */
import { createRequire } from 'node:module'
import type * as Otel from '@opentelemetry/api'
import * as E from 'fp-ts/Either'
import type { Level, LogFields } from '../core/Effect'
import * as Failure from '../core/Failure'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import * as Position from '../protocol/Position'
import * as Sampling from './Sampling'
import * as Traceparent from './Traceparent'
import type { Failed, Span, Tracing, Work } from './Tracing'

type Api = typeof Otel

export interface Options {
  readonly spans: Tracing['spans']
  /** The path of the JSON field that has the `traceparent`; null: none has. */
  readonly parent: string | null
  readonly sampling: number | 'parent' | null
  /** The name of the KCL application; null: it is not known. */
  readonly application: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  /** Takes secrets out of what an exception says. */
  readonly hide: (text: string) => string
  readonly log: (level: Level, message: string, fields: LogFields) => void
}

export const PEER = '@opentelemetry/api'

/** The instrumentation scope of the spans. */
const SCOPE = 'kclts'

/** The most links of one span: as many as an SDK keeps by default (OTEL_SPAN_LINK_COUNT_LIMIT). */
const MOST_LINKS = 128

/** Exceptions of one span as events of their own. */
const MOST_EXCEPTIONS = 8

// -- loading ----------------------------------------------------------------------------------------------------------

/**
 * The API as one of these files finds it: the user's module, or else ours. Two copies share the SDK that one of them was given, but not
 * with an older copy: an API finds no SDK that was registered with a lesser version than its own.
 *
 * Left: it is not installed.
 */
export const load = (files: ReadonlyArray<string>): E.Either<string, Api> => {
  for (const from of files) {
    try {
      return E.right(createRequire(from)(PEER) as Api)
    } catch (thrown) {
      if (!Failure.hasCode(thrown, 'MODULE_NOT_FOUND'))
        return E.left(Failure.show(Failure.fromUnknown(thrown)))
    }
  }
  return E.left(`it needs a package that is not installed: npm install ${PEER}`)
}

// -- spans ------------------------------------------------------------------------------------------------------------

class ApiSpan implements Span {
  #exceptions = 0

  constructor(
    readonly api: Api,
    readonly span: Otel.Span,
    readonly context: Otel.Context,
    readonly by: Pick<Options, 'hide'> & Pick<Tracing, 'failed'>
  ) {}

  #guard<A>(run: () => A, otherwise: A): A {
    try {
      return run()
    } catch (problem) {
      this.by.failed(problem)
      return otherwise
    }
  }

  traceparent(): string | null {
    return this.#guard(() => {
      const { traceId, spanId, traceFlags } = this.span.spanContext()
      const isSampled = (traceFlags & this.api.TraceFlags.SAMPLED) !== 0
      return this.api.isSpanContextValid({ traceId, spanId, traceFlags })
        ? Traceparent.show({ traceId, spanId, isSampled })
        : null
    }, null)
  }

  ids(): LogFields {
    return this.#guard((): LogFields => {
      const own = this.span.spanContext()
      const active = this.api.trace.getSpanContext(this.api.context.active())
      const { traceId, spanId } = active?.traceId === own.traceId ? active : own
      return { trace_id: traceId, span_id: spanId }
    }, {})
  }

  /** Neither a context manager that throws nor one that never calls keeps the handler from its one call. */
  within<A>(run: () => A): A {
    let outcome: E.Either<{ readonly thrown: unknown }, A> | null = null
    const once = (): void => {
      outcome ??= E.tryCatch(run, (thrown) => ({ thrown }))
    }
    this.#guard(() => this.api.context.with(this.context, once), undefined)
    once()
    return unwrapped(outcome)
  }

  note(name: string, value: string | number): void {
    this.#guard(() => void this.span.setAttribute(name, value), undefined)
  }

  fail({ type, message, exception }: Failed): void {
    this.#guard(() => {
      const said = this.by.hide(message)
      this.span.setAttribute('error.type', type)
      this.span.setStatus({ code: this.api.SpanStatusCode.ERROR, message: said })
      if (exception === null || ++this.#exceptions > MOST_EXCEPTIONS) return
      const { stack } = exception
      this.span.recordException({
        name: type,
        message: said,
        ...(stack === null ? {} : { stack: this.by.hide(stack) })
      })
    }, undefined)
  }

  end(): void {
    this.#guard(() => this.span.end(), undefined)
  }
}

const unwrapped = <A>(outcome: E.Either<{ readonly thrown: unknown }, A> | null): A => {
  if (outcome === null) throw new Error('the handler was not called')
  if (E.isLeft(outcome)) throw outcome.left.thrown
  return outcome.right
}

// -- tracing ----------------------------------------------------------------------------------------------------------

const nameOf = (stream: string | undefined): string =>
  stream === undefined ? 'process' : `process ${stream}`

const attributesOf = (
  { stream, shardId, records, kind, attempt }: Work,
  application: string | null
): Otel.Attributes => {
  const record = kind === 'one' ? records.at(0) : undefined
  return {
    'messaging.system': 'aws_kinesis',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    ...(stream === undefined ? {} : { 'messaging.destination.name': stream }),
    'messaging.destination.partition.id': shardId,
    ...(application === null ? {} : { 'messaging.consumer.group.name': application }),
    ...(record === undefined
      ? { 'messaging.batch.message_count': records.length }
      : { 'messaging.message.id': Position.show(record) }),
    ...(attempt === null ? {} : { 'kclts.attempt': attempt })
  }
}

/** A provider of an SDK, which may keep spans to send them together. */
const isFlushed = (provider: unknown): provider is { readonly forceFlush: () => unknown } =>
  typeof provider === 'object' &&
  provider !== null &&
  'forceFlush' in provider &&
  typeof provider.forceFlush === 'function'

/** By its shape: it may be of another copy of the API. */
const isProxy = (provider: object): provider is { readonly getDelegate: () => unknown } =>
  'getDelegate' in provider && typeof provider.getDelegate === 'function'

const NO_SDK =
  'no SDK of OpenTelemetry is registered in this process or thread, so there are no spans (tracing.spans); ' +
  'docs/tracing.md in the package says how to load one'

class ApiTracing implements Tracing {
  readonly spans: Tracing['spans']
  readonly #api: Api
  readonly #options: Options
  readonly #read: ReturnType<typeof Traceparent.reader> | null
  readonly #isSampled: Sampling.Sampler
  #tracer: Otel.Tracer | null = null
  #hasWarned = false
  #hasFailed = false

  constructor(api: Api, options: Options) {
    this.spans = options.spans
    this.#api = api
    this.#options = options
    this.#read = options.parent === null ? null : Traceparent.reader(options.parent)
    this.#isSampled = Sampling.of(options.sampling, options.env)
  }

  readonly failed: Tracing['failed'] = (thrown) => {
    if (this.#hasFailed) return
    this.#hasFailed = true
    const { hide, log } = this.#options
    const reason = hide(Failure.show(Failure.fromUnknown(thrown)))
    log('warn', 'tracing fails, which is logged only once; no record is harmed', { reason })
  }

  readonly start: Tracing['start'] = (work) => {
    try {
      const tracer = this.#registered()
      return tracer === null ? null : this.#started(tracer, work)
    } catch (thrown) {
      this.failed(thrown)
      return null
    }
  }

  /** Spans that an SDK has not sent yet. The API itself knows of no such thing. */
  readonly flush: Tracing['flush'] = async () => {
    const { trace } = this.#api
    const provider = trace.getTracerProvider()
    const real: unknown = isProxy(provider) ? provider.getDelegate() : provider
    if (isFlushed(real)) await real.forceFlush()
  }

  // -- the SDK ----------------------------------------------------------------------------------------------------------

  /** null: there is no SDK, or not yet: a module may register it in its `acquire`. */
  #registered(): Otel.Tracer | null {
    if (this.#tracer !== null) return this.#tracer
    const { trace, ProxyTracerProvider } = this.#api
    const provider = trace.getTracerProvider()
    const isNone =
      provider instanceof ProxyTracerProvider &&
      provider.getDelegate() === new ProxyTracerProvider().getDelegate()
    if (!isNone) return (this.#tracer = provider.getTracer(SCOPE))
    if (!this.#hasWarned) this.#options.log('warn', NO_SDK, {})
    this.#hasWarned = true
    return null
  }

  // -- contexts of records ----------------------------------------------------------------------------------------------

  #started(tracer: Otel.Tracer, work: Work): Span {
    const { trace, ROOT_CONTEXT, SpanKind } = this.#api
    const links = this.#linksOf(work)
    const [first] = links
    const isContinued = work.kind === 'one' && first !== undefined
    const base = isContinued ? trace.setSpanContext(ROOT_CONTEXT, first.context) : ROOT_CONTEXT
    const span = tracer.startSpan(
      nameOf(work.stream),
      { kind: SpanKind.CONSUMER, attributes: attributesOf(work, this.#options.application), links },
      base
    )
    const { hide } = this.#options
    return new ApiSpan(this.#api, span, trace.setSpan(ROOT_CONTEXT, span), { hide, failed: this.failed })
  }

  #linksOf({ records }: Work): Array<Otel.Link> {
    const links: Array<Otel.Link> = []
    if (this.#read === null) return links
    for (let i = 0; i < records.length && i < MOST_LINKS; i++) {
      const record = records.at(i)
      const context = record === undefined ? null : this.#contextOf(this.#read, record)
      if (context !== null) links.push({ context })
    }
    return links
  }

  #contextOf(read: ReturnType<typeof Traceparent.reader>, record: KinesisRecord): Otel.SpanContext | null {
    const found = read(record)
    switch (found._tag) {
      case 'Absent':
        return null
      case 'Invalid': {
        const { sequenceNumber, subSequenceNumber, shardId } = record
        this.#options.log('debug', `the record's ${this.#options.parent ?? ''} is not a valid traceparent`, {
          shard: shardId,
          sequenceNumber,
          subSequenceNumber
        })
        return null
      }
      case 'Found': {
        const { traceId, spanId } = found.traceparent
        const { SAMPLED, NONE } = this.#api.TraceFlags
        const traceFlags = this.#isSampled(found.traceparent) ? SAMPLED : NONE
        return { traceId, spanId, traceFlags, isRemote: true }
      }
    }
  }
}

/**
 * @param near the user's module, which says by its place which copy of the API is meant
 *
 * Left: the API is not installed, or cannot be loaded.
 */
export const open = (near: string, options: Options): E.Either<string, Tracing> => {
  const api = load([near, __filename])
  return E.isLeft(api) ? api : E.right(new ApiTracing(api.right, options))
}
