/**
 * What is in a file of dead letters: one entry for each record, whatever the size of the letters. An entry keeps where
 * its letter stands, not the letter, so memory grows with the number of records (some hundred bytes each) alone.
 */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import * as Codec from './DeadLetterCodec'
import type * as Dead from '../core/DeadLetter'
import * as Position from '../protocol/Position'
import * as Marks from './DeadLetterMarks'
import * as Disk from '../files/Disk'
import * as FileLines from '../files/FileLines'

/** A record that has a dead letter, by the newest of its letters. */
export interface Entry {
  /** Counted from 1, in the order of the first letters. */
  readonly number: number
  /** null: its letter does not say. */
  readonly stream: string | null
  readonly shardId: string
  readonly sequenceNumber: string
  readonly subSequenceNumber: number
  readonly partitionKey: string
  /** Its beginning and its end, where it is long. */
  readonly reason: string
  readonly errorName: string | null
  /** Milliseconds since 1970. */
  readonly time: number
  /** How many letters there are of this record: it was delivered again, and failed again. */
  readonly letters: number
  /** Where the newest letter stands. */
  readonly at: Place
  /** All letters of the record that are not done. */
  readonly lines: ReadonlyArray<Marks.Line>
}

/** A letter in a file. */
interface Place extends Marks.Line {
  readonly file: string
  readonly size: number
}

/** A file, and which of its lines are done. */
export interface Part {
  readonly file: string
  readonly done: Marks.Marks
}

export interface Unreadable extends Codec.Unreadable {
  readonly file: string
}

export interface Index {
  /** By number. */
  readonly entries: ReadonlyArray<Entry>
  /** Letters that are done: `compact` takes them out of the file. */
  readonly done: number
  readonly unreadable: ReadonlyArray<Unreadable>
}

/**
 * What makes two letters those of one record: stream, shard, position, and the data. Letters of older versions do not
 * name their stream, and two inputs, or a stream that was made anew, may have records of equal shard and position:
 * different data are different records whatever their place.
 */
export const keyOf = (letter: Dead.DeadLetter): string => {
  const data = Marks.digest(Buffer.from(JSON.stringify([letter.partitionKey, letter.data])))
  return JSON.stringify([letter.stream ?? null, letter.shardId, Position.show(letter), data])
}

/** The letter on a line; null: the line is empty. */
export const letterOn = (content: Buffer): E.Either<Codec.Unreadable, Dead.DeadLetter> | null =>
  Codec.read(content)[0] ?? null

/** A partition key has at most 256 characters. */
const NAME = 256
const REASON = { beginning: 350, end: 200 }

/** A copy: a slice would keep the whole text in memory. */
const copy = (text: string): string => Buffer.from(text).toString()

export const beginning = (text: string): string => copy(text.slice(0, NAME))

/** The end of a long reason may be what matters, such as the status of an answer. */
const ends = (text: string): string =>
  text.length <= REASON.beginning + REASON.end
    ? copy(text)
    : copy(`${text.slice(0, REASON.beginning)} ... ${text.slice(-REASON.end)}`)

const linesWith = (before: Entry | undefined, { offset, digest }: Marks.Line): ReadonlyArray<Marks.Line> => [
  ...(before?.lines ?? []),
  { offset, digest }
]

const entryOf = (
  letter: Dead.DeadLetter,
  at: Entry['at'],
  before: Entry | undefined,
  number: number
): Entry =>
  before !== undefined && before.time > letter.time
    ? { ...before, letters: before.letters + 1, lines: linesWith(before, at) }
    : {
        number,
        stream: letter.stream === undefined ? null : beginning(letter.stream),
        shardId: beginning(letter.shardId),
        sequenceNumber: letter.sequenceNumber,
        subSequenceNumber: letter.subSequenceNumber,
        partitionKey: beginning(letter.partitionKey),
        reason: ends(letter.reason),
        errorName: letter.error === null ? null : beginning(letter.error.name),
        time: letter.time,
        letters: (before?.letters ?? 0) + 1,
        at,
        lines: linesWith(before, at)
      }

/** Reads the files, in this order, as one. Throws what `node:fs` throws. */
export const read = (parts: ReadonlyArray<Part>): Index => {
  const entries = new Map<string, Entry>()
  const unreadable: Array<Unreadable> = []
  let dead = 0
  for (const { file, done } of parts) {
    let line = 0
    for (const { content, offset } of FileLines.of(file)) {
      line += 1
      if (done.has(offset, content)) {
        dead += 1
        continue
      }
      const letter = letterOn(content)
      if (letter === null) continue
      if (E.isLeft(letter)) {
        unreadable.push({ ...letter.left, line, file })
        continue
      }
      const key = keyOf(letter.right)
      const before = entries.get(key)
      const at = { file, offset, size: content.length, digest: Marks.digest(content) }
      entries.set(key, entryOf(letter.right, at, before, before?.number ?? entries.size + 1))
    }
  }
  return { entries: [...entries.values()], done: dead, unreadable }
}

/** The letter of an entry. Left: it is not there any more. */
export const letterOf = ({ at }: Entry): E.Either<string, Dead.DeadLetter> => {
  const bytes = Buffer.alloc(at.size)
  return Disk.using(fs.openSync(at.file, 'r'), (fd) => {
    const size = fs.readSync(fd, bytes, 0, at.size, at.offset)
    const content = bytes.subarray(0, size)
    const letter = Marks.digest(content) === at.digest ? letterOn(content) : null
    return letter === null || E.isLeft(letter)
      ? E.left(`${at.file} was changed while it was being read`)
      : letter
  })
}

/** A mark for each letter of the record. */
export const marksOf =
  (reason: Marks.Reason, time: number) =>
  ({ stream, shardId, sequenceNumber, subSequenceNumber, lines }: Entry): ReadonlyArray<Marks.Mark> =>
    lines.map((line) => ({
      line,
      letter: { ...(stream === null ? {} : { stream }), shardId, sequenceNumber, subSequenceNumber },
      reason,
      time
    }))

const compareTexts = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

/** Stream by stream, shard by shard, in the order in which the records came. */
export const inOrder = (a: Entry, b: Entry): number =>
  compareTexts(a.stream ?? '', b.stream ?? '') || compareTexts(a.shardId, b.shardId) || Position.compare(a, b)
