/** How far a consumer has read its shard, where it is to go, and what the daemon says next. */
import type * as KinesisRecord from '../protocol/KinesisRecord'
import type { Fetched } from './Stream'

export interface Course {
  /** Everything up to this line has been delivered on this lease. */
  readonly line: number
  /** The lines of the last batch. */
  readonly batch: ReadonlyArray<number>
  readonly isStopping: boolean
  readonly isLosing: boolean
  /** A batch was at work when the child was asked to begin no further record. */
  readonly isDrained: boolean
  /** Whether the child has finished everything that there was when the stream was last asked. */
  readonly isAll: boolean
}

export type Turn =
  | { readonly _tag: 'LoseLease' }
  | { readonly _tag: 'AskToStop' }
  | {
      readonly _tag: 'Deliver'
      readonly records: ReadonlyArray<KinesisRecord.KinesisRecord>
      readonly lines: ReadonlyArray<number>
    }
  | { readonly _tag: 'EndShard' }
  /** The input is at its end. */
  | { readonly _tag: 'Stop' }
  | { readonly _tag: 'Idle' }
  /** Lines of other shards were read. */
  | { readonly _tag: 'ReadOn' }

export const start = (line: number): Course => ({
  line,
  batch: [],
  isStopping: false,
  isLosing: false,
  isDrained: false,
  isAll: false
})

/** @param isFinished whether nothing is left for a child that stops */
export const next = (
  course: Course,
  fetch: (line: number) => Fetched,
  isFinished: () => boolean
): readonly [Course, Turn] => {
  if (course.isLosing) return [course, { _tag: 'LoseLease' }]
  if (course.isStopping) return [{ ...course, isAll: course.isAll || isFinished() }, { _tag: 'AskToStop' }]
  const { records, lines, line, isEnd, isIdle, isShardEnd } = fetch(course.line)
  const reached = { ...course, line, isAll: isEnd || isIdle }
  if (records.length > 0)
    return [
      { ...reached, batch: lines },
      { _tag: 'Deliver', records, lines }
    ]
  if (isShardEnd) return [reached, { _tag: 'EndShard' }]
  return [reached, { _tag: isEnd ? 'Stop' : isIdle ? 'Idle' : 'ReadOn' }]
}
