/** Where kclts keeps what outlives a run: below the key `home`, or in the XDG base directories for caches and for state. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Failure from '../core/Failure'
import * as Home from '../values/Home'

type Env = Readonly<Record<string, string | undefined>>

export type Kind = 'cache' | 'state'

const KINDS = {
  cache: { variable: 'XDG_CACHE_HOME', below: '.cache' },
  state: { variable: 'XDG_STATE_HOME', below: path.join('.local', 'state') }
} as const

/** The variable of the key `home`. */
const HOME = 'KCLTS_HOME'

/** The environment of a worker whose configuration names its home folder; null: it does not. */
export const placed = <A extends Env>(env: A, home: string | null): A =>
  home === null ? env : { ...env, [HOME]: home }

/** Absolute; it need not be there yet. A relative XDG variable counts as none, as the specification says. */
export const of = (kind: Kind, env: Env): string => {
  const home = env[HOME] ?? ''
  if (home !== '') return path.join(path.resolve(home), kind)
  const { variable, below } = KINDS[kind]
  const given = env[variable] ?? ''
  return path.join(path.isAbsolute(given) ? given : path.join(Home.of(env), below), 'kclts')
}

/** The setting that says where this kind is kept: the key `home`, or a variable. */
export const settingOf = (kind: Kind, env: Env): string =>
  (env[HOME] ?? '') === '' ? KINDS[kind].variable : 'home'

/** What a user can do about a folder that cannot be used. */
export const remedy = (kind: Kind, env: Env): string =>
  `set ${settingOf(kind, env)} to a folder that this user may write to`

/** The nearest folder above that is there, or the file that stands in the way. */
export const nearest = (folder: string): string =>
  fs.existsSync(folder) || path.dirname(folder) === folder ? folder : nearest(path.dirname(folder))

/** Why this user cannot make the folder, or write into it; null: nothing is in the way. Makes nothing. */
export const obstacle = (folder: string): string | null => {
  try {
    const there = nearest(folder)
    if (!fs.statSync(there).isDirectory()) return `${there} is no folder`
    fs.accessSync(there, fs.constants.W_OK | fs.constants.X_OK)
    return null
  } catch (thrown) {
    return Failure.describe(thrown)
  }
}
