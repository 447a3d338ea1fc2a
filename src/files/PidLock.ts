/**
 * The lock of older versions, so that both versions keep out of each other's way during a rolling deploy:
 * `FILE.lock` has the host name and the process id of its holder.
 *
 * We leave one too, as a symbolic link to a file with that text, which older versions follow. A link that is there when
 * we hold the pipe (see `Lock`) is left over from one of us that died. A regular file is an older version's, which says
 * as much as it can: a process id means little in another container, which is why we do not rely on it.
 */
import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as LockFolder from './LockFolder'

/** How the name of the text begins, in the folder of the pipes. */
export const TEXT = 'pid-'

const nameOf = (file: string): string => `${file}.lock`

const textAt = (file: string): string | null => {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

const isLink = (file: string): boolean =>
  fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    // Another user's process is alive too.
    return Failure.hasCode(thrown, 'EPERM')
  }
}

/** Who must be respected; null: it is dead. A process id of another host cannot be looked up. */
const holderIn = (text: string): string | null => {
  const [, host, digits] = /^(\S+) (\d+)\n$/.exec(text) ?? []
  if (host === undefined || digits === undefined) return null
  const pid = Number(digits)
  if (host !== os.hostname()) return `process ${pid} on ${host}`
  return pid !== process.pid && isAlive(pid) ? `process ${pid}` : null
}

/** Moves a dead lock away, and puts it back if another process has renewed it since we read it. */
const clear = (name: string, dead: string): void => {
  const away = `${name}.dead.${randomUUID()}`
  try {
    fs.renameSync(name, away)
  } catch {
    return
  }
  try {
    if (textAt(away) !== dead) fs.linkSync(away, name)
  } finally {
    fs.rmSync(away, { force: true })
  }
}

/** False: it may not be removed. */
const remove = (name: string): boolean => {
  try {
    fs.unlinkSync(name)
    return true
  } catch (thrown) {
    return Failure.hasCode(thrown, 'ENOENT')
  }
}

/** False when an older version took it for dead, and removed it or put its own there. */
const isOurs = (name: string, target: string): boolean => {
  try {
    return fs.readlinkSync(name) === target
  } catch {
    return false
  }
}

const ATTEMPTS = 5

/**
 * Call it while holding the pipe. Right: how to let go.
 *
 * Left: an older version is using it. Throws what the system throws.
 */
export const claim = (file: string): E.Either<string, () => void> => {
  const name = nameOf(file)
  const folder = LockFolder.folderOf(file)
  const target = path.join(path.basename(folder), `${TEXT}${randomUUID()}`)
  const text = path.join(path.dirname(folder), target)
  fs.writeFileSync(text, `${os.hostname()} ${process.pid}\n`, { mode: 0o644 })
  const withdraw = (): void => fs.rmSync(text, { force: true })
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      fs.symlinkSync(target, name)
      return E.right(() => {
        if (isOurs(name, target)) remove(name)
        withdraw()
      })
    } catch (thrown) {
      // A file system without symbolic links had no such lock before either: older versions link, too.
      if (Failure.hasCode(thrown, 'EPERM', 'ENOTSUP')) return E.right(withdraw)
      if (!Failure.hasCode(thrown, 'EEXIST')) {
        withdraw()
        throw thrown
      }
    }
    if (isLink(name)) {
      // In a folder with the sticky bit it stays, if it was another user's; older versions then judge its text.
      if (!remove(name)) return E.right(withdraw)
      continue
    }
    const found = textAt(name)
    const who = found === null ? null : holderIn(found)
    if (who !== null) {
      withdraw()
      return E.left(`${who} is using it; if not, delete ${name}`)
    }
    if (found !== null) clear(name, found)
  }
  withdraw()
  return E.left(`another process is locking it at this moment: ${name}`)
}
