/** Where kclts keeps what a later run of this user must find: the XDG base directory for state. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Folders from './Folders'
import * as Owner from './Owner'

type Env = Readonly<Record<string, string | undefined>>

/** Absolute; it need not be there yet. */
export const of = (env: Env): string => Folders.of('state', env)

/**
 * Makes the missing folders above it, which are not kclts' own: those that root makes in another user's home folder belong
 * to that user.
 */
const makeAbove = (folder: string): void => {
  const above = path.dirname(folder)
  if (fs.existsSync(above)) return
  makeAbove(above)
  fs.mkdirSync(above, { recursive: true, mode: 0o700 })
  Owner.give(above, fs.statSync(path.dirname(above)))
}

/**
 * The same, made with mode 0700 where it is not there.
 *
 * Left: it cannot be made, or is another user's: what lies there says which records hang, and so are not run.
 */
export const open = (env: Env): E.Either<string, string> => {
  const folder = of(env)
  try {
    makeAbove(folder)
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    const problem = obstacle(env)
    return problem === null ? E.right(folder) : E.left(problem)
  } catch (thrown) {
    return E.left(unusable(Failure.describe(thrown), env))
  }
}

const unusable = (why: string, env: Env): string =>
  `no state can be kept: ${why}; ${Folders.remedy('state', env)}`

/** Why it could not be opened; null: it could. Makes nothing. */
export const obstacle = (env: Env): string | null => {
  const folder = of(env)
  const why = Folders.obstacle(folder)
  const stats = Folders.nearest(folder) === folder ? fs.statSync(folder) : undefined
  if (why !== null)
    return stats?.uid === 0 && (process.getuid?.() ?? 0) !== 0
      ? `${folder} belongs to root, as whom a worker has run with this home folder; give it to this user with chown -R, or ${Folders.remedy('state', env)}`
      : unusable(why, env)
  const stranger = stats === undefined ? null : Owner.stranger(stats)
  return stranger === null
    ? null
    : `${folder} belongs to another user (${stranger}); remove it, or ${Folders.remedy('state', env)}`
}
