/**
 * The lock of a file, held by the kernel: no process id, no host name and no age says who is alive, so that there is no
 * stale lock to be cleared, and no moment in which two processes clear it.
 *
 * Who wants it makes a named pipe, opens it for reading, and then gives it its final name in the folder of `LockFolder`.
 * Only then it looks at all other pipes there; if none has a reader, the lock is its own. Of two that do this at once,
 * the later one to publish sees the earlier one. Both may see each other: then both withdraw, and try again after a
 * random wait. A pipe without a reader belongs to a dead process and stays dead, since it was opened before it got its
 * name and names are random: any process may remove it at any time.
 *
 * On Windows the lock is a file that is open for one process alone (share mode 0), which the kernel closes as well.
 */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Clock from '../run/Clock'
import * as LockFolder from './LockFolder'
import * as PidLock from './PidLock'

export interface Lock {
  readonly release: () => void
}

export interface Timeout {
  /** How long to try, in milliseconds. The thread waits. */
  readonly timeout: number
}

/** Enough for several that want it at once; one that is at work holds it for longer. */
const TIMEOUT_MS = 250
const RETRY_MS = 20

const sleep = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

const attempt = (f: () => void): void => {
  try {
    f()
  } catch {
    // Another process was first, or the folder has the sticky bit and the thing is another user's.
  }
}

// -- the folder -------------------------------------------------------------------------------------------------------

const MODE = 0o7777

/**
 * Who may write in the folder of the file may lock it: the lock's folder has the same owner, group and mode, whichever
 * user comes first. It gets its name once it has them, so that a kill leaves no folder that shuts the others out.
 */
const ensure = (folder: string): void => {
  if (fs.existsSync(folder)) return
  const parent = fs.statSync(path.dirname(folder))
  const next = `${folder}.${randomUUID()}`
  fs.mkdirSync(next, { mode: 0o700 })
  try {
    attempt(() => fs.chownSync(next, parent.uid, parent.gid))
    attempt(() => fs.chownSync(next, -1, parent.gid))
    fs.chmodSync(next, parent.mode & MODE)
    fs.renameSync(next, folder)
  } catch (thrown) {
    fs.rmSync(next, { recursive: true, force: true })
    // Another process has put one there, and its pipe into it.
    if (!Failure.hasCode(thrown, 'ENOTEMPTY', 'EEXIST')) throw thrown
  }
}

/** A pipe that others may look at, open for reading; it does not count yet. Throws what the system throws. */
const makePipe = (pipe: string): number => {
  // Others may open it to write, which is how they see that it has a reader.
  try {
    execFileSync('mkfifo', ['-m', '622', pipe], { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (thrown) {
    // Without `mkfifo` there is never a pipe in it.
    attempt(() => fs.rmdirSync(path.dirname(pipe)))
    throw thrown
  }
  return fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
}

const YOUNG_MS = 60_000

/**
 * For the holder: what dead processes have left. Only a holder has a text for older versions. A pipe that is not open
 * yet looks like a dead one: it gets a minute.
 */
const sweep = (folder: string, { dead }: LockFolder.Holders): void => {
  const remove = (name: string): void => attempt(() => fs.unlinkSync(path.join(folder, name)))
  const isOld = (name: string): boolean => {
    const stats = fs.lstatSync(path.join(folder, name), { throwIfNoEntry: false })
    return stats !== undefined && Clock.wall() - stats.ctimeMs > YOUNG_MS
  }
  dead.forEach(remove)
  for (const name of LockFolder.namesIn(folder))
    if (name.startsWith(PidLock.TEXT) || (name.startsWith(LockFolder.WAITS) && isOld(name))) remove(name)
}

// -- taking it --------------------------------------------------------------------------------------------------------

const hostName = (): string =>
  os
    .hostname()
    .replace(/[^A-Za-z0-9.-]/g, '_')
    .slice(0, 64)

const own = (): string => `${process.pid}-${hostName()}`

/** `process 7`, on another host `process 7 on web-1`, of a name as `own` begins it. */
const holderOf = (name: string): string => {
  const [, pid = '?', host = '?'] =
    /^held-(\d+)-(.*)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.exec(name) ?? []
  return host === hostName() ? `process ${pid}` : `process ${pid} on ${host}`
}

/** Right: the name under which the pipe holds the lock. Left: the holder's. The pipe has a name that does not count then. */
const compete = (folder: string, waiting: string): E.Either<string, string> => {
  const name = `${LockFolder.HOLDS}${own()}-${randomUUID()}`
  fs.renameSync(path.join(folder, waiting), path.join(folder, name))
  const holders = LockFolder.holdersIn(folder)
  const other = holders.alive.find((one) => one !== name)
  if (other === undefined) {
    sweep(folder, holders)
    return E.right(name)
  }
  fs.renameSync(path.join(folder, name), path.join(folder, waiting))
  return E.left(other)
}

/** Left: who holds it, or why an older version's lock cannot be had. Throws what the system throws. */
const overPipes = (file: string, timeout: number, claim: Claim): E.Either<string, Lock> => {
  const folder = LockFolder.folderOf(file)
  ensure(folder)
  let name = `${LockFolder.WAITS}${randomUUID()}`
  const fd = makePipe(path.join(folder, name))
  let isOpen = true
  const end = (): void => {
    if (!isOpen) return
    isOpen = false
    attempt(() => fs.unlinkSync(path.join(folder, name)))
    fs.closeSync(fd)
    // It stays while another pipe is in it.
    attempt(() => fs.rmdirSync(folder))
  }
  try {
    const taken = wait(folder, name, timeout)
    if (E.isRight(taken)) name = taken.right
    const claimed = E.isLeft(taken) ? taken : claim(file)
    if (E.isRight(claimed)) return E.right({ release: () => void (claimed.right(), end()) })
    end()
    return claimed
  } catch (thrown) {
    end()
    throw thrown
  }
}

type Claim = typeof PidLock.claim

/** Competes until the time is up. */
const wait = (folder: string, waiting: string, timeout: number): E.Either<string, string> => {
  const until = Clock.monotonic() + timeout
  for (;;) {
    const taken = compete(folder, waiting)
    if (E.isRight(taken)) return taken
    if (Clock.monotonic() >= until) return E.left(`${holderOf(taken.left)} is using it`)
    sleep(1 + Math.random() * RETRY_MS)
  }
}

/** libuv's flag for share mode 0 (UV_FS_O_EXLOCK), which `fs.constants` does not name. */
const EXCLUSIVE = 0x10000000

const onWindows = (file: string): E.Either<string, Lock> => {
  try {
    const fd = fs.openSync(LockFolder.folderOf(file), fs.constants.O_RDWR | fs.constants.O_CREAT | EXCLUSIVE)
    return E.right({ release: () => fs.closeSync(fd) })
  } catch (thrown) {
    if (Failure.hasCode(thrown, 'EBUSY', 'EPERM', 'EACCES')) return E.left('another process is using it')
    throw thrown
  }
}

const explained = (file: string, thrown: unknown): string =>
  isMissingProgram(thrown)
    ? 'its lock cannot be made: the program mkfifo is not found (it is part of coreutils and of busybox)'
    : `its lock, a named pipe in ${LockFolder.folderOf(file)}, cannot be made: ${Failure.describe(thrown)}`

const isMissingProgram = (thrown: unknown): boolean =>
  thrown instanceof Error && 'syscall' in thrown && thrown.syscall === 'spawnSync mkfifo'

const GONE = 5

/**
 * Takes the lock of a file, which need not be there; its folder must be. The lock ends with the process at the latest.
 *
 * Left: who holds it, or why it cannot be taken.
 */
export const acquire = (
  file: string,
  { timeout }: Timeout = { timeout: TIMEOUT_MS }
): E.Either<string, Lock> => take(file, timeout, PidLock.claim)

/** The same for a lock that older versions do not know. */
export const acquireNew = (
  file: string,
  { timeout }: Timeout = { timeout: TIMEOUT_MS }
): E.Either<string, Lock> => take(file, timeout, () => E.right(() => undefined))

const take = (file: string, timeout: number, claim: Claim): E.Either<string, Lock> => {
  for (let attempts = 1; ; attempts++) {
    try {
      return process.platform === 'win32' ? onWindows(file) : overPipes(file, timeout, claim)
    } catch (thrown) {
      // Most likely the last holder has removed the folder between two of our steps; mkfifo says so in its own words.
      if (isMissingProgram(thrown) || attempts === GONE) return E.left(explained(file, thrown))
      sleep(Math.random() * RETRY_MS)
    }
  }
}
