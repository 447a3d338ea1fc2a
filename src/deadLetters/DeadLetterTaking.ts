/**
 * Letters that are not in FILE but in FILE.taken beside it, and how they come back.
 *
 * Versions that had no journal replayed by renaming FILE to FILE.taken; one that was killed has left it there. `compact` makes
 * the same name for the old file before it puts the new one in place (see `DeadLetterCompact`), so that older versions
 * find these letters, too.
 */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Disk from '../files/Disk'
import type * as Index from './DeadLetterIndex'
import * as Marks from './DeadLetterMarks'
import * as FileLines from '../files/FileLines'
import * as Twin from '../files/Twin'

/** What changes the disk, each durable when it returns; given so that a test can end before and after each. */
export interface Steps {
  /** One more name for a file. Throws where there is such a name. */
  readonly link: (from: string, to: string) => void
  /** One write at the end of the file. Throws when the disk does not take all of it. */
  readonly append: (file: string, bytes: Buffer) => void
  readonly rename: (from: string, to: string) => void
  readonly remove: (file: string) => void
  readonly dropMarks: (file: string) => void
}

const syncNames = (file: string): void => Disk.node.syncFolder(path.dirname(file))

export const onDisk: Steps = {
  link: (from, to) => {
    fs.linkSync(from, to)
    syncNames(to)
  },
  append: Disk.append,
  rename: (from, to) => {
    fs.renameSync(from, to)
    syncNames(to)
  },
  remove: (file) => {
    fs.unlinkSync(file)
    syncNames(file)
  },
  dropMarks: Marks.drop
}

export const takenName = (file: string): string => `${file}.taken`

const isSame = (a: string, b: string): boolean => {
  const [one, other] = [a, b].map((file) => fs.statSync(file, { throwIfNoEntry: false }))
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev
}

/**
 * Where letters of the file are. While another file is aside, the marks are of that one: it had the name when they were
 * written. What came since is all to be done.
 */
export const places = (file: string): ReadonlyArray<Index.Part> => {
  const taken = takenName(file)
  const isAside = fs.existsSync(taken) && !isSame(taken, file)
  return [
    ...(isAside ? [{ file: taken, done: Marks.read(file) }] : []),
    ...(fs.existsSync(file) ? [{ file, done: isAside ? Marks.none : Marks.read(file) }] : [])
  ]
}

const NEWLINE = Buffer.from('\n')
const PORTION = 1 << 20

/** Appends whole lines in portions. Each begins a line of its own, also where a writer died in the middle of one. */
export const appender = (file: string, append: Steps['append']) => {
  let parts: Array<Buffer> = []
  let size = 0
  const flush = (): void => {
    if (size === 0) return
    const begin = fs.statSync(file).size === 0 ? [] : [NEWLINE]
    append(file, Buffer.concat([...begin, ...parts]))
    parts = []
    size = 0
  }
  const add = (content: Buffer): void => {
    parts.push(content, NEWLINE)
    size += content.length + 1
    if (size >= PORTION) flush()
  }
  return { add, flush }
}

export const isEmpty = (content: Buffer): boolean => content.toString('latin1').trim() === ''

/** Appends what is aside and is not done to the file, but not what is there already. */
const putBack = (file: string, append: Steps['append']): void => {
  const there = new Set<string>()
  for (const { content } of FileLines.of(file)) there.add(Marks.digest(content))
  const taken = takenName(file)
  const done = Marks.read(file)
  const { add, flush } = appender(file, append)
  for (const { content, offset } of FileLines.of(taken))
    if (!isEmpty(content) && !done.has(offset, content) && !there.has(Marks.digest(content))) add(content)
  flush()
}

/**
 * Puts back what a process that was killed has left aside; for the holder of the file's lock. It may be killed itself at
 * any step, and the next one goes on. @returns whether letters came back.
 */
export const recover = (file: string, steps: Steps = onDisk): boolean => {
  const taken = takenName(file)
  if (!fs.existsSync(taken)) return false
  if (isSame(taken, file)) {
    steps.remove(taken)
    return false
  }
  if (!fs.existsSync(file)) {
    // It keeps its marks. Should a worker make the file meanwhile, this fails, and the next attempt finds it.
    steps.link(taken, file)
    steps.remove(taken)
    return true
  }
  putBack(file, steps.append)
  // Not later: they would be taken for marks of the file.
  steps.dropMarks(file)
  steps.remove(taken)
  return true
}

/** Copies the letters at these places, in the order of the file, to a new file of the same owner and mode. */
export const copy = (file: string, to: string, isChosen: (line: Marks.Line) => boolean): void => {
  fs.closeSync(Twin.create(to, fs.statSync(file)))
  syncNames(to)
  const { add, flush } = appender(to, onDisk.append)
  for (const { content, offset } of FileLines.of(file))
    if (!isEmpty(content) && isChosen({ offset, digest: Marks.digest(content) })) add(content)
  flush()
}
