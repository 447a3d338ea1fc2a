/**
 * Where those records are remembered, on disk, so that they outlive the worker: a journal beside a file.
 *
 * Several workers of the application may write at the same time, and one that is about to end writes in the middle of it.
 * So nothing is ever changed where it lies: what becomes known is one appended line. Who clears away what is done with
 * renames the journal, appends what is still open to a new one, and removes the old one; who appends looks whether the
 * journal is still the one it wrote to, and otherwise writes once more.
 *
 * The file has the layout of version 0.1, which knows no journal. It holds what that version
 * can make use of, for a return to it, and what it adds is read.
 */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { explain } from '../protocol/wire/Explain'
import * as Failure from '../core/Failure'
import * as Disk from '../files/Disk'
import * as Owner from '../files/Owner'
import * as Quarantine from './Quarantine'

const HowCodec = t.union([t.literal('hung'), t.literal('exited'), t.literal('memory'), t.literal('crashed')])
const PartCodec = t.union([t.literal('handler'), t.literal('outputs'), t.literal('letter')])
const PositionCodec = t.type({ sequenceNumber: t.string, subSequenceNumber: t.number }, 'a position')

const EntryCodec = t.intersection(
  [
    t.type({ shardId: t.string, from: PositionCodec, to: PositionCodec, time: t.number }, 'an entry'),
    t.partial({ stream: t.union([t.string, t.null]), part: PartCodec, how: HowCodec }, 'an entry')
  ],
  'an entry'
)
const FileCodec = t.type({ hung: t.array(EntryCodec, 'a list of entries') }, 'the file of records that hang')

const LineCodec = t.union([
  t.type({ event: t.union([t.literal('suspected'), t.literal('charged')]), entry: EntryCodec }),
  t.type({
    event: t.literal('covered'),
    stream: t.string,
    shardId: t.string,
    position: PositionCodec,
    time: t.number
  })
])

/** Version 0.1 noted the record alone. */
const entryOf = ({ stream, part, how, ...rest }: t.TypeOf<typeof EntryCodec>): Quarantine.Entry => ({
  shardId: rest.shardId,
  from: rest.from,
  to: rest.to,
  time: rest.time,
  stream: stream ?? null,
  part: part ?? 'handler',
  how: how ?? 'hung'
})

const eventOf = (line: t.TypeOf<typeof LineCodec>): Quarantine.Event => {
  switch (line.event) {
    case 'suspected':
      return { _tag: 'Suspected', entry: entryOf(line.entry) }
    case 'charged':
      return { _tag: 'Charged', entry: entryOf(line.entry) }
    case 'covered': {
      const { stream, shardId, position, time } = line
      return { _tag: 'Covered', stream, shardId, position, time }
    }
  }
}

const lineOf = (event: Quarantine.Event): t.TypeOf<typeof LineCodec> => {
  switch (event._tag) {
    case 'Suspected':
      return { event: 'suspected', entry: event.entry }
    case 'Charged':
      return { event: 'charged', entry: event.entry }
    case 'Covered': {
      const { stream, shardId, position, time } = event
      return { event: 'covered', stream, shardId, position, time }
    }
  }
}

// -- reading ----------------------------------------------------------------------------------------------------------

const textOf = (file: string): string => {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (thrown) {
    if (Failure.hasCode(thrown, 'ENOENT')) return ''
    throw thrown
  }
}

/** What version 0.1 reads and writes. A range was found once, and each of its records runs by itself. */
const readFile = (file: string): E.Either<string, Quarantine.Known> => {
  try {
    const text = textOf(file)
    if (text === '') return E.right(Quarantine.nothing)
    return pipe(
      FileCodec.decode(JSON.parse(text)),
      E.bimap(
        (errors) => `${file}: ${explain(errors).join('; ')}`,
        ({ hung }) => {
          const entries = hung.map(entryOf)
          return {
            charged: entries.filter(Quarantine.isOne),
            suspects: entries.filter((entry) => !Quarantine.isOne(entry))
          }
        }
      )
    )
  } catch (thrown) {
    return E.left(`${file} cannot be read: ${Failure.describe(thrown)}`)
  }
}

const parsed = (line: string): ReadonlyArray<Quarantine.Event> => {
  try {
    const decoded = LineCodec.decode(JSON.parse(line))
    return E.isRight(decoded) ? [eventOf(decoded.right)] : []
  } catch {
    return []
  }
}

/** A line that a crash has cut off does not count: its writer began the next one on a line of its own. */
const eventsIn = (text: string): ReadonlyArray<Quarantine.Event> => text.split('\n').flatMap(parsed)

export const journalOf = (file: string): string => `${file}.journal`

/** Journals that are being cleared away, or whose clearing was cut short; and the one that is written to, last. */
const journals = (file: string): ReadonlyArray<string> => {
  const [folder, journal] = [path.dirname(file), journalOf(file)]
  const old = `${path.basename(journal)}.`
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.startsWith(old)) : []
  return [...names.sort().map((name) => path.join(folder, name)), journal]
}

const inodeOf = (file: string): number => fs.statSync(file, { throwIfNoEntry: false })?.ino ?? 0

/** Reads until no journal was renamed meanwhile. */
const readJournals = (file: string): ReadonlyArray<Quarantine.Event> => {
  for (;;) {
    const [names, inode] = [journals(file), inodeOf(journalOf(file))]
    const found = names.flatMap((name) => eventsIn(textOf(name)))
    if (inodeOf(journalOf(file)) === inode && journals(file).length === names.length) return found
  }
}

export interface Read {
  readonly known: Quarantine.Known
  /** What could not be read, in a sentence; null: all could. */
  readonly problem: string | null
}

/** What is known at the given time (milliseconds since 1970). */
export const read = (file: string, now: number): Read => {
  const old = readFile(file)
  const before = pipe(
    old,
    E.getOrElse(() => Quarantine.nothing)
  )
  const problem = E.isLeft(old) ? old.left : null
  try {
    return { known: Quarantine.fold(before, readJournals(file), now), problem }
  } catch (thrown) {
    return {
      known: before,
      problem: problem ?? `${journalOf(file)} cannot be read: ${Failure.describe(thrown)}`
    }
  }
}

// -- writing ----------------------------------------------------------------------------------------------------------

/** One write in append mode, on lines of its own whatever was cut before it. Throws what the disk throws. */
const append = (file: string, all: ReadonlyArray<Quarantine.Event>): void => {
  const [journal, folder] = [journalOf(file), path.dirname(file)]
  const text = `\n${all.map((event) => JSON.stringify(lineOf(event))).join('\n')}\n`
  for (;;) {
    const fd = fs.openSync(journal, 'a', 0o600)
    try {
      Owner.give(fd, fs.statSync(folder))
      fs.writeSync(fd, text)
      fs.fsyncSync(fd)
      if (inodeOf(journal) === fs.fstatSync(fd).ino) return Disk.node.syncFolder(folder)
    } finally {
      fs.closeSync(fd)
    }
  }
}

/**
 * Replaces the file at once, with the owner and the mode that it had; what a link names, not the link. Version 0.1 does
 * the same at the same time: what it adds meanwhile may be lost, and is found once more.
 */
const replace = (link: string, entries: Quarantine.Entries): void => {
  const file = Disk.target(link)
  Disk.replace(
    file,
    `${JSON.stringify({ hung: entries }, null, 2)}
`,
    `${file}.${process.pid}`
  )
}

/** To version 0.1 a record is charged, and a range keeps its records apart. */
const copied = ({ charged, suspects }: Quarantine.Known): Quarantine.Entries => [
  ...charged,
  ...suspects.filter((entry) => !Quarantine.isOne(entry))
]

/**
 * The file follows what is known, where version 0.1 would see a difference. It is a copy: when it cannot be written,
 * the journal still has it all.
 */
const follow = (file: string, now: number): void => {
  const there = copied(
    pipe(
      readFile(file),
      E.getOrElse(() => Quarantine.nothing)
    )
  )
  const entries = copied(read(file, now).known)
  if (JSON.stringify(there) === JSON.stringify(entries)) return
  try {
    replace(file, entries)
  } catch {
    return
  }
}

/** Left: why it was not possible. When it is Right, what was said survives a crash. */
export const remember = (
  file: string,
  all: ReadonlyArray<Quarantine.Event>,
  now: number
): E.Either<string, void> => {
  if (all.length === 0) return E.right(undefined)
  return E.tryCatch(
    () => {
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
      append(file, all)
      follow(file, now)
    },
    (thrown) => `${journalOf(file)} cannot be written: ${Failure.describe(thrown)}`
  )
}

/** Up to this many bytes, a journal that holds an open entry is left as it is. */
const LARGE = 256 * 1024

let renamed = 0

/** Another worker may have done so just now. */
const setAside = (journal: string, now: number): void => {
  try {
    fs.renameSync(journal, `${journal}.${now}-${process.pid}-${(renamed += 1)}`)
  } catch (thrown) {
    if (!Failure.hasCode(thrown, 'ENOENT')) throw thrown
  }
}

/** Clears away what is done with. Left: why that was not possible; nothing is lost then. */
export const tidy = (file: string, now: number, large = LARGE): E.Either<string, void> =>
  E.tryCatch(
    () => {
      const journal = journalOf(file)
      const old = journals(file).slice(0, -1)
      const size = fs.statSync(journal, { throwIfNoEntry: false })?.size ?? 0
      if (old.length === 0 && (size === 0 || (size < large && !Quarantine.isEmpty(read(file, now).known))))
        return
      if (size > 0) setAside(journal, now)
      const cleared = journals(file).slice(0, -1)
      const { charged, suspects } = read(file, now).known
      const left: ReadonlyArray<Quarantine.Event> = [
        ...charged.map((entry) => ({ _tag: 'Charged', entry }) as const),
        ...suspects.map((entry) => ({ _tag: 'Suspected', entry }) as const)
      ]
      if (left.length > 0) append(file, left)
      for (const name of cleared) fs.rmSync(name, { force: true })
    },
    (thrown) => `${journalOf(file)} cannot be cleared: ${Failure.describe(thrown)}`
  )
