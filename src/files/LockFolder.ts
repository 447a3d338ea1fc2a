/**
 * Who holds a lock: the folder `FILE.locks` has a named pipe for each process that holds or wants the lock of FILE.
 *
 * The kernel says whether a holder lives: a process keeps its pipe open for reading until it lets go or dies, by
 * whatever signal. Opening a pipe to write without waiting succeeds while there is a reader, and fails with ENXIO when
 * there is none. A pipe belongs to its inode, not to a process id, a host name or a network, so that this holds for
 * containers that share nothing but the volume. It holds for one kernel only: see `Sharing`.
 */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Failure from '../core/Failure'

/** What has this lock while a file of letters is put in the place of another. */
export const gateOf = (file: string): string => `${file}.gate`

export const folderOf = (file: string): string => `${file}.locks`

/** How the name of a pipe begins that counts, and of one that does not count yet or any more. */
export const HOLDS = 'held-'
export const WAITS = 'free-'

type Sign = 'Alive' | 'Dead' | 'Gone'

/** What cannot be looked at counts as alive: a lock is refused rather than broken. */
const signOf = (pipe: string): Sign => {
  try {
    if (!fs.lstatSync(pipe).isFIFO()) return 'Gone'
    fs.closeSync(fs.openSync(pipe, fs.constants.O_WRONLY | fs.constants.O_NONBLOCK))
    return 'Alive'
  } catch (thrown) {
    const code = Failure.codeOf(thrown)
    return code === 'ENXIO' ? 'Dead' : code === 'ENOENT' ? 'Gone' : 'Alive'
  }
}

/** Throws what the system throws, unless there is no folder: then no process holds the lock. */
export const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return fs.readdirSync(folder)
  } catch (thrown) {
    if (Failure.hasCode(thrown, 'ENOENT')) return []
    throw thrown
  }
}

export interface Holders {
  /** Names of pipes whose processes live. */
  readonly alive: ReadonlyArray<string>
  /** Those of processes that died. Such a name never comes to life again: each has a random part. */
  readonly dead: ReadonlyArray<string>
}

export const holdersIn = (folder: string): Holders => {
  const alive: Array<string> = []
  const dead: Array<string> = []
  for (const name of namesIn(folder)) {
    if (!name.startsWith(HOLDS)) continue
    const sign = signOf(path.join(folder, name))
    if (sign === 'Alive') alive.push(name)
    if (sign === 'Dead') dead.push(name)
  }
  return { alive, dead }
}

/** Whether a live process holds the lock of the file. For those who give way to it without taking it. */
export const isHeld = (file: string): boolean => {
  try {
    return holdersIn(folderOf(file)).alive.length > 0
  } catch {
    return false
  }
}
