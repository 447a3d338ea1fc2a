/** A new file with the owner, the group and the mode of another, whichever user runs this: users of the one can use both. */
import * as fs from 'node:fs'

const MODE = 0o7777

const given = (fd: number, uid: number, gid: number): void => {
  try {
    fs.fchownSync(fd, uid, gid)
  } catch {
    // Only root gives files away; a user may give them to a group of its own.
  }
}

/** Opens a file that is not there to append and to read. Throws what `node:fs` throws. */
export const create = (file: string, of: fs.Stats): number => {
  const fd = fs.openSync(file, 'ax+', 0o600)
  try {
    // Not before it has its owner: a group that is not meant would read it.
    given(fd, of.uid, of.gid)
    given(fd, -1, of.gid)
    fs.fchmodSync(fd, of.mode & MODE)
    return fd
  } catch (thrown) {
    fs.closeSync(fd)
    throw thrown
  }
}

/** Whether the same users may do the same with both. */
export const isAlike = (a: fs.Stats, b: fs.Stats): boolean =>
  a.uid === b.uid && a.gid === b.gid && (a.mode & MODE) === (b.mode & MODE)
