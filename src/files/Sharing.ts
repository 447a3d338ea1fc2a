/**
 * Where a lock does not stop others who use the file.
 *
 * The lock is a named pipe, which belongs to an inode of one kernel: all processes that reach the folder through this
 * kernel share it, whatever user, container, or process and network namespace they are in. Three things break that:
 *
 * - A network file system. The pipe has an inode there, but each machine has readers and writers of its own, and says of
 *   the holder on another machine. The same holds for virtual machines that share a folder by 9p,
 *   virtiofs (FUSE) or the like: each has a kernel of its own.
 * - A file that is mounted itself (`docker run -v dead.ndjson:/app/dead.ndjson`). Each container has its own folder
 *   around it, so that neither the lock nor the journal is shared; nor may the file be replaced.
 * - A folder on overlayfs is a container's own: no other container has the file either, which is no harm.
 *
 * A command refuses in the first two cases, unless its user states that nothing else writes (`--exclusive`).
 */
import * as fs from 'node:fs'

/** By the numbers of statfs(2): linux/magic.h, and the sources of those that are not in Linux itself. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x564c, 'NCP'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x01021997, '9p, which shares a folder of another machine'],
  [0x65735546, 'FUSE, behind which there may be another machine'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x19830326, 'BeeGFS'],
  [0x47504653, 'GPFS'],
  [0x20030528, 'OrangeFS'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
  [0xaad7aaea, 'PanFS'],
  [0x786f4256, 'a shared folder of VirtualBox'],
  [0xbacbacbc, 'a shared folder of VMware']
])

export interface World {
  /** The number of the file system that the path is on. */
  readonly typeOf: (path: string) => number
  /** The text of /proc/self/mountinfo; empty where there is none. */
  readonly mounts: () => string
}

export const real: World = {
  // Some have the highest of 32 bits set, which statfs gives with a sign where a long has no more.
  typeOf: (path) => fs.statfsSync(path).type >>> 0,
  mounts: () => {
    try {
      return fs.readFileSync('/proc/self/mountinfo', 'utf8')
    } catch {
      return ''
    }
  }
}

/** Blanks and the like are octal there. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(parseInt(digits, 8)))

/** proc(5): the fifth field is the mount point. */
const isMounted = (file: string, mounts: string): boolean =>
  mounts.split('\n').some((line) => unescaped(line.split(' ')[4] ?? '') === file)

/**
 * Why others may use the file whom the lock does not keep out; null: it keeps out all.
 *
 * @param file the file itself, not a link to it.
 */
export const problem = (file: string, { typeOf, mounts }: World = real): string | null => {
  if (process.platform === 'linux') {
    const network = NETWORK.get(typeOf(file))
    if (network !== undefined)
      return `${file} is on a network file system (${network}), where a lock does not stop other machines`
    if (isMounted(file, mounts()))
      return `${file} is mounted by itself, so another container may have it in another folder, with another lock`
  }
  return null
}
