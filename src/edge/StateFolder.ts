/** Where kclts keeps what a later run of this user must find: the XDG base directory for state. */
import * as os from 'node:os'
import * as path from 'node:path'

/** Absolute; it need not be there yet. A relative XDG_STATE_HOME counts as none, as its specification says. */
export const of = (env: Readonly<Record<string, string | undefined>>): string => {
  const given = env['XDG_STATE_HOME'] ?? ''
  const home = env['HOME'] ?? os.homedir()
  return path.join(path.isAbsolute(given) ? given : path.join(home, '.local', 'state'), 'kclts')
}
