/**
 * Whether the trace of a record is sampled. The flag in the record is a recommendation of its producer, who may be mistaken
 * or hostile (https://www.w3.org/TR/trace-context/#trace-flags), so that it counts only where the configuration says so.
 */
import type { Traceparent } from './Traceparent'

/** Decides about a trace that a record continues. */
export type Sampler = (traceparent: Traceparent) => boolean

/**
 * The same answer for all spans of a trace, in each service that samples by the same share. The last 56 bits of a trace id
 * are its random ones (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/); 52 of them fit
 * into a number.
 */
const byShare =
  (share: number): Sampler =>
  ({ traceId }) =>
    parseInt(traceId.slice(-13), 16) / 2 ** 52 >= 1 - share

const shareIn = (text: string | undefined): number => {
  const share = text === undefined || text.trim() === '' ? 1 : Number(text)
  return share >= 0 && share <= 1 ? share : 1
}

/**
 * What the environment says of a new trace, as an SDK that reads it does
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration).
 */
const shareOf = (env: Readonly<Record<string, string | undefined>>): number => {
  const sampler = env['OTEL_TRACES_SAMPLER'] ?? ''
  switch (sampler.trim().toLowerCase()) {
    case 'always_off':
    case 'parentbased_always_off':
      return 0
    case 'traceidratio':
    case 'parentbased_traceidratio':
      return shareIn(env['OTEL_TRACES_SAMPLER_ARG'])
    default:
      return 1
  }
}

/** `sampling`: as the configuration has it; null: as the environment says. */
export const of = (
  sampling: number | 'parent' | null,
  env: Readonly<Record<string, string | undefined>>
): Sampler => (sampling === 'parent' ? ({ isSampled }) => isSampled : byShare(sampling ?? shareOf(env)))
