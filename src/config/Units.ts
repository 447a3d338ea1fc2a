/**
 * A number without a unit is seconds, or bytes. One that was surely meant as milliseconds, or megabytes, is refused; one that
 * may have been is doubted. Which, the key and the size say: 60000 seconds between checkpoints make no sense, and 86400 may well
 * be the age of a file.
 */
import * as E from 'fp-ts/Either'
import type { Any } from '../values/Codec'
import * as Duration from '../values/Duration'

/** Usually less than a second. */
const MOMENTS = /(?:^|\.)(?:backoff|linger|idleTimeBetweenReads)$/

/** May well be hours. */
const HOURS = /(?:^rotate\.interval|\.stalled|^callbackDeadline|\.shardEndDeadline)$/

const isRoundTime = (seconds: number): boolean => seconds % 900 === 0

type Verdict = 'right' | 'doubted' | 'refused'

const ofSeconds = (key: string, n: number): Verdict => {
  // Who writes hours in seconds writes quarters of them; who writes milliseconds, hundreds.
  const isOdd = !isRoundTime(n) && n % 100 === 0
  if (HOURS.test(key)) return (isOdd && n >= 10_000) || n >= 3_000_000 ? 'doubted' : 'right'
  if ((isOdd && n >= 10_000) || n >= 1_000_000) return 'refused'
  const isDoubted = MOMENTS.test(key) ? n >= 50 && !isRoundTime(n) : isOdd && n >= 1000
  return isDoubted ? 'doubted' : 'right'
}

/** The memory of all shards is never that of a few lines. */
const ofBytes = (key: string, n: number): Verdict => {
  if (key === 'host.memory') return n > 0 && n <= 65_536 ? 'refused' : n < 1_000_000 ? 'doubted' : 'right'
  return n > 1 && n <= 100 ? 'doubted' : 'right'
}

/** What is written without a unit. */
const bare = (value: unknown): number | null => {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^\s*[0-9]+(?:\.[0-9]+)?\s*$/.test(value) ? Number(value) : null
}

const meantSeconds = (n: number): string =>
  `found ${n} without a unit, which is ${Duration.show(n * 1000)}; write ${Duration.show(n)} for milliseconds, or ${n}s`

const meantBytes = (n: number): string =>
  `found ${n} without a unit, which is ${n} bytes; write ${n}MB for megabytes, or ${n}B`

/**
 * Of a value that its codec takes. The codec's name says what a number without a unit is.
 *
 * Right: what to doubt of it; null: nothing. Left: it is refused.
 */
export const judge = (
  key: string,
  { name }: Pick<Any, 'name'>,
  value: unknown
): E.Either<string, string | null> => {
  const n = bare(value)
  const isTime = name.endsWith('a number of seconds')
  if (n === null || (!isTime && !name.endsWith('a number of bytes'))) return E.right(null)
  const verdict = isTime ? ofSeconds(key, n) : ofBytes(key, n)
  const text = isTime ? meantSeconds(n) : meantBytes(n)
  if (verdict === 'refused') return E.left(text)
  return E.right(verdict === 'doubted' ? text : null)
}
