/**
 * What is in a file of dead letters: one entry for each record, whatever the size of the letters. An entry keeps where
 * its letter stands, not the letter, so memory grows with the number of records (some hundred bytes each) alone.
 */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import * as Codec from '../codec/DeadLetter'
import * as Lines from '../codec/Lines'
import type * as Dead from '../core/DeadLetter'
import * as Position from '../core/Position'

/** A line of a file: its bytes without the newline, and where they begin. */
export interface Line {
  readonly content: Buffer
  readonly offset: number
}

const CHUNK = 1 << 20

/** The lines of a file in order; a last one without a newline is one too. Throws what `node:fs` throws. */
export function* lines(file: string): Generator<Line, void> {
  const fd = fs.openSync(file, 'r')
  try {
    const splitter = Lines.make()
    let found: Array<Line> = []
    let offset = 0
    const onLine = (content: Buffer): void => {
      found.push({ content, offset })
      offset += content.length + 1
    }
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK)
      const size = fs.readSync(fd, chunk, 0, CHUNK, null)
      if (size === 0) break
      found = []
      splitter.push(chunk.subarray(0, size), onLine)
      yield* found
    }
    found = []
    if (splitter.pending() > 0) splitter.push(Buffer.from('\n'), onLine)
    yield* found
  } finally {
    fs.closeSync(fd)
  }
}

/** A record that has a dead letter, by the newest of its letters. */
export interface Entry {
  /** Counted from 1, in the order of the first letters. */
  readonly number: number
  readonly shardId: string
  readonly sequenceNumber: string
  readonly subSequenceNumber: number
  readonly partitionKey: string
  /** Its beginning. */
  readonly reason: string
  readonly errorName: string | null
  /** Milliseconds since 1970. */
  readonly time: number
  /** How many letters there are of this record: it was delivered again, and failed again. */
  readonly letters: number
  /** Where the newest letter stands. */
  readonly at: { readonly file: string; readonly offset: number; readonly size: number }
}

export interface Unreadable extends Codec.Unreadable {
  readonly file: string
}

export interface Index {
  /** By number. */
  readonly entries: ReadonlyArray<Entry>
  readonly unreadable: ReadonlyArray<Unreadable>
}

/** What makes two letters those of one record. */
export const keyOf = (letter: Position.Position & { readonly shardId: string }): string =>
  `${Position.show(letter)} ${letter.shardId}`

/** The letter on a line; null: the line is empty. */
export const letterOn = (content: Buffer): E.Either<Codec.Unreadable, Dead.DeadLetter> | null =>
  Codec.read(content)[0] ?? null

const REASON = 200

/** A copy of the beginning: a slice would keep the whole text in memory. */
const beginning = (text: string): string => Buffer.from(text.slice(0, REASON)).toString()

const entryOf = (
  letter: Dead.DeadLetter,
  at: Entry['at'],
  before: Entry | undefined,
  number: number
): Entry =>
  before !== undefined && before.time > letter.time
    ? { ...before, letters: before.letters + 1 }
    : {
        number,
        shardId: beginning(letter.shardId),
        sequenceNumber: letter.sequenceNumber,
        subSequenceNumber: letter.subSequenceNumber,
        partitionKey: beginning(letter.partitionKey),
        reason: beginning(letter.reason),
        errorName: letter.error === null ? null : beginning(letter.error.name),
        time: letter.time,
        letters: (before?.letters ?? 0) + 1,
        at
      }

/** Reads the files, in this order, as one. Throws what `node:fs` throws. */
export const read = (files: ReadonlyArray<string>): Index => {
  const entries = new Map<string, Entry>()
  const unreadable: Array<Unreadable> = []
  for (const file of files) {
    let line = 0
    for (const { content, offset } of lines(file)) {
      line += 1
      const letter = letterOn(content)
      if (letter === null) continue
      if (E.isLeft(letter)) {
        unreadable.push({ ...letter.left, line, file })
        continue
      }
      const key = keyOf(letter.right)
      const before = entries.get(key)
      const at = { file, offset, size: content.length }
      entries.set(key, entryOf(letter.right, at, before, before?.number ?? entries.size + 1))
    }
  }
  return { entries: [...entries.values()], unreadable }
}

/** The letter of an entry. Left: it is not there any more. */
export const letterOf = ({ at }: Entry): E.Either<string, Dead.DeadLetter> => {
  const bytes = Buffer.alloc(at.size)
  const fd = fs.openSync(at.file, 'r')
  try {
    const size = fs.readSync(fd, bytes, 0, at.size, at.offset)
    const letter = letterOn(bytes.subarray(0, size))
    return letter === null || E.isLeft(letter) ? E.left(`${at.file} was changed while it was read`) : letter
  } finally {
    fs.closeSync(fd)
  }
}

/** The order in which the records of a shard came. */
export const inOrder = (a: Entry, b: Entry): number =>
  a.shardId === b.shardId ? Position.compare(a, b) : a.shardId < b.shardId ? -1 : 1
