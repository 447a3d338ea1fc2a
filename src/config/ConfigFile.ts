/** Finds the file of the configuration and reads it. */
import * as fs from 'node:fs'
import * as path from 'node:path'
// Above cosmiconfig, which asks for the home folder when it is loaded.
import * as Home from '../values/Home'
import { cosmiconfigSync } from 'cosmiconfig'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Failure from '../core/Failure'
import * as ConfigSource from './Source'

/** Where something was said. */
export interface Where {
  /** The file as messages name it, a variable's name, a flag, or empty. */
  readonly name: string
  /** In a file only. */
  readonly place: ConfigSource.Place | null
}

export interface Problem {
  readonly where: Where
  readonly text: string
}

/** `kcl.config.yaml:3:13`, `KCLTS_LOG_LEVEL`, `--log-level`. */
export const show = ({ name, place }: Where): string =>
  place === null ? name : `${name}:${place.line}:${place.column}`

const MODULE = 'kcl'

const PACKAGE = 'package.json'

/** YAML and JSON only: a policy is data, not code. */
const PLACES = [
  'kcl.config.yaml',
  'kcl.config.yml',
  'kcl.config.json',
  '.kclrc',
  '.kclrc.yaml',
  '.kclrc.yml',
  '.kclrc.json',
  PACKAGE
]

/** How messages name the file: from the current folder when it is in there. */
const shownFile = (cwd: string, file: string): string => {
  const relative = path.relative(cwd, file)
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? file : relative
}

export const at = (cwd: string, file: string, place: ConfigSource.Place | null): Where => ({
  name: shownFile(cwd, file),
  place
})

const parse = (
  cwd: string,
  file: string,
  text: string
): E.Either<ReadonlyArray<Problem>, ConfigSource.Source> =>
  pipe(
    ConfigSource.parse(file, text, path.basename(file) === PACKAGE ? [MODULE] : []),
    E.mapLeft((problems) => problems.map(({ place, text }) => ({ where: at(cwd, file, place), text })))
  )

/** Reads the file that `--config` names, relative to the current folder. */
export const named = (
  cwd: string,
  name: string,
  env: Readonly<Record<string, string | undefined>>
): E.Either<ReadonlyArray<Problem>, ConfigSource.Source> => {
  const refuse = (text: string): E.Either<ReadonlyArray<Problem>, never> =>
    E.left([{ where: { name: '--config', place: null }, text }])
  const resolved = Home.resolve(cwd, name, env)
  if (E.isLeft(resolved)) return refuse(resolved.left)
  const file = resolved.right
  try {
    if (!fs.existsSync(file)) return refuse(`there is no file ${file}`)
    if (!fs.statSync(file).isFile()) return refuse(`${file} is not a file`)
    return pipe(
      parse(cwd, file, fs.readFileSync(file, 'utf8')),
      E.chain((source) =>
        source.root.length > 0 && source.value === undefined
          ? refuse(`${file} has no key ${MODULE}, expected the configuration there`)
          : E.right(source)
      )
    )
  } catch (problem) {
    return refuse(`${file} cannot be read: ${Failure.fromUnknown(problem).message}`)
  }
}

/** Read by a parser as lenient as npm's: the rest of a package.json is not ours to judge. */
const lacksConfiguration = (packageJson: string): boolean => {
  try {
    const whole: unknown = JSON.parse(packageJson.replace(/^\uFEFF/, ''))
    return typeof whole !== 'object' || whole === null || !(MODULE in whole) || whole[MODULE] === null
  } catch {
    return false
  }
}

/**
 * cosmiconfig goes up to the project's root and says which file it found; it does not read what the files say, or
 * it would merge what `$import` names behind our back, and pass over a file that has comments alone.
 */
const find = (folder: string, onFound: (file: string, text: string) => void): string | null => {
  const load = (file: string, text: string): unknown => {
    if (path.basename(file) === PACKAGE && lacksConfiguration(text)) return {}
    onFound(file, text)
    return path.basename(file) === PACKAGE ? { [MODULE]: 'found' } : 'found'
  }
  const found = cosmiconfigSync(MODULE, {
    searchPlaces: PLACES,
    searchStrategy: 'project',
    // Those of code too: a user's own settings of cosmiconfig could add such places.
    loaders: Object.fromEntries(
      ['.yaml', '.yml', '.json', '.js', '.cjs', '.ts', 'noExt'].map((ending) => [ending, load])
    ),
    ignoreEmptySearchPlaces: false
  }).search(folder)
  return found === null ? null : found.filepath
}

const isReadable = (file: string): boolean => {
  try {
    fs.closeSync(fs.openSync(file, 'r'))
    return true
  } catch {
    return false
  }
}

/** A file that comes before the one found: cosmiconfig passes over what it may not read, and takes another or none. */
const forbidden = (folder: string, found: string | null): string | undefined => {
  for (let at = folder; ; at = path.dirname(at)) {
    for (const file of PLACES.map((place) => path.join(at, place))) {
      if (file === found) return undefined
      if (fs.existsSync(file) && !isReadable(file)) return file
    }
    const isRoot = [PACKAGE, 'package.yaml'].some((name) => fs.existsSync(path.join(at, name)))
    if (isRoot || path.dirname(at) === at) return undefined
  }
}

/** The file that an error of cosmiconfig is about: it reads a package.json in the current folder for itself too. */
const fileOf = (thrown: unknown): string | undefined =>
  typeof thrown === 'object' && thrown !== null && 'filepath' in thrown && typeof thrown.filepath === 'string'
    ? thrown.filepath
    : undefined

/**
 * Searches from the current folder up to the project's root, the first one that has a package.json.
 *
 * Right: the file, or null when there is none. Left: it cannot be read, or is no YAML.
 */
export const search = (cwd: string): E.Either<ReadonlyArray<Problem>, ConfigSource.Source | null> => {
  const found = new Map<string, string>()
  try {
    const file = find(cwd, (file, text) => found.set(file, text))
    const hidden = forbidden(cwd, file)
    if (hidden !== undefined)
      return E.left([
        {
          where: at(cwd, hidden, null),
          text: 'this user may not read it; change its mode, or name another file with --config'
        }
      ])
    // cosmiconfig reads no text out of an empty file.
    return file === null ? E.right(null) : parse(cwd, file, found.get(file) ?? '')
  } catch (thrown) {
    const file = fileOf(thrown)
    if (file === undefined)
      return E.left([{ where: { name: '', place: null }, text: Failure.fromUnknown(thrown).message }])
    // The words of JSON.parse have a part of the file in them, which may be a secret.
    const read = parse(cwd, file, fs.readFileSync(file, 'utf8'))
    return E.isLeft(read)
      ? read
      : E.left([{ where: at(cwd, file, null), text: 'it is not JSON; correct it' }])
  }
}
