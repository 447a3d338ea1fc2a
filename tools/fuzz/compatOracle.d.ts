import type { Level } from '../../src/core/Effect'
import type { Meaning } from '../../src/protocol/Action'
import type { Position } from '../../src/protocol/Position'

/** A call of a method of the processor. */
export interface Call {
  isCompleted: boolean
}

export interface Oracle {
  /** What was wrong so far. */
  readonly findings: ReadonlyArray<string>
  /** The child is about to be given this line. */
  readonly reads: (line: Buffer) => void
  /** The child has dealt with the line. */
  readonly hasRead: () => void
  readonly wrote: (text: string) => void
  readonly logged: (level: Level) => void
  readonly left: (code: number) => void
  readonly hasLeft: () => boolean
  /** Nothing moves any more. */
  readonly rests: () => void
  readonly called: (
    method: Meaning,
    input: { readonly records?: ReadonlyArray<Position> | undefined }
  ) => Call
  readonly completed: (call: Call) => void
  /** The processor asks for a checkpoint at a record, or at the end (null). Out: the number of the request. */
  readonly asks: (place: Position | null) => number
  /** The callback of a request is called. */
  readonly answered: (request: number, error: string | null) => void
}

export const make: (settings: { readonly callbackDeadline: number }, now: () => number) => Oracle
