/**
 * Takes letters out of a file that workers append to meanwhile, so that a kill at any moment loses none.
 *
 * `take` renames FILE to FILE.taken: a worker that has it open goes on in a new FILE (see DeadLetterFile). `settle`
 * appends to FILE what is to stay, on disk, and only then deletes FILE.taken. A FILE.taken that is there at the start is
 * that of a process which was killed: `recover` puts all of it back, so what it had finished is taken again at worst.
 */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Disk from './Disk'
import * as Index from './DeadLetterIndex'

/** What changes the disk, each durable when it returns; given so that a test can end before and after each. */
export interface Steps {
  readonly rename: (from: string, to: string) => void
  /** Makes an empty file with this mode, unless there is one. */
  readonly create: (file: string, mode: number) => void
  /** One write at the end of the file. Throws when the disk does not take all of it. */
  readonly append: (file: string, bytes: Buffer) => void
  readonly remove: (file: string) => void
}

const syncNames = (file: string): void => Disk.node.syncFolder(path.dirname(file))

export const onDisk: Steps = {
  rename: (from, to) => {
    fs.renameSync(from, to)
    syncNames(to)
  },
  create: (file, mode) => {
    const fd = Disk.node.create(file)
    if (fd === null) return
    try {
      fs.fchmodSync(fd, mode)
    } finally {
      fs.closeSync(fd)
    }
    syncNames(file)
  },
  append: (file, bytes) => {
    const fd = Disk.node.open(file)
    try {
      const written = Disk.node.write(fd, bytes)
      if (written < bytes.length)
        throw new Error(`the disk took ${written} of ${bytes.length} bytes of ${file}`)
      Disk.node.sync(fd)
    } finally {
      fs.closeSync(fd)
    }
  },
  remove: (file) => {
    fs.unlinkSync(file)
    syncNames(file)
  }
}

export const takenName = (file: string): string => `${file}.taken`

/** Where letters of the file are: what an earlier or another command has taken comes first. */
export const places = (file: string): ReadonlyArray<string> =>
  [takenName(file), file].filter((one) => fs.existsSync(one))

const NEWLINE = Buffer.from('\n')
const PORTION = 1 << 20

/** Appends whole lines in portions. Each begins a line of its own, also where a writer died in the middle of one. */
const appender = (steps: Steps, file: string) => {
  let parts: Array<Buffer> = []
  let size = 0
  const flush = (): void => {
    if (size === 0) return
    const begin = fs.statSync(file).size === 0 ? [] : [NEWLINE]
    steps.append(file, Buffer.concat([...begin, ...parts]))
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

const isEmpty = (content: Buffer): boolean => content.toString('latin1').trim() === ''

const copy = (steps: Steps, from: string, to: string, isWanted: (content: Buffer) => boolean): void => {
  steps.create(to, fs.statSync(from).mode & 0o777)
  const { add, flush } = appender(steps, to)
  for (const { content } of Index.lines(from)) if (!isEmpty(content) && isWanted(content)) add(content)
  flush()
}

/** The key of the letter on a line; null: it cannot be read. */
const keyOn = (content: Buffer): string | null => {
  const letter = Index.letterOn(content)
  return letter?._tag === 'Right' ? Index.keyOf(letter.right) : null
}

export const take = (file: string, steps: Steps = onDisk): void => {
  steps.rename(file, takenName(file))
  steps.create(file, fs.statSync(takenName(file)).mode & 0o777)
}

/** Puts back everything that was taken but the letters of these records. Lines that cannot be read are put back. */
export const settle = (file: string, isGone: (key: string) => boolean, steps: Steps = onDisk): void => {
  const taken = takenName(file)
  copy(steps, taken, file, (content) => {
    const key = keyOn(content)
    return key === null || !isGone(key)
  })
  steps.remove(taken)
}

/** Copies the letters of these records to another file. */
export const copyTaken = (
  file: string,
  to: string,
  isChosen: (key: string) => boolean,
  steps: Steps = onDisk
): void =>
  copy(steps, takenName(file), to, (content) => {
    const key = keyOn(content)
    return key !== null && isChosen(key)
  })

const digest = (content: Buffer): string => createHash('md5').update(content).digest('base64')

/** Puts back what a process that was killed had taken; lines that it had put back already are not doubled. */
export const recover = (file: string, steps: Steps = onDisk): boolean => {
  const taken = takenName(file)
  if (!fs.existsSync(taken)) return false
  const there = new Set<string>()
  if (fs.existsSync(file)) for (const { content } of Index.lines(file)) there.add(digest(content))
  copy(steps, taken, file, (content) => !there.has(digest(content)))
  steps.remove(taken)
  return true
}
