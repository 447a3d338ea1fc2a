/**
 * Java takes the names of files in the letters of the locale (sun.jnu.encoding). Containers and services often have none,
 * and then a name with a letter beyond ASCII is one that it cannot find.
 */

type Env = Readonly<Record<string, string | undefined>>

const UTF8 = 'C.UTF-8'

/** The environment for a Java, with letters in UTF-8. Where the system does not know the locale C.UTF-8 nothing changes. */
export const utf8 = (env: Env): Env => {
  const all = env['LC_ALL'] ?? ''
  const letters = [all, env['LC_CTYPE'] ?? '', env['LANG'] ?? ''].find((name) => name !== '') ?? ''
  if (/utf-?8/i.test(letters)) return env
  return all === '' ? { ...env, LC_CTYPE: UTF8 } : { ...env, LC_ALL: UTF8 }
}
