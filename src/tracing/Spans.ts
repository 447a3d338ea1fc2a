/** The spans of one session: which is begun, which is that of a record, and what they hear of it. */
import type * as Effect from '../core/Effect'
import * as Decision from '../core/Decision'
import type * as Input from '../core/Input'
import type { Verdict } from '../core/Verdict'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import type { Observe } from '../run/Meter'
import type { Failed, Span, Work } from './Tracing'

export interface Spans {
  /** The span to run the handler in; null: none. */
  readonly begin: (records: ReadonlyArray<KinesisRecord>, kind: Work['kind'], attempt: number) => Span | null
  /** That of the record at this place, such as `4968..1/3`; null: none is open. */
  readonly at: (place: string) => Span | null
  readonly observe: Observe
}

export const isEnd = ({ _tag }: Effect.Effect): boolean => _tag === 'Exit'

/** What a span records about an answer; null: it is not a failure. */
export const objection = (value: unknown, verdict: Verdict): Failed | null => {
  if (verdict !== 'reject' && verdict !== 'halt' && verdict !== 'failed') return null
  const decision = Decision.understand(value)
  const message = 'reason' in decision ? decision.reason : ''
  switch (verdict) {
    case 'reject':
      return { type: 'rejected', message, exception: null }
    case 'halt':
      return { type: 'halted', message, exception: null }
    case 'failed':
      return { type: 'TypeError', message, exception: null }
  }
}

export const thrown = ({ failure }: Pick<Input.Threw, 'failure'>): Failed => ({
  type: failure.name,
  message: failure.message,
  exception: { stack: failure.stack }
})

/** An attempt was stopped: by its deadline, which comes with a tick, or because the session has ended. */
export const stopped = (cause: Input.Input, deadline: number): Failed =>
  cause._tag === 'Ticked'
    ? {
        type: 'DeadlineExceeded',
        message: `the handler took longer than ${deadline} ms (deadline)`,
        exception: null
      }
    : { type: 'aborted', message: 'the session ended while the handler was running', exception: null }
