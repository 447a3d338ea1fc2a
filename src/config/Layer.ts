/** What one source says, key by key: the file, the variables, the flags, the defaults. */
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from './Config'
import * as DaemonSettings from './DaemonSettings'
import * as Import from './Import'
import { isFields } from '../protocol/Fields'
import * as Secrets from '../values/Secrets'
import * as Variables from '../values/Variables'
import * as ServiceLinks from './ServiceLinks'
import { fieldsOf } from '../sinks/Settings'
import * as ConfigDaemon from './DaemonLayer'
import * as ConfigFile from './ConfigFile'
import { nearest } from './Hint'
import * as ConfigSinks from './SinksLayer'
import * as ConfigSource from './Source'
import * as ConfigText from './Text'
import * as Units from './Units'

/** What was said for a key, taken by its codec; paths are absolute. */
export interface Setting {
  readonly value: unknown
  readonly where: ConfigFile.Where
  /** Its text, where it may be secret and variables stand in it. */
  readonly written?: string
  /** What it may have been meant for. */
  readonly doubt?: string
}

export interface Sink extends ConfigSinks.Sink {
  readonly where: ConfigFile.Where
  /** Where each of its keys is, or the nearest thing around it. */
  readonly places: ReadonlyMap<string, ConfigFile.Where>
}

export interface Layer {
  readonly said: ReadonlyMap<string, Setting>
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

/** At the top, by convention: for anchors of YAML, which other keys refer to. */
const isExtension = (name: string): boolean => name.startsWith('x-')

/** The map whose keys are the daemon's own. */
const PROPERTIES = `${DAEMON}.${DaemonSettings.PROPERTIES}`

const paths = Config.keys.map(({ path }) => path)

const hint = (near: string | undefined): string => (near === undefined ? '' : `; did you mean ${near}?`)

type Env = ConfigText.Ground['env']

type Decoded = E.Either<ConfigText.Mistake, Pick<Setting, 'value' | 'written' | 'doubt'>>

const decode = (key: Config.Key, given: unknown, ground: ConfigText.Ground): Decoded => {
  const filled = ConfigText.fill(key.codec, given, ground)
  if (E.isLeft(filled)) {
    const { below, text } = filled.left
    const remedy =
      key.codec.reading === 'file' || ground.isFile
        ? ''
        : `; write the value itself, or set ${Config.variableOf(key.path)} to it`
    return E.left({ below, text: `${key.path}: ${text}${remedy}` })
  }
  const { value, found, ...written } = filled.right
  const decoded = key.codec.decode(value)
  if (E.isLeft(decoded)) {
    const why =
      decoded.left.flatMap(({ message }) => (message === undefined ? [] : [`, ${message};`]))[0] ?? ','
    return E.left({ below: [], text: `${key.path}: found ${found}${why} expected ${key.codec.name}` })
  }
  const judged = Units.judge(key.path, key.codec, value)
  if (E.isLeft(judged)) return E.left({ below: [], text: `${key.path}: ${judged.left}` })
  const isFile =
    key.codec.reading === 'file' && typeof decoded.right === 'string' && Config.sinkOf(decoded.right) === null
  return E.right({
    value: isFile ? path.resolve(ground.base, String(decoded.right)) : decoded.right,
    ...written,
    ...(judged.right === null ? {} : { doubt: `${key.path}: ${judged.right}` })
  })
}

const collector = (ground: ConfigText.Ground) => {
  const said = new Map<string, Setting>()
  const sinks = new Map<string, Sink>()
  const properties = new Map<string, ConfigDaemon.Property>()
  const problems: Array<ConfigFile.Problem> = []
  const named = new Set<string>()
  return {
    layer: { said, sinks, properties, problems, named },
    takeSink: (name: string, sink: Sink): void => void sinks.set(name, sink),
    takeProperty: (name: string, property: ConfigDaemon.Property): void =>
      void properties.set(name, property),
    refuse: (where: ConfigFile.Where, text: string): void => void problems.push({ where, text }),
    take: (key: Config.Key, value: unknown, at: (below: ReadonlyArray<string>) => ConfigFile.Where): void => {
      named.add(key.path)
      const decoded = decode(key, value, ground)
      if (E.isLeft(decoded)) problems.push({ where: at(decoded.left.below), text: decoded.left.text })
      else said.set(key.path, { ...decoded.right, where: at([]) })
    }
  }
}

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
  const ground = { base: path.dirname(source.file), env, isFile: true }
  const { layer, refuse, take, takeSink, takeProperty } = collector(ground)
  const at = (keys: ReadonlyArray<string>, of: 'key' | 'value'): ConfigFile.Where =>
    ConfigFile.at(cwd, source.file, ConfigSource.place(source, keys, of))
  const sinkAt = (name: string, sink: ConfigSinks.Sink): Sink => {
    const { settings } = sink
    const headers = 'headers' in settings ? Object.keys(settings.headers ?? {}) : []
    const keys = fieldsOf(settings.type).map(({ path }) => path.split('.'))
    const all = [...keys, ...headers.map((header) => ['headers', header])]
    return {
      ...sink,
      where: at([SINKS, name], 'value'),
      places: new Map(all.map((key) => [key.join('.'), at([SINKS, name, ...key], 'value')]))
    }
  }
  const readSink = (name: string, inner: unknown): void => {
    const sink = ConfigSinks.read(ground, name, inner)
    if (E.isRight(sink)) takeSink(name, sinkAt(name, sink.right))
    else for (const { keys, of, text } of sink.left) refuse(at([SINKS, ...keys], of), text)
  }
  const readProperty = (name: string, inner: unknown, keys: ReadonlyArray<string>): void => {
    const where = at(keys, 'value')
    const text = pipe(
      ConfigDaemon.textOf(inner),
      E.chain((written) => Variables.fill(written, env))
    )
    if (E.isLeft(text)) refuse(where, `${PROPERTIES}.${Secrets.shown(Secrets.foreign)(name)}: ${text.left}`)
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
      refuse(at(above, 'value'), `${place}found ${Secrets.kindOf(value)}, expected ${expected}`)
    }
  }
  const readMap = (value: unknown, above: ReadonlyArray<string>): void =>
    eachOf(value, above, 'a map of keys', (name, inner, keys) => {
      const isTop = above.length === 0
      const key = name.includes('.') ? undefined : Config.keyOf(keys.join('.'))
      if (key !== undefined) take(key, inner, (below) => at([...keys, ...below], 'value'))
      else if (isTop && (name === EDITORS || isExtension(name))) return
      else if (isTop && name === SINKS) eachOf(inner, keys, 'a map of sinks by name', readSink)
      else if (keys.join('.') === PROPERTIES) eachOf(inner, keys, 'a map of properties', readProperty)
      else if (isTop && Config.sections.includes(name)) readMap(inner, keys)
      else refuse(at(keys, 'key'), unknownKey(keys.map(Secrets.shown(Secrets.foreign)).join('.'), isTop))
    })
  readMap(source.value, [])
  return layer
}

/** Of a .properties file that the daemon was started with; `version` is that of the KCL it is to be used with. */
export const ofProperties = (cwd: string, file: string, text: string, version: string): Layer => {
  const { layer, refuse, take, takeProperty } = collector({
    base: path.dirname(file),
    env: {},
    isFile: false
  })
  const at = (line: number | null): ConfigFile.Where =>
    line === null
      ? { name: 'the default of the daemon', place: null }
      : ConfigFile.at(cwd, file, { line, column: 1 })
  const imported = Import.read(text, version)
  if (E.isLeft(imported)) {
    for (const { line, text: why } of imported.left) refuse(at(line), why)
    return layer
  }
  for (const { path: name, value, line } of imported.right.settings) {
    const key = Config.keyOf(name)
    if (key !== undefined) take(key, value, () => at(line))
  }
  for (const { name, value, line } of imported.right.properties)
    takeProperty(name, { value, where: at(line), named: at(line) })
  return layer
}

const ofTexts = (
  cwd: string,
  env: Env,
  given: ReadonlyArray<readonly [string, string]>,
  kind: 'variable' | 'flag',
  shown: (path: string) => string
): Layer => {
  const { layer, refuse, take } = collector({ base: cwd, env, isFile: false })
  const byName = new Map(Config.keys.map((key) => [shown(key.path), key]))
  for (const [name, text] of given) {
    const key = byName.get(name)
    const where = { name, place: null }
    if (key !== undefined) take(key, ConfigText.scalarFor(key.codec, text), () => where)
    else {
      const near = nearest(name.replace(PREFIX, ''), paths)
      refuse(where, `unknown ${kind}${hint(near === undefined ? near : shown(near))}`)
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
  const { layer, take } = collector({ base, env: {}, isFile: false })
  const where = { name: 'default', place: null }
  for (const key of Config.keys)
    if (key.fallback !== undefined && key.fallback !== null) take(key, key.fallback, () => where)
  return layer
}
