/**
 * The home folder, for all that asks for it. `os.homedir` throws for a user without HOME and without an entry in passwd,
 * as `docker run --user 12345` gives one; so do packages that ask for it when they are loaded (env-paths, of cosmiconfig)
 * and the AWS SDK later on.
 */
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Key from './Key'
import * as Path from './Path'

/** What container runtimes set for a user that passwd does not know: a folder that is there, and is not written to. */
const NOWHERE = '/'

const fromPasswd = (): string | null => {
  try {
    return os.userInfo().homedir
  } catch {
    return null
  }
}

/** Without an entry there Java does not know the home folder. */
export const isInPasswd = (): boolean => fromPasswd() !== null

/** Gives the process a HOME where there is none, before any package asks. Import this module above such packages. */
const ensure = (): void => {
  try {
    os.homedir()
  } catch {
    process.env['HOME'] = NOWHERE
  }
}

ensure()

/** Absolute. A HOME that is relative or empty counts as none. */
export const of = (env: Readonly<Record<string, string | undefined>>): string => {
  const given = env['HOME'] ?? ''
  return path.isAbsolute(given) ? given : (fromPasswd() ?? NOWHERE)
}

/** The absolute path of a file that an option names. `~/` is of the shell, which leaves it alone in `--state=~/x`. */
export const resolve = (
  cwd: string,
  name: string,
  env: Readonly<Record<string, string | undefined>>
): E.Either<string, string> =>
  Key.isUrl(name)
    ? E.left('found a URL, expected the path of a file')
    : pipe(
        Path.expandHome(name, of(env)),
        E.map((expanded) => path.resolve(cwd, expanded))
      )
