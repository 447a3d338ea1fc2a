/** What a run leaves for the next one: the lease table of the local stream, as JSON. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { SequenceNumber } from '../protocol/wire/Action'
import { explain, found } from '../protocol/wire/Explain'
import type { Stored } from '../protocol/Lease'
import type { Trace } from './Trace'

export interface State {
  /** What the stream was made of; another stream has other positions. */
  readonly stream: string
  readonly shards: Readonly<Record<string, Stored>>
  /** What was consumed of which input; null: a version before 0.2 wrote it, or the input is made up. */
  readonly input: Input | null
}

export interface Input extends Trace {
  readonly name: string
  /** Distinguishes it from an earlier input of this name; '': there was none. */
  readonly id: string
}

const StoredCodec = t.union(
  [t.null, t.literal('SHARD_END'), t.type({ sequenceNumber: SequenceNumber, subSequenceNumber: t.number })],
  'a position, "SHARD_END" or null'
)

const InputCodec = t.type({
  name: t.string,
  id: t.string,
  first: t.number,
  line: t.number,
  hash: t.string,
  before: t.string
})

const StateCodec = t.intersection([
  t.type({
    version: t.union([t.literal(1), t.literal(2)]),
    stream: t.string,
    shards: t.record(t.string, StoredCodec)
  }),
  t.partial({ input: InputCodec })
])

/**
 * Version 1 is read by kclts 0.1, too, which passes over `input`. It counts lines from the beginning of the file: where
 * another content came before the present one it must refuse the state, which is why that is version 2.
 */
export const encode = ({ stream, shards, input }: State): string =>
  `${JSON.stringify(
    { version: (input?.first ?? 0) === 0 ? 1 : 2, stream, shards, ...(input === null ? {} : { input }) },
    null,
    2
  )}\n`

/** Left: not JSON, or not what `encode` writes; the sentence says where. */
export const decode = (text: string): E.Either<string, State> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(text),
      (thrown) => `not JSON: ${E.toError(thrown).message}, found ${found(text.slice(0, 40))}`
    ),
    E.chain((value) =>
      pipe(
        StateCodec.decode(value),
        E.mapLeft((errors) => explain(errors).join('; '))
      )
    ),
    E.map(({ stream, shards, input }): State => ({ stream, shards, input: input ?? null }))
  )
