/**
 * Dead letters as NDJSON: one JSON object a line, in UTF-8, each line ended by the byte 0x0A.
 *
 * The keys, always in this order:
 *
 * - `stream`: the name of the stream that the record is from; left out where it is not known
 * - `shardId`, `sequenceNumber`, `subSequenceNumber`, `partitionKey`: the record, named as on the wire
 * - `approximateArrivalTimestamp`: when Kinesis stored it, in milliseconds since 1970, or null
 * - `data`: the payload in base64, as it came
 * - `reason`: why it could not be processed, in a sentence
 * - `error`: `name`, `message` and `stack` (or null) of what was thrown; null for a reject
 * - `handlerVersion`: the handler module's export `version`, or null
 * - `time`: when it became a dead letter, in whole milliseconds since 1970
 *
 * Times are numbers as on the wire: a number survives every reader, and the daemon may send one that no date has.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type * as Dead from '../core/DeadLetter'
import { Index, Millis, SequenceNumber, orNull, parse, text } from '../protocol/wire/Action'
import { explain, found } from '../protocol/wire/Explain'
import * as Lines from '../protocol/wire/Lines'

const Failure = t.strict({ name: text, message: text, stack: orNull(text) }, 'a failure')

/** Fields of a newer version are ignored. */
const DeadLetter = t.strict(
  {
    stream: orNull(text),
    shardId: text,
    sequenceNumber: SequenceNumber,
    subSequenceNumber: Index,
    partitionKey: text,
    approximateArrivalTimestamp: orNull(Millis),
    data: text,
    reason: text,
    error: orNull(Failure),
    handlerVersion: orNull(text),
    time: Millis
  },
  'a dead letter'
)

/** Line ends to readers that know more of them than 0x0A (Python's `splitlines`, old `readline`s). */
const LINE_ENDS = /[\u0085\u2028\u2029]/g

/** `\\u0085`. */
export const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/** One line with its newline. `JSON.stringify` escapes half a surrogate pair, so every text survives UTF-8. */
export const encode = (letter: Dead.DeadLetter): string => {
  const { error } = letter
  const json = JSON.stringify({
    stream: letter.stream,
    shardId: letter.shardId,
    sequenceNumber: letter.sequenceNumber,
    subSequenceNumber: letter.subSequenceNumber,
    partitionKey: letter.partitionKey,
    approximateArrivalTimestamp: letter.approximateArrivalTimestamp,
    data: letter.data,
    reason: letter.reason,
    error: error && { name: error.name, message: error.message, stack: error.stack },
    handlerVersion: letter.handlerVersion,
    time: Math.floor(letter.time)
  })
  return `${json.replace(LINE_ENDS, escaped)}\n`
}

/** How the idempotency key of a letter ends that goes to a sink. */
const IN_A_SINK = ':dead-letter'

/** @param stream the record's stream, where it is part of the key. */
export const idOf = (
  { shardId, sequenceNumber, subSequenceNumber }: Dead.DeadLetter,
  stream: string | undefined
): string =>
  `${stream === undefined ? '' : `${stream}:`}${shardId}:${sequenceNumber}:${subSequenceNumber}${IN_A_SINK}`

const Wrapped = t.type({ id: t.string, value: t.unknown })

/** A sink that has `ids: true` wraps what it takes. */
const unwrapped = (value: unknown): unknown =>
  Wrapped.is(value) && value.id.endsWith(IN_A_SINK) ? value.value : value

/**
 * Reads one line, with or without its newline, and with or without the wrapping of a sink.
 *
 * Left: not JSON (a line that a crash has cut), or what is wrong with which key.
 */
export const decode = (line: string): E.Either<string, Dead.DeadLetter> =>
  pipe(
    parse(line),
    E.chain((value) =>
      pipe(
        DeadLetter.decode(unwrapped(value)),
        E.mapLeft((errors) => explain(errors).join('; '))
      )
    ),
    E.map(({ stream, ...letter }): Dead.DeadLetter => (stream === null ? letter : { stream, ...letter }))
  )

/** A line of the file that is no dead letter: cut by a crash, or changed by hand. */
export interface Unreadable {
  /** Counted from 1. */
  readonly line: number
  /** How it begins, quoted; bytes that are no UTF-8 show as U+FFFD. */
  readonly excerpt: string
  readonly reason: string
}

const EXCERPT_BYTES = 60

// Fatal: to put U+FFFD for a flipped bit would change the letter in silence.
const utf8 = new TextDecoder('utf-8', { fatal: true })

const decodeBytes = (bytes: Buffer): E.Either<string, Dead.DeadLetter> =>
  pipe(
    E.tryCatch(
      () => utf8.decode(bytes),
      () => 'not UTF-8 text'
    ),
    E.chain(decode)
  )

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x0d)

type Read = E.Either<Unreadable, Dead.DeadLetter>

/**
 * Reads a file in chunks split anywhere, in the order of its lines. Holds one chunk and one line at a time, so that a
 * file may be larger than memory. Each chunk must have bytes of its own, since a line can wait for its end.
 *
 * Left: a line that cannot be read; none is dropped but empty ones, which two writers can leave when both find that
 * the file does not end in a newline. A last line without a newline is a letter if it is a whole one.
 */
export function* readChunks(chunks: Iterable<Uint8Array>): Generator<Read, void> {
  const lines = Lines.make()
  let line = 0
  let letters: Array<Read> = []
  const onLine = (content: Buffer): void => {
    line += 1
    if (isBlank(content)) return
    const decoded = decodeBytes(content)
    letters.push(
      E.isRight(decoded)
        ? decoded
        : E.left({
            line,
            excerpt: found(content.toString('utf8', 0, EXCERPT_BYTES)),
            reason: decoded.left
          })
    )
  }
  const taken = (chunk: Buffer): ReadonlyArray<Read> => {
    letters = []
    lines.push(chunk, onLine)
    return letters
  }
  for (const chunk of chunks) yield* taken(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  if (lines.pending() > 0) yield* taken(Buffer.from('\n'))
}

/** As `readChunks`, of a file in memory. */
export const read = (bytes: Uint8Array): ReadonlyArray<Read> => [...readChunks([bytes])]
