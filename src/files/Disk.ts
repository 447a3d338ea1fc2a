/** What a file that must survive a crash needs of a disk, as a record of functions. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Failure from '../core/Failure'
import * as Owner from './Owner'

/** Every function throws what `node:fs` throws. */
export interface Disk {
  /** Makes one folder, which root gives to the owner of the one around it; it is no error if it is there. */
  readonly mkdir: (folder: string) => void
  /** undefined: nothing is there. */
  readonly stat: (path: string) => fs.Stats | undefined
  /** Makes an empty file with mode 0600, likewise, and opens it to read and append; null: there is something already. */
  readonly create: (path: string) => number | null
  /** Opens a file that is there to read and append. */
  readonly open: (path: string) => number
  readonly fstat: (fd: number) => fs.Stats
  readonly statfs: (path: string) => fs.StatsFs
  /** Fills the buffer from that position on; returns the number of bytes, fewer at the end of the file. */
  readonly read: (fd: number, into: Buffer, position: number) => number
  /** One system call at the end of the file; returns the number of bytes written. */
  readonly write: (fd: number, bytes: Buffer) => number
  /** Returns when the bytes of the file, and its length, survive a loss of power. */
  readonly sync: (fd: number) => void
  /** Returns when the names in the folder survive a loss of power. */
  readonly syncFolder: (folder: string) => void
  readonly close: (fd: number) => void
}

/** Does something with an open file, and closes it whatever comes of that. */
export const using = <A>(fd: number, run: (fd: number) => A): A => {
  try {
    return run(fd)
  } finally {
    fs.closeSync(fd)
  }
}

const readFully = (fd: number, into: Buffer, position: number): number => {
  let size = 0
  while (size < into.length) {
    const got = fs.readSync(fd, into, size, into.length - size, position + size)
    if (got === 0) break
    size += got
  }
  return size
}

const syncFolder = (folder: string): void => {
  // Windows opens no folders and has nothing like it: NTFS journals names by itself.
  if (process.platform === 'win32') return
  const fd = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(fd)
  } catch (problem) {
    // Some file systems (CIFS, some of FUSE) do not know fsync on a folder.
    if (!Failure.hasCode(problem, 'EINVAL', 'ENOTSUP')) throw problem
  } finally {
    fs.closeSync(fd)
  }
}

export const node: Disk = {
  mkdir: (folder) => {
    try {
      fs.mkdirSync(folder)
      Owner.give(folder, fs.statSync(path.dirname(folder)))
    } catch (problem) {
      if (!Failure.hasCode(problem, 'EEXIST')) throw problem
    }
  },
  stat: (file) => fs.statSync(file, { throwIfNoEntry: false }),
  create: (file) => {
    try {
      const fd = fs.openSync(file, 'ax+', 0o600)
      Owner.give(fd, fs.statSync(path.dirname(file)))
      return fd
    } catch (problem) {
      if (Failure.hasCode(problem, 'EEXIST')) return null
      throw problem
    }
  },
  open: (file) => fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_APPEND),
  fstat: (fd) => fs.fstatSync(fd),
  statfs: (file) => fs.statfsSync(file),
  read: readFully,
  write: (fd, bytes) => fs.writeSync(fd, bytes),
  sync: (fd) => fs.fdatasyncSync(fd),
  syncFolder,
  close: (fd) => fs.closeSync(fd)
}

/**
 * Makes the folder and those above it, each durably. By hand: Node's own `recursive` never returns where the kernel
 * refuses a new name with ENOENT, as under /proc (seen with 20.20).
 */
export const mkdirs = (disk: Disk, folder: string): void => {
  const missing: Array<string> = []
  for (let at = folder; disk.stat(at) === undefined && path.dirname(at) !== at; at = path.dirname(at))
    missing.unshift(at)
  for (const at of missing) {
    disk.mkdir(at)
    disk.syncFolder(path.dirname(at))
  }
}

/** As many as Linux follows. */
const MOST_LINKS = 40

/**
 * The absolute path of the file itself, whatever symbolic links lead to it, also where it is not there yet: a link may
 * be made before its target is. Throws what `node:fs` throws, as where links lead round in a circle.
 */
export const target = (file: string, links = MOST_LINKS): string => {
  try {
    return fs.realpathSync(file)
  } catch (problem) {
    if (!Failure.hasCode(problem, 'ENOENT') || links === 0) throw problem
  }
  const folder = path.dirname(file)
  const stats = fs.lstatSync(file, { throwIfNoEntry: false })
  if (stats?.isSymbolicLink() === true) return target(path.resolve(folder, fs.readlinkSync(file)), links - 1)
  return folder === file ? file : path.join(target(folder, links - 1), path.basename(file))
}

/**
 * Replaces the file as a whole, durably: a crash leaves the old one or the new one, never a part. The new one has the
 * owner and the mode of the old one, or else the folder's owner and the mode 0600. Throws what `node:fs` throws.
 *
 * @param next where the new one is written first, in the same folder
 */
export const replace = (file: string, text: string, next = `${file}.next`): void => {
  const before = fs.statSync(file, { throwIfNoEntry: false })
  fs.rmSync(next, { force: true })
  using(fs.openSync(next, 'wx', 0o600), (fd) => {
    Owner.give(fd, before ?? fs.statSync(path.dirname(file)))
    if (before !== undefined) fs.fchmodSync(fd, before.mode & 0o777)
    fs.writeFileSync(fd, text)
    fs.fsyncSync(fd)
  })
  fs.renameSync(next, file)
  syncFolder(path.dirname(file))
}

/** Appends to a file that is there by one write, durably. Throws when the disk does not take all of it. */
export const append = (file: string, bytes: Buffer): void =>
  using(node.open(file), (fd) => {
    const written = node.write(fd, bytes)
    if (written < bytes.length)
      throw new Error(`the disk took ${written} of ${bytes.length} bytes of ${file}`)
    node.sync(fd)
  })
