/** Reads recordings: what is in one, and the entries of a life, in order and with little memory. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Owner from '../files/Owner'
import { parse } from '../protocol/wire/Action'
import * as Line from './Line'
import * as Member from './Member'
import * as Part from './Part'
import * as Recording from './Recording'

/** A file of a recording. */
export interface File {
  readonly file: string
  readonly header: Recording.Header
  readonly bytes: number
}

/** One session, from its first part that is there. */
export interface Life {
  /** Of the first part. */
  readonly header: Recording.Header
  readonly parts: ReadonlyArray<File>
  /** No part is missing before the last one that is there. */
  readonly isWhole: boolean
}

export interface Opened {
  /** By stream, shard and time. */
  readonly lives: ReadonlyArray<Life>
  /** Files that were left out, and why: a sentence each. */
  readonly problems: ReadonlyArray<string>
}

// -- files ------------------------------------------------------------------------------------------------------------

const reading = <A>(file: string, use: (fd: number, stats: fs.Stats) => A): E.Either<string, A> => {
  let fd = -1
  try {
    fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
    return E.right(use(fd, fs.fstatSync(fd)))
  } catch (thrown) {
    return E.left(`${file} cannot be read: ${E.toError(thrown).message}`)
  } finally {
    if (fd >= 0) fs.closeSync(fd)
  }
}

/** What is asked of a file before it is believed. */
const refusal = (stats: fs.Stats): string | null => {
  if (!stats.isFile()) return 'is no regular file'
  const owner = Owner.stranger(stats)
  return owner === null
    ? null
    : `belongs to the user with the id ${owner}; copy it, or run as that user, if you trust it`
}

const firstLine = (fd: number): E.Either<string, Recording.Header> => {
  const first = Member.read(fd).next().value
  if (first === undefined) return E.left('is empty')
  return pipe(
    first,
    E.chain((text) => parse(text.toString('utf8', 0, Math.max(0, text.indexOf(0x0a))))),
    E.mapLeft((problem) => `is not a recording of kclts: ${problem}`),
    E.chain(Recording.header)
  )
}

const openPart = (file: string): E.Either<string, File> =>
  pipe(
    reading(file, (fd, stats): E.Either<string, File> => {
      const refused = refusal(stats)
      if (refused !== null) return E.left(`${file} ${refused}`)
      return pipe(
        firstLine(fd),
        E.bimap(
          (problem) => `${file} ${problem}`,
          (header) => ({ file, header, bytes: stats.size })
        )
      )
    }),
    E.flatten
  )

const filesOf = (place: string): E.Either<string, ReadonlyArray<string>> => {
  try {
    if (!fs.statSync(place).isDirectory()) return E.right([place])
    const names = fs.readdirSync(place).filter(Part.isName).sort()
    return names.length === 0
      ? E.left(`${place} has no recording: none of its files ends in .ndjson.gz`)
      : E.right(names.map((name) => path.join(place, name)))
  } catch (thrown) {
    return E.left(`${place} cannot be read: ${E.toError(thrown).message}`)
  }
}

// -- lives ------------------------------------------------------------------------------------------------------------

const keyOf = ({ header: { stream, shard, life } }: File): string =>
  [stream ?? '', shard, life].join('\u0000')

const byPlace = (a: File, b: File): number => {
  const [one, other] = [keyOf(a), keyOf(b)]
  return one === other ? a.header.part - b.header.part : one < other ? -1 : 1
}

const lifeOf = (parts: readonly [File, ...Array<File>]): Life => ({
  header: parts[0].header,
  parts,
  isWhole: parts.every(({ header }, index) => header.part === index)
})

const livesOf = (parts: ReadonlyArray<File>): ReadonlyArray<Life> => {
  const groups = new Map<string, [File, ...Array<File>]>()
  for (const part of [...parts].sort(byPlace)) {
    const group = groups.get(keyOf(part))
    if (group === undefined) groups.set(keyOf(part), [part])
    else group.push(part)
  }
  return [...groups.values()].map(lifeOf)
}

/**
 * What is in a folder, or in one file. A file that cannot be read is left out.
 *
 * @returns Left: a sentence, if there is nothing to read
 */
export const open = (place: string): E.Either<string, Opened> =>
  pipe(
    filesOf(place),
    E.chain((files) => {
      const opened = files.map(openPart)
      const parts = opened.flatMap((part) => (E.isRight(part) ? [part.right] : []))
      const problems = opened.flatMap((part) => (E.isLeft(part) ? [part.left] : []))
      return parts.length === 0 ? E.left(problems.join('\n')) : E.right({ lives: livesOf(parts), problems })
    })
  )

// -- entries ----------------------------------------------------------------------------------------------------------

/** What the reader knows of the session so far, to go on where something is missing. */
interface Known {
  now: number
  damage: string | null
  end: Line.End | null
  hasGaps: boolean
}

const timeOf = (entries: ReadonlyArray<Recording.Entry>, before: number): number => {
  const last = entries.findLast((entry) => entry._tag === 'Took' && 'now' in entry.input)
  return last?._tag === 'Took' && 'now' in last.input ? last.input.now : before
}

const NEWLINE = 0x0a

/**
 * The lines of a part but the header, each made when it is asked for. A member has whole lines. The last one is Left where
 * the file is damaged or cut.
 */
function* linesOf(fd: number): Generator<E.Either<string, string>, void> {
  let isHeader = true
  for (const member of Member.read(fd)) {
    if (E.isLeft(member)) {
      yield member
      return
    }
    const text = member.right
    let from = 0
    for (let at = text.indexOf(NEWLINE); at >= 0; at = text.indexOf(NEWLINE, from)) {
      if (!isHeader) yield E.right(text.toString('utf8', from, at))
      isHeader = false
      from = at + 1
    }
  }
}

function* entriesOfPart(
  { file, header }: File,
  known: Known
): Generator<ReadonlyArray<Recording.Entry>, void> {
  known.end = null
  const fd = fs.openSync(file, 'r')
  try {
    for (const text of linesOf(fd)) {
      const line = pipe(
        text,
        E.chain((found) => Line.read(header, found, known.now))
      )
      if (E.isLeft(line)) {
        known.damage = `${file} ${line.left}`
        return
      }
      if (line.right._tag === 'End') known.end = line.right.end
      else {
        known.now = timeOf(line.right.entries, known.now)
        known.hasGaps ||= line.right.entries.some(({ _tag }) => _tag === 'Gap')
        yield line.right.entries
      }
    }
  } finally {
    fs.closeSync(fd)
  }
}

/** A session begins where a part does, after others that are missing or damaged. */
const resumed = (header: Recording.Header, why: string | null): ReadonlyArray<Recording.Entry> => {
  const begin = Line.initialize(header, header.from, header.started.monotonic)
  return why === null ? [begin] : [Recording.gap(0, why), begin]
}

/**
 * The entries of a life in order, a few at a time; the last one is `Closed`. Throws what `node:fs` throws when a file is gone
 * meanwhile.
 */
export function* entries(life: Life): Generator<ReadonlyArray<Recording.Entry>, void> {
  const known: Known = { now: life.header.started.monotonic, damage: null, end: null, hasGaps: false }
  let expected = 0
  for (const part of life.parts) {
    const { header } = part
    const isMissing = header.part !== expected
    const why = known.damage ?? (isMissing && expected > 0 ? `part ${expected} of the life is missing` : null)
    if (isMissing || why !== null) yield resumed(header, why)
    yield* entriesOfPart(part, known)
    if (known.end === null) known.damage ??= `${part.file} is cut: its last line is missing`
    expected = header.part + 1
  }
  const { damage, end, hasGaps } = known
  const isComplete = damage === null && life.isWhole && !hasGaps && end !== null && end.complete && !end.more
  yield [Recording.closed(isComplete, end?.dropped ?? 0, damage)]
}
