/** Finds the configuration, lays flag over variable over file over default, and tells all mistakes at once. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import { cosmiconfigSync } from 'cosmiconfig'
import { closest, distance } from 'fastest-levenshtein'
import * as E from 'fp-ts/Either'
import * as Config from '../codec/Config'
import { found } from '../codec/Explain'
import * as Failure from '../core/Failure'
import * as ConfigSource from './ConfigSource'

export interface Request {
  readonly cwd: string
  /** The file to use; null: search from `cwd` up to the project's root. */
  readonly file: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  /** By flag name without dashes, such as `checkpoint-interval`. */
  readonly flags: Readonly<Record<string, string>>
  /** False when the handler is here already, in a user's own program. */
  readonly handlerRequired: boolean
}

export interface Problem {
  /** `kcl.config.yaml:3:13`, a variable's name, a flag, or empty. */
  readonly where: string
  readonly text: string
}

/** An effective setting and where it comes from. */
export interface Origin {
  readonly key: string
  /** As it would be written. */
  readonly shown: string
  readonly from: string
}

export interface Loaded {
  readonly config: Config.Config
  readonly file: string | null
  readonly origins: ReadonlyArray<Origin>
}

export const show = (problem: Problem): string =>
  problem.where === '' ? problem.text : `${problem.where}: ${problem.text}`

const MODULE = 'kcl'

/** YAML and JSON only: a policy is data, not code. */
const PLACES = [
  'kcl.config.yaml',
  'kcl.config.yml',
  'kcl.config.json',
  '.kclrc',
  '.kclrc.yaml',
  '.kclrc.yml',
  '.kclrc.json',
  'package.json'
]

/** What was said for a key, and where. Paths in it are relative to `base`. */
interface Said {
  readonly value: unknown
  readonly where: string
  readonly base: string
}

type Layer = ReadonlyMap<string, Said>

class Unreadable extends Error {
  constructor(readonly problems: ReadonlyArray<Problem>) {
    super('unreadable configuration')
  }
}

const rootOf = (file: string): ReadonlyArray<string> =>
  path.basename(file) === 'package.json' ? [MODULE] : []

const shownFile = (cwd: string, file: string): string => {
  const relative = path.relative(cwd, file)
  return relative === '' || relative.startsWith('..') ? file : relative
}

const read = (
  cwd: string,
  file: string,
  text: string
): E.Either<ReadonlyArray<Problem>, ConfigSource.Source> =>
  E.mapLeft((problems: ReadonlyArray<ConfigSource.SyntaxProblem>) =>
    problems.map(({ place, message }) => ({ where: `${shownFile(cwd, file)}:${place}`, text: message }))
  )(ConfigSource.parse(file, text, rootOf(file)))

const readNamed = (cwd: string, name: string): E.Either<ReadonlyArray<Problem>, ConfigSource.Source> => {
  const file = path.resolve(cwd, name)
  try {
    return read(cwd, file, fs.readFileSync(file, 'utf8'))
  } catch (problem) {
    return E.left([
      { where: '--config', text: `${file} cannot be read: ${Failure.fromUnknown(problem).message}` }
    ])
  }
}

/** cosmiconfig finds the file; what it parsed is kept with its places, since the result is plain data. */
const search = (cwd: string): E.Either<ReadonlyArray<Problem>, ConfigSource.Source | null> => {
  const sources = new Map<string, ConfigSource.Source>()
  const load = (file: string, text: string): unknown => {
    const source = read(cwd, file, text)
    if (E.isLeft(source)) throw new Unreadable(source.left)
    sources.set(file, source.right)
    const whole: unknown = source.right.document.toJS()
    // cosmiconfig would merge the imported file behind our back, and the places would be wrong.
    const imported = ConfigSource.value(source.right)
    if (isFields(imported) && '$import' in imported)
      throw new Unreadable([
        {
          where: `${shownFile(cwd, file)}:${ConfigSource.place(source.right, ['$import'], 'key')}`,
          text: '$import: not supported; write the settings into this file'
        }
      ])
    return whole
  }
  const loaders = { '.yaml': load, '.yml': load, '.json': load, noExt: load }
  try {
    const result = cosmiconfigSync(MODULE, {
      searchPlaces: PLACES,
      searchStrategy: 'project',
      loaders,
      ignoreEmptySearchPlaces: false
    }).search(cwd)
    return E.right(result === null ? null : (sources.get(result.filepath) ?? null))
  } catch (problem) {
    return E.left(
      problem instanceof Unreadable
        ? problem.problems
        : [{ where: '', text: Failure.show(Failure.fromUnknown(problem)) }]
    )
  }
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const NEAR = 4

/** `; did you mean failure.then?`, when something known is near. */
const hint = (name: string, known: ReadonlyArray<string>): string => {
  const nearest = closest(name, [...known])
  return distance(name, nearest) <= Math.min(NEAR, Math.ceil(name.length / 2))
    ? `; did you mean ${nearest}?`
    : ''
}

const sections = new Set(
  Config.keys.flatMap(({ path }) => (path.includes('.') ? [path.split('.')[0] ?? ''] : []))
)

/** What the file says, key by key; unknown keys and sections that are no maps are problems. */
const fileLayer = (cwd: string, source: ConfigSource.Source, problems: Array<Problem>): Layer => {
  const layer = new Map<string, Said>()
  const name = shownFile(cwd, source.file)
  const base = path.dirname(source.file)
  const at = (keys: ReadonlyArray<string>, of: 'key' | 'value'): string =>
    `${name}:${ConfigSource.place(source, keys, of)}`
  const take = (keys: ReadonlyArray<string>, value: unknown): void => {
    const path = keys.join('.')
    if (Config.keyOf(path) !== undefined) {
      layer.set(path, { value, where: at(keys, 'value'), base })
    } else if (keys.length === 1 && sections.has(path)) {
      if (isFields(value)) for (const [key, inner] of Object.entries(value)) take([...keys, key], inner)
      else
        problems.push({
          where: at(keys, 'value'),
          text: `${path}: found ${found(value)}, expected a map of keys`
        })
    } else {
      const known = [...Config.keys.map((one) => one.path), ...(keys.length === 1 ? sections : [])]
      problems.push({ where: at(keys, 'key'), text: `${path}: unknown key${hint(path, known)}` })
    }
  }
  const whole = ConfigSource.value(source)
  if (isFields(whole)) for (const [key, value] of Object.entries(whole)) take([key], value)
  else if (whole !== undefined && whole !== null)
    problems.push({ where: at([], 'value'), text: `found ${found(whole)}, expected a map of keys` })
  return layer
}

const PREFIX = 'KCLTS_'

const variableLayer = (request: Request, problems: Array<Problem>): Layer => {
  const layer = new Map<string, Said>()
  const byVariable = new Map(Config.keys.map((key) => [Config.variableOf(key.path), key.path]))
  for (const [name, text] of Object.entries(request.env)) {
    if (!name.startsWith(PREFIX) || text === undefined) continue
    const key = byVariable.get(name)
    if (key === undefined)
      problems.push({ where: name, text: `unknown variable${hint(name, [...byVariable.keys()])}` })
    else layer.set(key, { value: textFor(key, text), where: name, base: request.cwd })
  }
  return layer
}

/** A path is taken as it stands; anything else as YAML reads it, so that `10` is a number and `true` a truth. */
const textFor = (path: string, text: string): unknown =>
  Config.keyOf(path)?.isPath === true ? text : ConfigSource.scalar(text)

const flagLayer = (request: Request, problems: Array<Problem>): Layer => {
  const layer = new Map<string, Said>()
  const byFlag = new Map(Config.keys.map((key) => [Config.flagOf(key.path), key.path]))
  for (const [name, text] of Object.entries(request.flags)) {
    const key = byFlag.get(name)
    if (key === undefined)
      problems.push({ where: `--${name}`, text: `unknown flag${hint(name, [...byFlag.keys()])}` })
    else layer.set(key, { value: textFor(key, text), where: `--${name}`, base: request.cwd })
  }
  return layer
}

/** One layer's values by the key's codec; paths become absolute. */
const decodeLayer = (layer: Layer, problems: Array<Problem>): Layer => {
  const decoded = new Map<string, Said>()
  for (const key of Config.keys) {
    const said = layer.get(key.path)
    if (said === undefined) continue
    const result = key.codec.decode(said.value)
    if (E.isLeft(result))
      problems.push({
        where: said.where,
        text: `${key.path}: found ${found(said.value)}, expected ${key.codec.name}`
      })
    else {
      const value =
        key.isPath && typeof result.right === 'string' ? path.resolve(said.base, result.right) : result.right
      decoded.set(key.path, { ...said, value })
    }
  }
  return decoded
}

const defaults = (base: string): Layer => {
  const layer = new Map<string, Said>()
  for (const { path, fallback } of Config.keys)
    if (fallback !== undefined) layer.set(path, { value: fallback, where: 'default', base })
  return layer
}

const missingHandler = (source: ConfigSource.Source | null, cwd: string): Problem =>
  source === null
    ? {
        where: '',
        text: `no configuration was found from ${cwd} up; write a kcl.config.yaml with at least "handler: ./handler.js", or name one by --config`
      }
    : {
        where: `${shownFile(cwd, source.file)}:1:1`,
        text: 'handler: missing, expected the path of the module that exports your handler'
      }

const checkHandler = (said: Said, problems: Array<Problem>): void => {
  const file = String(said.value)
  if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile())
    problems.push({ where: said.where, text: `handler: there is no file ${file}` })
}

/**
 * The effective configuration. Synchronous: a child answers its first action only after it.
 *
 * Left: every mistake in every layer, each with its place.
 */
export const load = (request: Request): E.Either<ReadonlyArray<Problem>, Loaded> => {
  const source = request.file === null ? search(request.cwd) : readNamed(request.cwd, request.file)
  const problems: Array<Problem> = E.isLeft(source) ? [...source.left] : []
  const file = E.isLeft(source) ? null : source.right
  const base = file === null ? request.cwd : path.dirname(file.file)
  const layers = [
    flagLayer(request, problems),
    variableLayer(request, problems),
    file === null ? new Map<string, Said>() : fileLayer(request.cwd, file, problems),
    defaults(base)
  ].map((layer) => decodeLayer(layer, problems))

  const effective = new Map<string, Said>()
  for (const layer of [...layers].reverse()) for (const [key, said] of layer) effective.set(key, said)

  const handler = effective.get('handler')
  const wasSaid = problems.some(({ text }) => text.startsWith('handler: '))
  if (handler !== undefined) checkHandler(handler, problems)
  else if (request.handlerRequired && E.isRight(source) && !wasSaid)
    problems.push(missingHandler(file, request.cwd))
  if (problems.length > 0) return E.left(problems)

  return E.right({
    config: Config.assemble(new Map([...effective].map(([key, { value }]) => [key, value]))),
    file: file === null ? null : file.file,
    origins: Config.keys.flatMap(({ path: key, codec }) => {
      const said = effective.get(key)
      return said === undefined ? [] : [{ key, shown: String(codec.encode(said.value)), from: said.where }]
    })
  })
}
