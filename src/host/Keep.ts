/** Keeps the private folder there for as long as the worker lives: the daemon starts a program in it for every shard. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import type { Level, LogFields } from '../core/Effect'
import * as Failure from '../core/Failure'
import * as Clock from '../run/Clock'
import * as Folder from './Folder'

export interface Options {
  /** Where it may be made, the best place first: looked up anew each time. */
  readonly places: () => ReadonlyArray<string>
  /** The file `relay` as it is shipped. */
  readonly program: string
  /** Further programs in it, by name. */
  readonly scripts: Readonly<Record<string, string>>
  readonly log: (level: Level, message: string, fields: LogFields) => void
  /** Closes the pipe of the folder that is given up. */
  readonly release: (folder: Folder.Folder) => void
  /** There is a new one. */
  readonly onRenewed: () => void
}

export interface Keep {
  readonly folder: () => Folder.Folder
  /** Makes it anew if it, or a part of it, is gone. To be called from time to time, and before the daemon is started. */
  readonly look: () => E.Either<string, void>
  readonly close: () => void
}

/** Cleaners look once a day, for what was not used for days. */
const TOUCH_MS = 3_600_000

const write = (folder: Folder.Folder, scripts: Options['scripts']): E.Either<string, void> =>
  E.tryCatch(() => {
    for (const [name, text] of Object.entries(scripts))
      fs.writeFileSync(path.join(folder.path, name), text, { mode: 0o700 })
  }, Failure.describe)

const areThere = (folder: Folder.Folder, scripts: Options['scripts']): boolean =>
  Object.keys(scripts).every((name) => fs.existsSync(path.join(folder.path, name)))

/** Left: why there can be none. */
export const open = ({
  places,
  program,
  scripts,
  log,
  release,
  onRenewed
}: Options): E.Either<string, Keep> => {
  const made = Folder.make(places(), program)
  if (E.isLeft(made)) return made
  let folder = made.right
  let isThere = true
  let touched = Clock.monotonic()
  const remove = (): void => folder.remove()
  // Also when `close` is never called, as at the second Ctrl-C.
  process.once('exit', remove)

  const renew = (): E.Either<string, void> => {
    const lost = folder.path
    if (isThere) release(folder)
    const renewed = Folder.renew(folder, places(), program)
    if (E.isLeft(renewed)) {
      if (isThere)
        log('error', `the private folder ${lost} is gone, and no shard can begin: ${renewed.left}`, {})
      isThere = false
      return renewed
    }
    folder = renewed.right
    isThere = true
    const where =
      folder.path === lost ? '' : `, as ${folder.path}: shards can begin after the daemon's next start`
    log('warn', `the private folder ${lost} was removed while the worker ran; it was made again${where}`, {})
    onRenewed()
    return write(folder, scripts)
  }
  const look = (): E.Either<string, void> => {
    if (!isThere || !Folder.isWhole(folder) || !areThere(folder, scripts)) return renew()
    const now = Clock.monotonic()
    if (now - touched < TOUCH_MS) return E.right(undefined)
    touched = now
    Folder.touch(folder, new Date(Clock.wall()))
    return E.right(undefined)
  }
  const close = (): void => {
    process.off('exit', remove)
    if (isThere) release(folder)
    remove()
  }
  const written = write(folder, scripts)
  if (E.isRight(written)) return E.right({ folder: () => folder, look, close })
  close()
  return written
}
