/**
 * Dead letters in a file that many processes of one machine share.
 *
 * Each letter is appended by one write (O_APPEND), so writers do not cut into one another's lines. What can still go
 * wrong is seen and put right: a line that a crash or a full disk has cut is closed with a newline first, and a letter
 * that got glued to such a line after we looked is found by reading it back, and written again.
 */
import type * as fs from 'node:fs'
import { accessSync, constants } from 'node:fs'
import * as path from 'node:path'
import { getSystemErrorMap } from 'node:util'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as DeadLetterCodec from './DeadLetterCodec'
import type { DeadLetter } from '../core/DeadLetter'
import * as Failure from '../core/Failure'
import * as Disk from '../files/Disk'
import * as FileKind from '../files/FileKind'
import * as Folders from '../files/Folders'
import * as LockFolder from '../files/LockFolder'

export interface DeadLetterFile {
  /**
   * Right: the letter is on disk and survives a crash of the machine.
   * Left: it may not be; the failure says why, and what to do.
   */
  readonly bury: (letter: DeadLetter) => E.Either<Failure.Failure, void>
  /** Letters after it are refused. Closing twice does nothing. */
  readonly close: () => E.Either<Failure.Failure, void>
}

const NEWLINE = Buffer.from('\n')

/** Letters cut apart this often in a row are no coincidence. */
const ATTEMPTS = 3

// -- failures ---------------------------------------------------------------------------------------------------------

const ELSEWHERE = 'or name another file in failure.deadLetters'

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'free space on that disk'],
  ['EDQUOT', 'raise the quota or free space'],
  ['EFBIG', 'move the file away or raise the limit on file sizes'],
  ['EROFS', 'mount it writable'],
  ['EACCES', 'let this user read and write the file and enter its folder'],
  ['EPERM', 'let this user read and write the file (is it immutable?)'],
  ['EISDIR', 'it is a folder: name a file in it'],
  ['ENOTDIR', 'a part of the path is a file: make it a folder'],
  ['ENOENT', 'make its folder (is it a link to nowhere?)'],
  ['ELOOP', 'its symbolic links form a circle: correct them'],
  ['EIO', "replace the disk: the kernel's log says what is wrong with it"],
  ['EMFILE', 'raise the limit on open files'],
  ['ENFILE', 'raise the limit on open files']
])

/** The operating system's words for what `node:fs` threw, and what to do. */
const failed =
  (doing: string) =>
  (thrown: unknown): Failure.Failure => {
    const { name, message } = Failure.fromUnknown(thrown)
    if (!(thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'))
      return Failure.make(name, `${doing}: ${message}`)
    const known = 'errno' in thrown && typeof thrown.errno === 'number' ? thrown.errno : 0
    const text = getSystemErrorMap().get(known)?.[1] ?? message
    const advice = ADVICE.get(thrown.code)
    return Failure.make(
      thrown.code,
      `${text}, ${doing}; ${advice === undefined ? ELSEWHERE.slice(3) : `${advice}, ${ELSEWHERE}`}`
    )
  }

// -- opening ----------------------------------------------------------------------------------------------------------

/** Where files do not last, by the numbers of statfs(2) (linux/magic.h). */
const VOLATILE: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs, which is memory: they are lost when the machine or the container stops'],
  [0x858458f6, 'ramfs, which is memory: they are lost when the machine or the container stops'],
  [0x794c7630, "overlayfs, a container's own layer: they are lost when the container is removed"]
])

const notAFile = (file: string, what: string): Failure.Failure =>
  Failure.make(
    'NotAFile',
    `${file} is ${what}; dead letters need a regular file: name one in failure.deadLetters`
  )

/** What would make the first dead letter fail or vanish, though the file could be opened. */
const refusal = (file: string, stats: fs.Stats, space: fs.StatsFs): Failure.Failure | null => {
  if (!stats.isFile()) return notAFile(file, FileKind.nameOf(stats))
  return full(file, space)
}

/** A file system that has no blocks at all does not count them. */
const full = (file: string, { blocks, bavail }: fs.StatsFs): Failure.Failure | null =>
  blocks > 0 && bavail === 0
    ? Failure.make('ENOSPC', `no space left on the disk of ${file}; free some, ${ELSEWHERE}`)
    : null

const warnings = (file: string, stats: fs.Stats, space: fs.StatsFs): ReadonlyArray<string> => {
  const found: Array<string> = []
  const volatile = VOLATILE.get(space.type)
  if (volatile !== undefined)
    found.push(
      `dead letters in ${file} are on ${volatile}, and a checkpoint covers their records by then; ` +
        'name a file on a disk or a mounted volume in failure.deadLetters'
    )
  // Windows shows 0666 for every file: access is not in the mode there.
  if (process.platform !== 'win32' && (stats.mode & 0o066) !== 0)
    found.push(
      `${file} holds whole records and has mode ${(stats.mode & 0o777).toString(8)}: ` +
        'others can read or write it; chmod 600 if they should not'
    )
  return found
}

/**
 * Opens what is there, or makes it and its folders durably: the target, where the file is a symbolic link, also to
 * nowhere as yet. Throws what the disk throws.
 */
const openOrCreate = (disk: Disk.Disk, link: string): number => {
  const file = Disk.target(link)
  const folder = path.dirname(file)
  Disk.mkdirs(disk, folder)
  const created = disk.create(file)
  if (created === null) return disk.open(file)
  try {
    disk.syncFolder(folder)
  } catch (problem) {
    disk.close(created)
    throw problem
  }
  return created
}

const openChecked = (
  disk: Disk.Disk,
  file: string,
  onWarning: (message: string) => void
): E.Either<Failure.Failure, number> => {
  const opened = E.flatten(
    E.tryCatch(
      () =>
        FileKind.isDescriptor(file)
          ? E.left(notAFile(file, FileKind.DESCRIPTOR_NAME))
          : E.right(openOrCreate(disk, file)),
      failed(`opening ${file}`)
    )
  )
  if (E.isLeft(opened)) return opened
  const fd = opened.right
  const checked = pipe(
    E.tryCatch(() => ({ stats: disk.fstat(fd), space: disk.statfs(file) }), failed(`looking at ${file}`)),
    E.chain(({ stats, space }) => {
      const problem = refusal(file, stats, space)
      return problem === null ? E.right(warnings(file, stats, space)) : E.left(problem)
    })
  )
  if (E.isLeft(checked)) {
    // The first problem is the one to report.
    E.tryCatch(() => disk.close(fd), failed(`closing ${file}`))
    return checked
  }
  checked.right.forEach(onWarning)
  return opened
}

/** As `openChecked`, where there is no file yet: its folder, or the nearest one that is there. */
const examineFolder = (
  disk: Disk.Disk,
  file: string,
  onWarning: (message: string) => void
): E.Either<Failure.Failure, void> => {
  const folder = path.dirname(file)
  const access = E.tryCatch(
    () => accessSync(Folders.nearest(folder), constants.W_OK | constants.X_OK),
    failed(`opening ${file}`)
  )
  if (E.isLeft(access)) return access
  const obstacle = Folders.obstacle(folder)
  if (obstacle !== null) return E.left(Failure.make('Unusable', `${obstacle}; ${ELSEWHERE.slice(3)}`))
  if (disk.stat(folder) === undefined)
    onWarning(`failure.deadLetters: there is no folder ${folder}; a start makes it`)
  const problem = full(file, disk.statfs(Folders.nearest(folder)))
  return problem === null ? E.right(undefined) : E.left(problem)
}

// -- appending --------------------------------------------------------------------------------------------------------

/** The bytes from a position to the end of the file. */
const tail = (disk: Disk.Disk, fd: number, from: number): Buffer => {
  const bytes = Buffer.alloc(Math.max(0, disk.fstat(fd).size - from))
  return bytes.subarray(0, disk.read(fd, bytes, from))
}

/** Throws what the disk throws. Left: the disk takes no more, without saying why. */
const append = (disk: Disk.Disk, fd: number, bytes: Buffer): E.Either<string, void> => {
  let rest = bytes
  while (rest.length > 0) {
    const written = disk.write(fd, rest)
    if (written <= 0) return E.left('the disk takes no more bytes, and gives no reason')
    rest = rest.subarray(written)
  }
  return E.right(undefined)
}

type Appended = 'Whole' | 'Broken'

/**
 * Appends a line, then reads it back. Broken: it does not stand between two newlines, because another writer died
 * in the middle of a line, or wrote between two parts of ours, after we had looked.
 */
const appendLine = (disk: Disk.Disk, fd: number, line: Buffer): E.Either<string, Appended> => {
  const { size } = disk.fstat(fd)
  const from = Math.max(0, size - 1)
  const framed = Buffer.concat([NEWLINE, line])
  const isOpen = size > 0 && !tail(disk, fd, from).subarray(0, 1).equals(NEWLINE)
  const appended = append(disk, fd, isOpen ? framed : line)
  if (E.isLeft(appended)) return appended
  // Shorter than it must be now: it was cut meanwhile (logrotate's copytruncate), and the line may be anywhere.
  const start = disk.fstat(fd).size < size + line.length ? 0 : from
  const found = tail(disk, fd, start)
  const whole = (start === 0 ? Buffer.concat([NEWLINE, found]) : found).includes(framed)
  return E.right(whole ? 'Whole' : 'Broken')
}

/** The path names another file than the one that is open, or none: it was rotated or deleted. */
const isMoved = (disk: Disk.Disk, file: string, fd: number): boolean => {
  const there = disk.stat(file)
  const ours = disk.fstat(fd)
  return there === undefined || there.ino !== ours.ino || there.dev !== ours.dev
}

/** A compaction shuts the gate for some milliseconds. One that is stopped in the middle must not stop us. */
const PATIENCE_MS = 500
const LOOK_MS = 2

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Waits while a new file is put in place of the old one; nothing is lost if we do not: see `DeadLetterCompact`. */
const giveWay = (file: string): void => {
  try {
    const gate = LockFolder.gateOf(Disk.target(file))
    for (let waited = 0; waited < PATIENCE_MS && LockFolder.isHeld(gate); waited += LOOK_MS)
      Atomics.wait(pause, 0, 0, LOOK_MS)
  } catch {
    // What is wrong with the path is found, and said, where the file is looked at.
  }
}

// -- the file ---------------------------------------------------------------------------------------------------------

class Appender implements DeadLetterFile {
  constructor(
    private readonly disk: Disk.Disk,
    private readonly file: string,
    private readonly onWarning: (message: string) => void,
    /** null: it is closed. */
    private fd: number | null
  ) {}

  readonly bury = (letter: DeadLetter): E.Either<Failure.Failure, void> => {
    const line = Buffer.from(DeadLetterCodec.encode(letter))
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      giveWay(this.file)
      const fd = this.#current()
      if (E.isLeft(fd)) return fd
      const appended = this.#append(fd.right, line)
      if (E.isLeft(appended)) return appended
      if (appended.right === 'Broken') continue
      // Renamed between our look and our write: who renamed it may have read it to its end by then.
      const moved = this.#isMoved(fd.right)
      if (E.isLeft(moved)) return moved
      if (!moved.right) return E.right(undefined)
    }
    return E.left(
      Failure.make(
        'Interleaved',
        `${this.file}: ${ATTEMPTS} times in a row, other writers broke up the letter; ` +
          'is the file on a network file system, or does another program write to it? Name another file in failure.deadLetters'
      )
    )
  }

  readonly close = (): E.Either<Failure.Failure, void> => {
    const fd = this.fd
    if (fd === null) return E.right(undefined)
    this.fd = null
    return E.tryCatch(() => this.disk.close(fd), failed(`closing ${this.file}`))
  }

  #append(fd: number, line: Buffer): E.Either<Failure.Failure, Appended> {
    const doing = `writing ${line.length} bytes to ${this.file}`
    return pipe(
      E.tryCatch(() => appendLine(this.disk, fd, line), failed(doing)),
      E.chain(E.mapLeft((why: string) => Failure.make('ShortWrite', `${why}, ${doing}`))),
      // A failed sync is never tried again: the kernel forgets the pages it could not write, and would say yes.
      E.chainFirst((appended) =>
        appended === 'Broken'
          ? E.right(undefined)
          : E.tryCatch(() => this.disk.sync(fd), failed(`syncing ${this.file} to disk`))
      )
    )
  }

  #isMoved(fd: number): E.Either<Failure.Failure, boolean> {
    return E.tryCatch(() => isMoved(this.disk, this.file, fd), failed(`looking at ${this.file}`))
  }

  /** The descriptor to write to; a new one when the file was moved away, since letters must be where they are sought. */
  #current(): E.Either<Failure.Failure, number> {
    const fd = this.fd
    if (fd === null) return E.left(Failure.make('Closed', `${this.file} was closed before this dead letter`))
    const moved = this.#isMoved(fd)
    if (E.isLeft(moved)) return moved
    if (!moved.right) return E.right(fd)
    this.onWarning(
      `${this.file} was moved or deleted while it was open; further dead letters go to a new file there`
    )
    return pipe(
      openChecked(this.disk, this.file, this.onWarning),
      E.chainFirst((opened) => {
        this.fd = opened
        return E.tryCatch(() => this.disk.close(fd), failed(`closing the old ${this.file}`))
      })
    )
  }
}

/**
 * Opens the file at start, so that a read-only or full disk is found then and not at the first poison record.
 *
 * The file is made with mode 0600 if it is missing, and its folders too; both are synced before this returns. Nothing
 * is written to it: a full disk is recognised by the free blocks that statfs counts for ordinary users, so a quota that is
 * used up is found at the first letter only. Many processes of one machine may have it open; on NFS, appends from
 * several machines can overwrite each other.
 *
 * @param onWarning a sentence for each thing that works now but may lose or leak letters: a file in memory or in a
 * container's layer, a file that others can read, a file that was moved while it was open.
 * @returns Left: it cannot be opened for reading and appending, is not a regular file, or its disk is full.
 */
export const open = (
  file: string,
  onWarning: (message: string) => void,
  disk: Disk.Disk = Disk.node
): E.Either<Failure.Failure, DeadLetterFile> => {
  const absolute = path.resolve(file)
  return pipe(
    openChecked(disk, absolute, onWarning),
    E.map((fd) => new Appender(disk, absolute, onWarning, fd))
  )
}

/** What `open` would say. Nothing is made: of a file that is not there yet its folder is looked at. */
export const examine = (
  file: string,
  onWarning: (message: string) => void,
  disk: Disk.Disk = Disk.node
): E.Either<Failure.Failure, void> => {
  const absolute = path.resolve(file)
  return pipe(
    E.tryCatch(() => Disk.target(absolute), failed(`looking at ${absolute}`)),
    E.chain((target) =>
      disk.stat(target) === undefined
        ? examineFolder(disk, target, onWarning)
        : pipe(
            openChecked(disk, absolute, onWarning),
            E.map((fd) => disk.close(fd))
          )
    )
  )
}
