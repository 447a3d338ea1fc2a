/** The stream that `kclts dev` makes of an input, as dead letters and idempotency keys name it. */
import { createHash } from 'node:crypto'

const MOST = 80

/**
 * A name such as a stream of Kinesis may have: `dev.orders.ndjson-4-shards.9f86d081884c7d65`.
 *
 * @param identity what positions belong to: the input, and what its lines are dealt out by. Another one, another name.
 */
export const of = (identity: string): string => {
  const end = identity.slice(identity.lastIndexOf('/') + 1).replace(/[^A-Za-z0-9.-]+/g, '-')
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 16)
  return `dev.${end.slice(0, MOST)}.${hash}`
}

/** The flags by which a child process learns it. The ARN is made up: a configured one would contradict the name. */
export const flagsOf = (name: string): ReadonlyArray<string> => [
  '--daemon-stream-name',
  name,
  '--daemon-stream-arn',
  `arn:aws:kinesis:local-1:000000000000:stream/${name}`
]
