/** The host's private folder: the relay that the daemon starts, the pipe on which relays announce themselves, and theirs. */
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Clock from '../edge/Clock'
import * as Owner from '../edge/Owner'

export interface Folder {
  readonly path: string
  /** The pipe `announce`, open to read and to write, so that it never ends while no relay has it open. */
  readonly announce: number
  readonly remove: () => void
}

const PREFIX = 'kclts-host-'
const RELAY = 'relay'
const ANNOUNCE = 'announce'

/** What the daemon is told to start, from the folder itself: it splits its command on spaces, and knows no quotes. */
export const EXECUTABLE = `./${RELAY}`

/** A folder that is being made has no `announce` for a moment. */
const YOUNG_MS = 60_000

const hasCode = (thrown: unknown, code: string): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === code

/** Where private folders go: what the system keeps for this user, else where temporary files go. */
export const places = (env: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> => {
  const runtime = env['XDG_RUNTIME_DIR']
  return [...(runtime !== undefined && path.isAbsolute(runtime) ? [runtime] : []), os.tmpdir()]
}

/** Whether a host reads there: without a reader a pipe cannot be opened to write. Process ids would not tell, since
 * containers that share a folder count them anew. */
const isInUse = (folder: string): boolean => {
  try {
    fs.closeSync(fs.openSync(path.join(folder, ANNOUNCE), fs.constants.O_WRONLY | fs.constants.O_NONBLOCK))
    return true
  } catch (thrown) {
    if (hasCode(thrown, 'ENXIO')) return false
    return !hasCode(thrown, 'ENOENT') || Clock.wall() - fs.lstatSync(folder).mtimeMs < YOUNG_MS
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

/** Shared on purpose, as /tmp is; whoever made it, whatever numbers a container's users have, is trusted. */
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

/** Makes the folder with all that belongs in it. Throws what the system throws, and leaves nothing behind then. */
const makeIn = (place: string, program: string): Folder => {
  // mkdtemp gives mode 0700 and a name that cannot be guessed.
  const folder = fs.mkdtempSync(path.join(place, PREFIX))
  try {
    const relay = path.join(folder, RELAY)
    fs.copyFileSync(program, relay)
    fs.chmodSync(relay, 0o700)
    // Not so where programs may not be started from, as in a /tmp that is mounted noexec.
    fs.accessSync(relay, fs.constants.X_OK)
    const announce = path.join(folder, ANNOUNCE)
    execFileSync('mkfifo', ['-m', '600', announce])
    const fd = fs.openSync(announce, fs.constants.O_RDWR | fs.constants.O_NONBLOCK)
    return { path: folder, announce: fd, remove: () => remove(folder) }
  } catch (thrown) {
    remove(folder)
    throw thrown
  }
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
      reasons.push(`${place}: ${Failure.show(Failure.fromUnknown(thrown))}`)
    }
  }
  return E.left(
    'no private folder can be made for the pipes of the shards, with a program in it that may be started; ' +
      `set XDG_RUNTIME_DIR or TMPDIR to a folder where that is possible, or host.mode to process: ${reasons.join('; ')}`
  )
}
