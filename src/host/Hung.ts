/**
 * The records whose handler never returned, in a small file that outlives the worker: when they come again the failure
 * policy has them, and the handler does not run.
 */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { explain } from '../codec/Explain'
import * as Failure from '../core/Failure'
import type { KinesisRecord } from '../core/KinesisRecord'
import * as Position from '../core/Position'

/** One call of the handler: for one record both ends are the same, for a batch handler's they are the first and the last. */
export interface Entry {
  readonly shardId: string
  readonly from: Position.Position
  readonly to: Position.Position
  /** When it was found: milliseconds since 1970. */
  readonly time: number
}

export type Entries = ReadonlyArray<Entry>

const PositionCodec = t.type({ sequenceNumber: t.string, subSequenceNumber: t.number }, 'a position')
const EntryCodec = t.type(
  { shardId: t.string, from: PositionCodec, to: PositionCodec, time: t.number },
  'an entry'
)
const FileCodec = t.type({ hung: t.array(EntryCodec, 'a list of entries') }, 'the file of records that hang')

const isOne = ({ from, to }: Entry): boolean => Position.compare(from, to) === 0

const isWithin = (record: KinesisRecord, { shardId, from, to }: Entry): boolean =>
  record.shardId === shardId && Position.compare(from, record) <= 0 && Position.compare(record, to) <= 0

/**
 * Whether the handler must not be called with these records. Several at once are not run when any of them may be
 * the one that hangs: the session then tries them one by one, and only a record that hung by itself is not run.
 */
export const forbids = (entries: Entries, records: ReadonlyArray<KinesisRecord>): boolean =>
  entries.some(
    (entry) => (records.length > 1 || isOne(entry)) && records.some((record) => isWithin(record, entry))
  )

/** The longest that Kinesis keeps a record: one that hung before that never comes again. */
const RETENTION_MS = 365 * 24 * 60 * 60 * 1000

/** Without those that a checkpoint at this position covers: they do not come again. */
export const uncovered = (entries: Entries, shardId: string, position: Position.Position): Entries =>
  entries.filter((entry) => entry.shardId !== shardId || Position.compare(entry.to, position) > 0)

// -- the file ---------------------------------------------------------------------------------------------------------

const hasCode = (thrown: unknown, code: string): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === code

/** Right: no entries when there is no file. Left: it cannot be read, or is not what we write. */
export const read = (file: string): E.Either<string, Entries> => {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(file, 'utf8'))
    return pipe(
      FileCodec.decode(value),
      E.bimap(
        (errors) => `${file}: ${explain(errors).join('; ')}`,
        ({ hung }) => hung
      )
    )
  } catch (thrown) {
    return hasCode(thrown, 'ENOENT')
      ? E.right([])
      : E.left(`${file} cannot be read: ${Failure.show(Failure.fromUnknown(thrown))}`)
  }
}

/** The whole file is replaced at once, durably: a crash leaves the old one or the new one. Throws what the disk throws. */
const replace = (file: string, entries: Entries): void => {
  const folder = path.dirname(file)
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  const next = `${file}.${process.pid}`
  const fd = fs.openSync(next, 'w', 0o600)
  try {
    fs.writeFileSync(fd, `${JSON.stringify({ hung: entries }, null, 2)}\n`)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  fs.renameSync(next, file)
  const opened = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(opened)
  } finally {
    fs.closeSync(opened)
  }
}

/**
 * Reads the file, since another worker of the application may have written to it, and replaces it if there is
 * something to change. A file that cannot be understood is written anew.
 *
 * Left: why that was not possible.
 */
const change = (file: string, f: (entries: Entries) => Entries, now: number): E.Either<string, void> => {
  const before = E.getOrElse((): Entries => [])(read(file))
  const after = f(before).filter(({ time }) => now - time < RETENTION_MS)
  if (after.length === before.length && after.every((entry, i) => entry === before[i]))
    return E.right(undefined)
  return E.tryCatch(
    () => replace(file, after),
    (thrown) => `${file} cannot be written: ${Failure.show(Failure.fromUnknown(thrown))}`
  )
}

/** When it is Right the entry survives a crash. */
export const add = (file: string, entry: Entry): E.Either<string, void> =>
  change(file, (entries) => [...entries, entry], entry.time)

/** A checkpoint at this position was acknowledged. */
export const cover = (
  file: string,
  shardId: string,
  position: Position.Position,
  now: number
): E.Either<string, void> => change(file, (entries) => uncovered(entries, shardId, position), now)
