/** An SDK of OpenTelemetry in memory, and its spans in short. */
import { context, trace, SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
  type Sampler
} from '@opentelemetry/sdk-trace-base'

export interface Exported {
  /** The spans that have ended, in that order. */
  readonly spans: () => ReadonlyArray<ReadableSpan>
  readonly end: () => void
}

/** Registers it for this process until `end`. */
export const register = (sampler?: Sampler): Exported => {
  const exporter = new InMemorySpanExporter()
  const spanProcessors = [new SimpleSpanProcessor(exporter)]
  const provider = new BasicTracerProvider({ spanProcessors, ...(sampler === undefined ? {} : { sampler }) })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  return {
    spans: () => exporter.getFinishedSpans(),
    end: () => {
      trace.disable()
      context.disable()
    }
  }
}

export interface Short {
  readonly name: string
  readonly kind: string
  readonly attributes: Attributes
  readonly status: string
  readonly events: ReadonlyArray<string>
  /** `traceId/spanId` of the parent, and of the links. */
  readonly parent: string | null
  readonly links: ReadonlyArray<string>
}

const idOf = ({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }): string =>
  `${traceId}/${spanId}`

export const short = (span: ReadableSpan): Short => ({
  name: span.name,
  kind: SpanKind[span.kind],
  attributes: span.attributes,
  status: [SpanStatusCode[span.status.code], span.status.message ?? []].flat().join(': '),
  events: span.events.map(
    ({ name, attributes = {} }) => `${name} ${String(attributes['exception.message'])}`
  ),
  parent: span.parentSpanContext === undefined ? null : idOf(span.parentSpanContext),
  links: span.links.map(({ context: linked }) => idOf(linked))
})
