/** What one source says, key by key: the file, the variables, the flags, the defaults. */
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Config from './Config'
import * as DaemonSettings from './DaemonSettings'
import * as Import from './Import'
import * as Secrets from '../values/Secrets'
import * as ServiceLinks from './ServiceLinks'
import { fieldsOf, type SinkSettings } from '../sinks/Settings'
import * as ConfigDaemon from './DaemonLayer'
import * as ConfigFile from './ConfigFile'
import { nearest } from './Hint'
import * as ConfigSinks from './SinksLayer'
import * as ConfigSource from './Source'
import * as ConfigText from './Text'

/** What was said for a key, taken by its codec; paths are absolute. */
export interface Said {
  readonly value: unknown
  readonly where: ConfigFile.Where
}

export interface Sink {
  readonly settings: SinkSettings
  readonly where: ConfigFile.Where
  /** Where each of its keys is, or the nearest thing around it. */
  readonly places: ReadonlyMap<string, ConfigFile.Where>
}

export interface Layer {
  readonly said: ReadonlyMap<string, Said>
  /** By name; only a file has any. */
  readonly sinks: ReadonlyMap<string, Sink>
  /** The daemon's own, by name; only a file has any. */
  readonly properties: ConfigDaemon.Properties
  readonly problems: ReadonlyArray<ConfigFile.Problem>
  /** The keys that were named, rightly or wrongly. */
  readonly named: ReadonlySet<string>
}

/** The section whose keys are names of the user's own. */
const SINKS = 'sinks'

const DAEMON = 'daemon'

/** At the top: for editors alone. */
const EDITORS = '$schema'

/** The map whose keys are the daemon's own. */
const PROPERTIES = `${DAEMON}.${DaemonSettings.PROPERTIES}`

const paths = Config.keys.map(({ path }) => path)

const hint = (near: string | undefined): string => (near === undefined ? '' : `; did you mean ${near}?`)

type Env = ConfigSinks.Ground['env']

const decode = (
  key: Config.Key,
  written: unknown,
  { base, env }: ConfigSinks.Ground
): E.Either<string, unknown> => {
  const filled = ConfigText.fill(key.codec, written, env)
  if (E.isLeft(filled)) {
    const remedy =
      key.codec.reading === 'file'
        ? ''
        : `; write the value itself, or set ${Config.variableOf(key.path)} to it`
    return E.left(`${key.path}: ${filled.left}${remedy}`)
  }
  const value = filled.right
  const decoded = key.codec.decode(value)
  if (E.isLeft(decoded)) {
    const why =
      decoded.left.flatMap(({ message }) => (message === undefined ? [] : [`, ${message};`]))[0] ?? ','
    return E.left(`${key.path}: found ${Secrets.foundFor(key.codec)(value)}${why} expected ${key.codec.name}`)
  }
  return key.codec.reading === 'file' &&
    typeof decoded.right === 'string' &&
    Config.sinkOf(decoded.right) === null
    ? E.right(path.resolve(base, decoded.right))
    : decoded
}

const collector = (ground: ConfigSinks.Ground) => {
  const said = new Map<string, Said>()
  const sinks = new Map<string, Sink>()
  const properties = new Map<string, ConfigDaemon.Property>()
  const problems: Array<ConfigFile.Problem> = []
  const named = new Set<string>()
  return {
    layer: { said, sinks, properties, problems, named },
    takeSink: (name: string, sink: Sink): void => void sinks.set(name, sink),
    takeProperty: (name: string, property: ConfigDaemon.Property): void =>
      void properties.set(name, property),
    wrong: (where: ConfigFile.Where, text: string): void => void problems.push({ where, text }),
    take: (key: Config.Key, value: unknown, where: ConfigFile.Where): void => {
      named.add(key.path)
      const decoded = decode(key, value, ground)
      if (E.isLeft(decoded)) problems.push({ where, text: decoded.left })
      else said.set(key.path, { value: decoded.right, where })
    }
  }
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const unknownKey = (path: string, isTop: boolean): string => {
  if (path === '$import') return '$import: not supported; write the settings into this file'
  // Known, and not found: it is one key with a dot in it.
  if (Config.keyOf(path) !== undefined)
    return `${path}: unknown key; write ${path.replace('.', ': with ')} below it`
  // What the daemon calls it.
  const [section, ...rest] = path.split('.')
  const known = section === DAEMON ? ConfigDaemon.own(rest.join('.')) : undefined
  if (known !== undefined) return `${path}: unknown key; write ${known}`
  return `${path}: unknown key${hint(nearest(path, isTop ? [SINKS, ...Config.sections, ...paths] : paths))}`
}

export const ofFile = (cwd: string, source: ConfigSource.Source, env: Env): Layer => {
  const ground = { base: path.dirname(source.file), env }
  const { layer, wrong, take, takeSink, takeProperty } = collector(ground)
  const at = (keys: ReadonlyArray<string>, of: 'key' | 'value'): ConfigFile.Where =>
    ConfigFile.at(cwd, source.file, ConfigSource.place(source, keys, of))
  const sinkAt = (name: string, settings: SinkSettings): Sink => {
    const keys = fieldsOf(settings.type).map(({ path }) => path)
    const where = (key: string): ConfigFile.Where => at([SINKS, name, ...key.split('.')], 'value')
    return {
      settings,
      where: at([SINKS, name], 'value'),
      places: new Map(keys.map((key) => [key, where(key)]))
    }
  }
  const readSink = (name: string, inner: unknown): void => {
    const sink = ConfigSinks.read(ground, name, inner)
    if (E.isRight(sink)) takeSink(name, sinkAt(name, sink.right))
    else for (const { keys, of, text } of sink.left) wrong(at([SINKS, ...keys], of), text)
  }
  const readProperty = (name: string, inner: unknown, keys: ReadonlyArray<string>): void => {
    const where = at(keys, 'value')
    const text = ConfigDaemon.textOf(inner)
    if (E.isLeft(text)) wrong(where, `${PROPERTIES}.${Secrets.shown(Secrets.foreign)(name)}: ${text.left}`)
    else takeProperty(name, { value: text.right, where, named: at(keys, 'key') })
  }
  /** Nothing is said in an empty file, or in a section of which all is commented out. */
  const eachOf = (
    value: unknown,
    above: ReadonlyArray<string>,
    expected: string,
    then: (name: string, inner: unknown, keys: ReadonlyArray<string>) => void
  ): void => {
    if (value === undefined || value === null) return
    if (isFields(value))
      for (const [name, inner] of Object.entries(value)) then(name, inner, [...above, name])
    else {
      const place = above.length === 0 ? '' : `${above.join('.')}: `
      wrong(at(above, 'value'), `${place}found ${Secrets.kindOf(value)}, expected ${expected}`)
    }
  }
  const readMap = (value: unknown, above: ReadonlyArray<string>): void =>
    eachOf(value, above, 'a map of keys', (name, inner, keys) => {
      const isTop = above.length === 0
      const key = name.includes('.') ? undefined : Config.keyOf(keys.join('.'))
      if (key !== undefined) take(key, inner, at(keys, 'value'))
      else if (isTop && name === EDITORS) return
      else if (isTop && name === SINKS) eachOf(inner, keys, 'a map of sinks by name', readSink)
      else if (keys.join('.') === PROPERTIES) eachOf(inner, keys, 'a map of properties', readProperty)
      else if (isTop && Config.sections.includes(name)) readMap(inner, keys)
      else wrong(at(keys, 'key'), unknownKey(keys.map(Secrets.shown(Secrets.foreign)).join('.'), isTop))
    })
  readMap(source.value, [])
  return layer
}

/** Of a .properties file that the daemon was started with; `version` is that of the KCL it is to be used with. */
export const ofProperties = (cwd: string, file: string, text: string, version: string): Layer => {
  const { layer, wrong, take, takeProperty } = collector({ base: path.dirname(file), env: {} })
  const at = (line: number | null): ConfigFile.Where =>
    line === null
      ? { name: 'the default of the daemon', place: null }
      : ConfigFile.at(cwd, file, { line, column: 1 })
  const imported = Import.read(text, version)
  if (E.isLeft(imported)) {
    for (const { line, text: why } of imported.left) wrong(at(line), why)
    return layer
  }
  for (const { path: name, value, line } of imported.right.settings) {
    const key = Config.keyOf(name)
    if (key !== undefined) take(key, value, at(line))
  }
  for (const { name, value, line } of imported.right.properties)
    takeProperty(name, { value, where: at(line), named: at(line) })
  return layer
}

/**
 * A path is taken as it stands; anything else as YAML reads it, so that `10` is a number and `true` a truth, but where
 * the key wants text: a worker may be called 7, and nobody quotes that for a shell.
 */
const textFor = (key: Config.Key, text: string): unknown => {
  if (key.codec.reading === 'file') return text
  const value = ConfigSource.scalar(text)
  return E.isLeft(key.codec.decode(value)) && E.isRight(key.codec.decode(text)) ? text : value
}

const ofTexts = (
  cwd: string,
  env: Env,
  given: ReadonlyArray<readonly [string, string]>,
  kind: 'variable' | 'flag',
  shown: (path: string) => string
): Layer => {
  const { layer, wrong, take } = collector({ base: cwd, env })
  const byName = new Map(Config.keys.map((key) => [shown(key.path), key]))
  for (const [name, text] of given) {
    const key = byName.get(name)
    const where = { name, place: null }
    if (key !== undefined) take(key, textFor(key, text), where)
    else {
      const near = nearest(name.replace(PREFIX, ''), paths)
      wrong(where, `unknown ${kind}${hint(near === undefined ? near : shown(near))}`)
    }
  }
  return layer
}

const PREFIX = 'KCLTS_'

/** All variables that begin with `KCLTS_`, but those of services whose names begin so. */
export const ofVariables = (cwd: string, env: Env): Layer =>
  ofTexts(
    cwd,
    env,
    Object.entries(env).flatMap(([name, text]) =>
      name.startsWith(PREFIX) && text !== undefined && !ServiceLinks.is(name, env)
        ? [[name, text] as const]
        : []
    ),
    'variable',
    Config.variableOf
  )

/** By flag name without dashes, such as `checkpoint-interval`. */
export const ofFlags = (cwd: string, flags: Readonly<Record<string, string>>, env: Env): Layer =>
  ofTexts(
    cwd,
    env,
    Object.entries(flags).map(([name, text]) => [`--${name}`, text] as const),
    'flag',
    (path) => `--${Config.flagOf(path)}`
  )

/** Relative paths are relative to `base`. */
export const defaults = (base: string): Layer => {
  const { layer, take } = collector({ base, env: {} })
  const where = { name: 'default', place: null }
  for (const key of Config.keys)
    if (key.fallback !== undefined && key.fallback !== null) take(key, key.fallback, where)
  return layer
}
