/** What happened in a life of a session, in order: what it was told, and what it did. */
import type * as Action from '../../src/protocol/Action'
import type { ExitCode } from '../../src/core/Effect'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import type { Position } from '../../src/protocol/Position'
import type { Reply } from '../../src/protocol/Reply'
import type { Behaviour } from './Scenario'

export type Fact = { readonly now: number } & (
  | // what it was told
    { readonly _tag: 'Said'; readonly name: Action.Name; readonly what: What; readonly records: Records }
  | {
      readonly _tag: 'Ran'
      readonly index: number
      readonly record: KinesisRecord
      readonly as: Behaviour | 'emit'
    }
  | { readonly _tag: 'Delivered'; readonly record: Position }
  | { readonly _tag: 'Buried'; readonly record: KinesisRecord; readonly ok: boolean }
  | { readonly _tag: 'Answered'; readonly error: string | null }
  | { readonly _tag: 'Ticked' | 'Drained' | 'Closed' | 'Crashed' }
  /** An outcome of a record that is not awaited. */
  | { readonly _tag: 'Stray' }
  /** An action out of turn, an answer without a question, a broken pipe. */
  | { readonly _tag: 'Garbage' }
  // what it did
  | { readonly _tag: 'Wrote'; readonly reply: Reply }
  | { readonly _tag: 'Burying'; readonly record: Position }
  | { readonly _tag: 'Waits'; readonly until: number }
  | { readonly _tag: 'Exited'; readonly code: ExitCode }
  /** At the end of each step: what a crash would bring again, and the record to run. */
  | { readonly _tag: 'Counted'; readonly replay: number; readonly next: number }
  // the end
  | { readonly _tag: 'Killed' }
  /** An action is open and nothing that the world could do would move the session. */
  | { readonly _tag: 'Stuck' }
)

/** An action by what it means, whichever KCL says it. */
export type What = 'start' | 'batch' | 'stop' | 'lost' | 'end'

type Records = ReadonlyArray<KinesisRecord>

export type Stored = Position | 'SHARD_END' | null

export interface Life {
  readonly from: Stored
  readonly facts: ReadonlyArray<Fact>
  /** What the lease table holds when it is over. */
  readonly stored: Stored
}
