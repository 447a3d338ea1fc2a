/** What a run leaves for the next one: the lease table of the local stream, as JSON. */
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { explain, found } from '../../codec/Explain'
import { isSequenceNumber } from '../../core/Position'
import type { Stored } from './Lease'

export interface State {
  /** What the stream was made of; another stream has other positions. */
  readonly stream: string
  readonly shards: Readonly<Record<string, Stored>>
}

const SequenceNumber = new t.Type<string>(
  'a sequence number of decimal digits',
  (u): u is string => typeof u === 'string' && isSequenceNumber(u),
  (u, c) => (typeof u === 'string' && isSequenceNumber(u) ? t.success(u) : t.failure(u, c)),
  t.identity
)

const StoredCodec = t.union(
  [t.null, t.literal('SHARD_END'), t.type({ sequenceNumber: SequenceNumber, subSequenceNumber: t.number })],
  'a position, "SHARD_END" or null'
)

const StateCodec = t.type({
  version: t.literal(1),
  stream: t.string,
  shards: t.record(t.string, StoredCodec)
})

export const encode = ({ stream, shards }: State): string =>
  `${JSON.stringify({ version: 1, stream, shards }, null, 2)}\n`

/** Left: not JSON, or not what `encode` writes; the sentence says where. */
export const decode = (text: string): E.Either<string, State> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    return E.left(`not JSON: ${E.toError(thrown).message}, found ${found(text.slice(0, 40))}`)
  }
  return E.bimap(
    (errors: t.Errors) => explain(errors).join('; '),
    ({ stream, shards }: t.TypeOf<typeof StateCodec>): State => ({ stream, shards })
  )(StateCodec.decode(value))
}
