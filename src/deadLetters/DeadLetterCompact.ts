/**
 * Takes the letters that are done out of a file that workers append to meanwhile. This is the only thing that puts
 * another file in its place; the new one has the owner, group and mode of the old one, and links to it stay.
 *
 * What is to stay is copied to FILE.next first. Then, in this order, each step durable:
 *
 * 1. FILE.taken becomes a second name of the old file.
 * 2. FILE.next is renamed to FILE: the name is never missing.
 * 3. What was appended to the old file since it was copied is appended to the new one.
 * 4. The journal is removed, and then FILE.taken.
 *
 * Killed before 1, nothing has happened. Killed between 1 and 2, FILE and FILE.taken are one file, and the name is
 * removed. Killed later, all letters of FILE.taken that are neither done nor in FILE are appended to FILE by the command that
 * takes the lock next, an older version included. While FILE.taken is another file than FILE, the marks are those of
 * FILE.taken (`DeadLetterTaking.places`), so that at no step a mark hides a letter that it was not made for.
 *
 * Appenders look whether the gate is shut, and wait a little (`DeadLetterFile`). They need not: one that has the old file
 * open writes either before 2, and step 3 carries its letter over, or after 2, and finds that the name belongs to another
 * file, and writes its letter again. Older versions, which know no gate, do the latter as well. A letter may so be there
 * twice, which counts as one, and is never missing.
 *
 * All of this needs one kernel and one folder: see `Sharing`.
 */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import * as Marks from './DeadLetterMarks'
import * as Taking from './DeadLetterTaking'
import * as FileLines from '../files/FileLines'
import * as Lock from '../files/Lock'
import * as LockFolder from '../files/LockFolder'
import * as Twin from '../files/Twin'

export interface Compacted {
  /** Letters that were done. */
  readonly removed: number
  /** Bytes of the file. */
  readonly before: number
  readonly after: number
}

const GATE_MS = 1000

/** What is copied: the letters of an open file that are not done, from a position on. */
interface From {
  readonly fd: number
  readonly start: number
  readonly done: Marks.Marks
  /** Whether a line that has no end yet is copied too; it is left for later otherwise. */
  readonly isLast: boolean
}

interface Copied {
  readonly removed: number
  /** How far the old file was read. */
  readonly end: number
}

const copy = ({ fd, start, done, isLast }: From, to: string, { append }: Taking.Steps): Copied => {
  const { add, flush } = Taking.appender(to, append)
  let removed = 0
  let end = start
  for (const { content, offset, isEnded } of FileLines.from(fd, start)) {
    if (!isEnded && !isLast) break
    end = offset + content.length + (isEnded ? 1 : 0)
    if (done.has(offset, content)) removed += 1
    else if (!Taking.isEmpty(content)) add(content)
  }
  flush()
  return { removed, end }
}

/** Why another file cannot take the place of this one unnoticed; null: it can. */
const refusal = (file: string, next: string): string | null => {
  const old = fs.statSync(file)
  if (old.nlink > 1) return `${file} has another name (a hard link), which would keep the old letters`
  return Twin.isAlike(old, fs.statSync(next))
    ? null
    : `this user cannot make a file with the owner and the mode of ${file} (user ${old.uid}, group ${old.gid}); run it as that user or as root`
}

const rewrite = (file: string, next: string, steps: Taking.Steps): E.Either<string, Compacted> => {
  const done = Marks.read(file)
  const fd = fs.openSync(file, 'r')
  try {
    fs.closeSync(Twin.create(next, fs.fstatSync(fd)))
    const why = refusal(file, next)
    if (why !== null) return E.left(why)
    const { removed, end } = copy({ fd, start: 0, done, isLast: false }, next, steps)
    const gate = Lock.acquireNew(LockFolder.gateOf(file), { timeout: GATE_MS })
    if (E.isLeft(gate)) return gate
    const before = fs.fstatSync(fd).size
    let start = end
    try {
      start = copy({ fd, start, done, isLast: false }, next, steps).end
      steps.link(file, Taking.takenName(file))
      steps.rename(next, file)
    } finally {
      gate.right.release()
    }
    // What came between the last look and the rename.
    copy({ fd, start, done, isLast: true }, file, steps)
    steps.dropMarks(file)
    steps.remove(Taking.takenName(file))
    return E.right({ removed, before, after: fs.statSync(file).size })
  } finally {
    fs.closeSync(fd)
  }
}

/**
 * For the holder of the file's lock, after `Taking.recover`.
 *
 * Left: why the file stays as it is. Throws what the disk throws; the next command that takes the lock tidies up.
 */
export const compact = (file: string, steps: Taking.Steps = Taking.onDisk): E.Either<string, Compacted> => {
  const next = `${file}.next`
  fs.rmSync(next, { force: true })
  try {
    return rewrite(file, next, steps)
  } finally {
    fs.rmSync(next, { force: true })
  }
}
