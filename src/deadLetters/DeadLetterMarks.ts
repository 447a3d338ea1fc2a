/**
 * Which letters of a file are done: the journal `FILE.done`, to which `replay` and `discard` append a line for each.
 * The file of the letters itself is never replaced by them, so that it keeps its owner, its mode and the links to it.
 *
 * A mark names a letter by where its line begins and by a digest of the line, and hides this very line alone: another
 * letter of the same record, written later, stands elsewhere, even if it says the same. A mark that fits no line, since
 * the file was rotated or edited, hides nothing. So a mark may be too weak, and a done letter shows again, but none
 * hides a letter that was not processed.
 *
 * The journal stands beside the file itself, not beside a link to it, as everything else that belongs to the file.
 */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { DeadLetter } from '../core/DeadLetter'
import * as Disk from '../files/Disk'
import * as FileKind from '../files/FileKind'
import * as FileLines from '../files/FileLines'
import * as Twin from '../files/Twin'

/** A line of the file of letters. */
export interface Line {
  /** Where it begins, in bytes. */
  readonly offset: number
  readonly digest: string
}

/** What happened to the letter. `failed again`: the record has another letter. */
export type Reason = 'replayed' | 'failed again' | 'discarded'

export interface Mark {
  readonly line: Line
  readonly letter: Pick<DeadLetter, 'stream' | 'shardId' | 'sequenceNumber' | 'subSequenceNumber'>
  readonly reason: Reason
  /** Milliseconds since 1970. */
  readonly time: number
}

export const journalOf = (file: string): string => `${file}.done`

const DIGEST_LETTERS = 16

/** 96 bits, without the newline. */
export const digest = (content: Buffer): string =>
  createHash('sha256').update(content).digest('base64url').slice(0, DIGEST_LETTERS)

// -- lines ------------------------------------------------------------------------------------------------------------

const Marked = t.type({ offset: t.number, digest: t.string })

const Whole = t.intersection([
  Marked,
  t.type({
    done: t.union([t.literal('replayed'), t.literal('failed again'), t.literal('discarded')]),
    shardId: t.string,
    sequenceNumber: t.string,
    subSequenceNumber: t.number,
    time: t.number
  }),
  t.partial({ stream: t.string })
])

const encode = ({ line, letter, reason, time }: Mark): string =>
  `${JSON.stringify({
    done: reason,
    offset: line.offset,
    digest: line.digest,
    stream: letter.stream,
    shardId: letter.shardId,
    sequenceNumber: letter.sequenceNumber,
    subSequenceNumber: letter.subSequenceNumber,
    time
  })}\n`

const parsed = (content: Buffer): unknown =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(content.toString()),
      () => null
    ),
    E.getOrElse((nothing): unknown => nothing)
  )

/** null: a line that a crash has cut. */
const decode = (content: Buffer): Line | null => {
  const value = parsed(content)
  return Marked.is(value) ? value : null
}

const keyOf = ({ offset, digest: of }: Line): string => `${offset} ${of}`

export interface Marks {
  readonly count: number
  /** Whether the line that begins there is done. */
  readonly has: (offset: number, content: Buffer) => boolean
}

export const none: Marks = { count: 0, has: () => false }

/** Throws when it is not a regular file: to open a named pipe would wait for ever. */
const checkKind = (journal: string): void => {
  const oddity = FileKind.oddity(journal)
  if (oddity !== null)
    throw new Error(`${journal}, the journal of the letters that are done, is ${oddity}; move it away`)
}

/** Throws what `node:fs` throws, unless there is no journal. */
export const read = (file: string): Marks => {
  const journal = journalOf(file)
  if (!fs.existsSync(journal)) return none
  checkKind(journal)
  const keys = new Set<string>()
  const offsets = new Set<number>()
  for (const { content } of FileLines.of(journal)) {
    const line = decode(content)
    if (line === null) continue
    keys.add(keyOf(line))
    offsets.add(line.offset)
  }
  return {
    count: keys.size,
    has: (offset, content) => offsets.has(offset) && keys.has(keyOf({ offset, digest: digest(content) }))
  }
}

/** Every mark of the journal, in its order. Throws what `node:fs` throws, unless there is no journal. */
export const all = (file: string): ReadonlyArray<Mark> => {
  const journal = journalOf(file)
  if (!fs.existsSync(journal)) return []
  checkKind(journal)
  const marks: Array<Mark> = []
  for (const { content } of FileLines.of(journal)) {
    const value = parsed(content)
    if (!Whole.is(value)) continue
    const { offset, digest: of, done, time, stream, ...letter } = value
    marks.push({
      line: { offset, digest: of },
      letter: { ...letter, ...(stream === undefined ? {} : { stream }) },
      reason: done,
      time
    })
  }
  return marks
}

// -- the journal ------------------------------------------------------------------------------------------------------

/** It gets its name once it has its owner and mode: a kill leaves none that others cannot read. */
const create = (file: string, journal: string): void => {
  const next = `${journal}.next`
  fs.rmSync(next, { force: true })
  Disk.using(Twin.create(next, fs.statSync(file)), fs.fsyncSync)
  fs.renameSync(next, journal)
  Disk.node.syncFolder(path.dirname(journal))
}

const NEWLINE = Buffer.from('\n')

/** A crash may have cut the last line. */
const isCut = (file: string): boolean =>
  Disk.using(fs.openSync(file, 'r'), (fd) => {
    const { size } = fs.fstatSync(fd)
    const last = Buffer.alloc(1)
    return size > 0 && Disk.node.read(fd, last, size - 1) === 1 && !last.equals(NEWLINE)
  })

/**
 * Makes the journal if it is missing, and sees that it can be appended to. For the holder of the file's lock, before it
 * does what is to be marked: a letter that is done and cannot be marked comes again. Throws what `node:fs` throws.
 */
export const prepare = (file: string): void => {
  const journal = journalOf(file)
  if (!fs.existsSync(journal)) create(file, journal)
  checkKind(journal)
  Disk.node.close(Disk.node.open(journal))
}

/**
 * Appends marks; they survive a crash when it returns. For the holder of the file's lock. The marked letters' outputs
 * must have been delivered, and what replaces them must be on disk. Throws what the disk throws.
 */
export const append = (file: string, marks: ReadonlyArray<Mark>): void => {
  if (marks.length === 0) return
  const journal = journalOf(file)
  if (!fs.existsSync(journal)) create(file, journal)
  const text = marks.map(encode).join('')
  Disk.append(journal, Buffer.from(isCut(journal) ? `\n${text}` : text))
}

/** Forgets all marks, durably. */
export const drop = (file: string): void => {
  fs.rmSync(journalOf(file), { force: true })
  Disk.node.syncFolder(path.dirname(file))
}
