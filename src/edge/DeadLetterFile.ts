/**
 * Dead letters in a file: found broken at start and not at the first poison record, on disk before the write
 * returns, shared by many processes.
 */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as DeadLetterCodec from '../codec/DeadLetter'
import type { DeadLetter } from '../core/DeadLetter'
import * as Failure from '../core/Failure'

/** The system calls it makes; tests give a disk that fails. */
export interface Disk {
  readonly open: (file: string, flags: string, mode?: number) => number
  readonly mkdir: (folder: string) => string | undefined
  readonly fstat: (fd: number) => { readonly size: number; readonly isFile: () => boolean }
  readonly statfs: (file: string) => { readonly type: number; readonly bavail: number }
  readonly read: (fd: number, into: Buffer, position: number) => number
  readonly write: (fd: number, bytes: Buffer) => number
  readonly fsync: (fd: number) => void
  readonly close: (fd: number) => void
  readonly exists: (file: string) => boolean
}

export const disk: Disk = {
  open: (file, flags, mode) => fs.openSync(file, flags, mode),
  mkdir: (folder) => fs.mkdirSync(folder, { recursive: true }),
  fstat: (fd) => fs.fstatSync(fd),
  statfs: (file) => fs.statfsSync(file),
  read: (fd, into, position) => fs.readSync(fd, into, 0, into.length, position),
  write: (fd, bytes) => fs.writeSync(fd, bytes),
  fsync: (fd) => fs.fsyncSync(fd),
  close: (fd) => fs.closeSync(fd),
  exists: (file) => fs.existsSync(file)
}

export interface DeadLetterFile {
  /** Right: the letter survives a crash of the machine. */
  readonly bury: (letter: DeadLetter) => E.Either<Failure.Failure, void>
  readonly close: () => void
  /** What the operator should know of the place, such as a disk that dies with its container. */
  readonly warnings: ReadonlyArray<string>
}

/** Magic numbers of statfs(2), from linux/magic.h. */
const PASSING: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs, which is memory: its letters are lost when the machine stops'],
  [0x858458f6, 'ramfs, which is memory: its letters are lost when the machine stops'],
  [0x794c7630, "a container's overlay: its letters are lost with the container"]
])

const warningsFor = (disk: Disk, file: string): ReadonlyArray<string> => {
  const kind = PASSING.get(disk.statfs(file).type >>> 0)
  return kind === undefined
    ? []
    : [`the dead letters ${file} lie on ${kind}; set failure.deadLetters to a place on a volume`]
}

const attempt = <A>(file: string, what: string, f: () => A): E.Either<Failure.Failure, A> => {
  try {
    return E.right(f())
  } catch (thrown) {
    const { message } = Failure.fromUnknown(thrown)
    return E.left(Failure.make('DeadLetterFile', `${file} cannot be ${what}: ${message}`))
  }
}

const syncFolder = (disk: Disk, folder: string): void => {
  const fd = disk.open(folder, 'r')
  try {
    disk.fsync(fd)
  } finally {
    disk.close(fd)
  }
}

/** Creates the missing folders; each new name is synced in its parent, or a crash could lose the file with them. */
const makeFolders = (disk: Disk, folder: string): void => {
  const first = disk.mkdir(folder)
  if (first === undefined) return
  for (let at = folder; at.length >= first.length; at = path.dirname(at)) syncFolder(disk, path.dirname(at))
}

const NEWLINE = 0x0a

/** True when a crash, ours or another process's, left the last line torn. */
const isTorn = (disk: Disk, fd: number): boolean => {
  const { size } = disk.fstat(fd)
  if (size === 0) return false
  const last = Buffer.alloc(1)
  return disk.read(fd, last, size - 1) === 1 && last[0] !== NEWLINE
}

/**
 * One write for the whole letter, so that the letters of many processes do not mix (O_APPEND). A short write is
 * completed; what cannot be completed is a problem, and the torn line is ended by whoever writes next.
 */
const append = (disk: Disk, fd: number, letter: DeadLetter): void => {
  const line = DeadLetterCodec.encode(letter)
  let rest = Buffer.from(isTorn(disk, fd) ? `\n${line}` : line)
  while (rest.length > 0) {
    const written = disk.write(fd, rest)
    if (written === 0) throw new Error('the disk takes no more bytes')
    rest = rest.subarray(written)
  }
  disk.fsync(fd)
}

const MODE = 0o600

/**
 * Opens the file for append, creating it and its folders.
 *
 * Left: it cannot be created or written (a read-only place, a folder, no rights), or its disk is full.
 */
export const open = (file: string, on: Disk = disk): E.Either<Failure.Failure, DeadLetterFile> =>
  attempt(file, 'opened for append', () => {
    const folder = path.dirname(file)
    makeFolders(on, folder)
    const isNew = !on.exists(file)
    const fd = on.open(file, 'a+', MODE)
    if (!on.fstat(fd).isFile()) throw new Error('it is not a regular file')
    if (isNew) syncFolder(on, folder)
    if (on.statfs(file).bavail === 0) throw new Error('its disk is full')
    return {
      bury: (letter) => attempt(file, 'written', () => append(on, fd, letter)),
      close: () => on.close(fd),
      warnings: warningsFor(on, file)
    }
  })
