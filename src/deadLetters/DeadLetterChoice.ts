/** Which of the letters a command is about. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Position from '../protocol/Position'
import { beginning, type Entry } from './DeadLetterIndex'

export interface Choice {
  /** Numbers of `list`, ranges of them, or positions; null: all. */
  readonly only: ReadonlyArray<string> | null
  readonly stream: string | null
  readonly shard: string | null
  /** The partition key. */
  readonly key: string | null
  /** A part of the reason or of the error's name, in either case. */
  readonly reason: string | null
  /** Milliseconds since 1970. */
  readonly since: number | null
}

export const all: Choice = { only: null, stream: null, shard: null, key: null, reason: null, since: null }

/** `3`, `3-7`, a sequence number, or a position such as `4959.../0`. */
const TERM = /^(?:([0-9]+)|([0-9]+)-([0-9]+)|([0-9]+\/[0-9]+))$/

/** No file has so many letters, and no stream so small a sequence number: the longer ones are positions. */
const NUMBER_DIGITS = 12

const matcher = (term: string): ((entry: Entry) => boolean) | null => {
  const [, one, from, to, position] = TERM.exec(term) ?? []
  if (one !== undefined && one.length > NUMBER_DIGITS) return ({ sequenceNumber }) => sequenceNumber === one
  if (one !== undefined)
    return ({ number, sequenceNumber }) => number === Number(one) || sequenceNumber === one
  if (from !== undefined) return ({ number }) => number >= Number(from) && number <= Number(to)
  return position === undefined ? null : (entry) => Position.show(entry) === position
}

const manyHave = (entries: ReadonlyArray<Entry>): string => {
  const shards = new Set(entries.map(({ shardId }) => shardId))
  return shards.size > 1
    ? `shards ${[...shards].join(', ')} all have it; add --shard, or give its number`
    : `the letters ${entries.map(({ number }) => number).join(', ')} all have it; give its number`
}

/** Left: a term that cannot be understood, or that names no letter. */
const named = (entries: ReadonlyArray<Entry>, terms: ReadonlyArray<string>): E.Either<string, Set<Entry>> => {
  const found = new Set<Entry>()
  for (const term of terms) {
    const matches = matcher(term)
    if (matches === null)
      return E.left(`${term}: expected a number of the list, such as 3 or 3-7, or a position`)
    const ones = entries.filter(matches)
    if (ones.length === 0) return E.left(`${term}: there is no such letter; \`list\` shows what there is`)
    if (term.includes('/') && ones.length > 1) return E.left(`${term}: ${manyHave(ones)}`)
    for (const one of ones) found.add(one)
  }
  return E.right(found)
}

/** The chosen entries in the order of their numbers. */
export const choose = (
  entries: ReadonlyArray<Entry>,
  choice: Choice
): E.Either<string, ReadonlyArray<Entry>> => {
  const { only, stream, shard, key, reason, since } = choice
  const text = reason?.toLowerCase() ?? ''
  const within = entries.filter(
    (entry) =>
      (stream === null || entry.stream === stream) &&
      (shard === null || entry.shardId === shard) &&
      (key === null || entry.partitionKey === beginning(key)) &&
      (since === null || entry.time >= since) &&
      `${entry.errorName ?? ''} ${entry.reason}`.toLowerCase().includes(text)
  )
  if (only === null) return E.right(within)
  return pipe(
    named(within, only),
    E.map((chosen) => within.filter((entry) => chosen.has(entry)))
  )
}
