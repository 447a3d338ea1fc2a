/** Where kclts keeps what a later run of this user must find: the XDG base directory for state. */
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Owner from './Owner'

/** Absolute; it need not be there yet. A relative XDG_STATE_HOME counts as none, as its specification says. */
export const of = (env: Readonly<Record<string, string | undefined>>): string => {
  const given = env['XDG_STATE_HOME'] ?? ''
  const home = env['HOME'] ?? os.homedir()
  return path.join(path.isAbsolute(given) ? given : path.join(home, '.local', 'state'), 'kclts')
}

/**
 * The same, made with mode 0700 where it is not there.
 *
 * Left: it cannot be made, or is another user's: what lies there says which records hang, and so are not run.
 */
export const open = (env: Readonly<Record<string, string | undefined>>): E.Either<string, string> => {
  const folder = of(env)
  const remedy = 'set XDG_STATE_HOME to a folder of your own'
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    const stranger = Owner.stranger(fs.statSync(folder))
    if (stranger === null) return E.right(folder)
    return E.left(`${folder} belongs to another user (${stranger}); remove it, or ${remedy}`)
  } catch (thrown) {
    return E.left(`no state can be kept: ${Failure.show(Failure.fromUnknown(thrown))}; ${remedy}`)
  }
}
