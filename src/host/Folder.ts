/** The host's private folder: the relay that the daemon starts, the pipe on which relays announce themselves, and theirs. */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Clock from '../run/Clock'
import * as Fifos from './Fifos'
import * as Owner from '../files/Owner'
import * as Folders from '../files/Folders'
import * as StateFolder from '../files/StateFolder'

export interface Folder {
  readonly path: string
  /** The pipe `announce`, open to read and to write, so that it never ends while no relay has it open. */
  readonly announce: number
  readonly remove: () => void
}

const PREFIX = 'kclts-host-'
const RELAY = 'relay'
const ANNOUNCE = 'announce'
const UNFINISHED = `${ANNOUNCE}.new`

/** From the folder itself, whatever is in its name: the daemon splits its command on spaces, and knows no quotes. */
export const EXECUTABLE = `./${RELAY}`

const WRITABLE_BY_OTHERS = 0o022

/** Whether no other user can replace what lies there. */
const isOwn = (place: string): boolean => {
  const { uid, mode } = fs.statSync(place)
  return uid === process.getuid?.() && (mode & WRITABLE_BY_OTHERS) === 0
}

/**
 * What the daemon is to start. By its whole path where that has no space and is ours alone: when the folder has been
 * removed and made again, the current folder of the daemon is still the one that was removed. In a place that is shared, as
 * /tmp is, another user could take the name of a folder that a cleaner has removed.
 */
export const executableIn = (folder: string, name = RELAY): string =>
  !/\s/.test(folder) && isOwn(path.dirname(folder)) ? path.join(folder, name) : `./${name}`

/** A folder that is being made has no `announce` for a moment. */
const YOUNG_MS = 60_000

/**
 * Where private folders go, the best place first. What the system keeps for a user is removed at logout, though a worker in
 * tmux lives on; of the folder of temporary files all that was not used for some days is removed. The state of the user
 * stays. A home folder may be shared among machines, and pipes are not: each machine has a folder of its own there.
 */
export const places = (env: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> => {
  return [...stateIn(env), ...shared(env)]
}

const shared = (env: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> => {
  const runtime = env['XDG_RUNTIME_DIR']
  return [...(runtime !== undefined && path.isAbsolute(runtime) ? [runtime] : []), os.tmpdir()]
}

/** null: without one of the variables the home folder would be a guess. */
const stateFolder = (env: Readonly<Record<string, string | undefined>>): string | null => {
  if (['KCLTS_HOME', 'XDG_STATE_HOME', 'HOME'].every((name) => (env[name] ?? '') === '')) return null
  const machine = createHash('sha256').update(os.hostname()).digest('hex').slice(0, 12)
  return path.join(StateFolder.of(env), 'run', machine)
}

const stateIn = (env: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> => {
  const folder = stateFolder(env)
  try {
    if (folder === null || E.isLeft(StateFolder.open(env))) return []
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    return [folder]
  } catch {
    return []
  }
}

/** Whether a host reads there: without a reader a pipe cannot be opened to write. Process ids prove nothing, since
 * containers that share a folder count them anew. */
const isInUse = (folder: string): boolean => {
  try {
    fs.closeSync(fs.openSync(path.join(folder, ANNOUNCE), fs.constants.O_WRONLY | fs.constants.O_NONBLOCK))
    return true
  } catch (thrown) {
    if (Failure.hasCode(thrown, 'ENXIO')) return false
    return !Failure.hasCode(thrown, 'ENOENT') || Clock.wall() - fs.lstatSync(folder).mtimeMs < YOUNG_MS
  }
}

/** Removes the folders of this user's hosts that died. What cannot be looked at or removed is left alone. */
export const clean = (place: string): void => {
  for (const name of namesIn(place)) {
    const folder = path.join(place, name)
    try {
      const stats = fs.lstatSync(folder)
      if (stats.isDirectory() && stats.uid === process.getuid?.() && !isInUse(folder))
        fs.rmSync(folder, { recursive: true, force: true })
    } catch {
      // Another process has removed it first.
    }
  }
}

const namesIn = (place: string): ReadonlyArray<string> => {
  try {
    return fs.readdirSync(place).filter((name) => name.startsWith(PREFIX))
  } catch {
    return []
  }
}

/** Shared on purpose, as /tmp is; its owner is trusted, whatever numbers a container's users have. */
const STICKY = 0o1000

/**
 * Why the pipes would not be private there; null: they are. A user who became another one by `su` still has the runtime
 * folder of the first, which is also gone when that one logs out.
 */
const exposure = (place: string): string | null => {
  const stats = fs.statSync(place)
  const stranger = Owner.stranger(stats)
  return stranger === null || (stats.mode & STICKY) !== 0 ? null : `it belongs to another user (${stranger})`
}

const remove = (folder: string): void => fs.rmSync(folder, { recursive: true, force: true })

/** Puts all that belongs in it into an empty folder of ours. Throws what the system throws. */
const fill = (folder: string, program: string): Folder => {
  const relay = path.join(folder, RELAY)
  fs.copyFileSync(program, relay)
  fs.chmodSync(relay, 0o700)
  // Not so where programs may not be started from, as in a /tmp that is mounted noexec.
  fs.accessSync(relay, fs.constants.X_OK)
  // Under another name until it is open: another host that finds it without a reader takes the folder for one of a host that
  // died, and removes it.
  Fifos.make(folder, [UNFINISHED])
  const made = path.join(folder, UNFINISHED)
  const fd = fs.openSync(made, fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
  fs.renameSync(made, path.join(folder, ANNOUNCE))
  return { path: folder, announce: fd, remove: () => remove(folder) }
}

/** Leaves nothing behind when it throws. */
const makeIn = (place: string, program: string): Folder => {
  // mkdtemp gives mode 0700 and a name that cannot be guessed.
  const folder = fs.mkdtempSync(path.join(place, PREFIX))
  try {
    return fill(folder, program)
  } catch (thrown) {
    remove(folder)
    throw thrown
  }
}

/** Whether all of it is there: a cleaner of temporary files takes it piece by piece, a logout as a whole. */
export const isWhole = ({ path: folder, announce }: Folder): boolean => {
  try {
    fs.accessSync(path.join(folder, RELAY), fs.constants.X_OK)
    const [named, open] = [fs.lstatSync(path.join(folder, ANNOUNCE)), fs.fstatSync(announce)]
    return named.ino === open.ino && named.dev === open.dev
  } catch {
    return false
  }
}

/** Says to cleaners of temporary files that all of it is in use. */
export const touch = ({ path: folder }: Folder, now: Date): void => {
  try {
    for (const name of ['.', ...fs.readdirSync(folder, { encoding: 'utf8', recursive: true })])
      fs.utimesSync(path.join(folder, name), now, now)
  } catch {
    // Something has just been removed: that is found by `isWhole`.
  }
}

/**
 * Makes a folder of ours anew, under its name if that is possible: a daemon that runs knows it. What is left of it is
 * removed; what another user has put in its place is not. The pipe of the lost one is closed already.
 */
export const renew = (
  lost: Folder,
  among: ReadonlyArray<string>,
  program: string
): E.Either<string, Folder> => {
  try {
    lost.remove()
    fs.mkdirSync(path.dirname(lost.path), { recursive: true, mode: 0o700 })
    fs.mkdirSync(lost.path, { mode: 0o700 })
    if (exposure(path.dirname(lost.path)) === null) return E.right(fill(lost.path, program))
  } catch {
    // Its folder is gone, or belongs to another user.
  }
  return make(among, program)
}

/**
 * Makes a folder in the first of the places that takes one.
 *
 * @param program the file `relay` as it is shipped
 *
 * Left: none does, with the reason of each.
 */
export const make = (among: ReadonlyArray<string>, program: string): E.Either<string, Folder> => {
  const reasons: Array<string> = []
  for (const place of among) {
    clean(place)
    try {
      const why = exposure(place)
      if (why === null) return E.right(makeIn(place, program))
      reasons.push(`${place}: ${why}`)
    } catch (thrown) {
      reasons.push(`${place}: ${Failure.describe(thrown)}`)
    }
  }
  return E.left(nowhere(reasons))
}

const nowhere = (reasons: ReadonlyArray<string>): string =>
  'no private folder can be made for the pipes of the shards, in which a program may be started; ' +
  `set XDG_RUNTIME_DIR or TMPDIR to a folder where that is possible, or host.mode to process: ${reasons.join('; ')}`

const obstacleIn = (place: string): string | null => {
  try {
    return exposure(place) ?? Folders.obstacle(place)
  } catch (thrown) {
    return Failure.describe(thrown)
  }
}

/** Why `make` would find no place; null: it may. Makes nothing: whether programs may be started is known only at a start. */
export const obstacle = (env: Readonly<Record<string, string | undefined>>): string | null => {
  const isKept = stateFolder(env) !== null && StateFolder.obstacle(env) === null
  const reasons = shared(env).map((place) => [place, obstacleIn(place)] as const)
  return isKept || reasons.some(([, why]) => why === null)
    ? null
    : nowhere(reasons.map(([place, why]) => `${place}: ${why}`))
}
