/** The effective configuration: flag over variable over file over default, and all mistakes at once. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Config from './Config'
import * as Secrets from '../values/Secrets'
import * as Failure from '../core/Failure'
import * as ConfigDaemon from './DaemonLayer'
import * as ConfigFiles from './ConfigFiles'
import * as ConfigFile from './ConfigFile'
import * as ConfigLayer from './Layer'
import * as ConfigSource from './Source'
import type { Loaded, Origin } from './LoadedConfig'
import * as Home from '../values/Home'

export type { Loaded, Origin } from './LoadedConfig'
export { showLater } from './LoadedConfig'

export interface Request {
  readonly cwd: string
  /** The file to use; null: search from `cwd` up to the project's root. */
  readonly file: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  /** By flag name without dashes, such as `checkpoint-interval`. */
  readonly flags: Readonly<Record<string, string>>
  /** False when the handler is here already, in a user's own program: the one that is configured is not looked at. */
  readonly handlerRequired: boolean
  /** A .properties file that the daemon was started with: it wins over `daemon` in the file. */
  readonly properties?: string
}

export type Problem = ConfigFile.Problem

const NOWHERE: ConfigFile.Where = { name: '', place: null }

export const show = ({ where, text }: Problem): string =>
  where.name === '' ? text : `${ConfigFile.show(where)}: ${text}`

/** From the top of the file to its end, then what is in no file. */
const byPlace = ({ where: { place: a } }: Problem, { where: { place: b } }: Problem): number =>
  a === null || b === null ? Number(a === null) - Number(b === null) : a.line - b.line || a.column - b.column

const missingHandler = (source: ConfigSource.Source | null, cwd: string): Problem =>
  source === null
    ? {
        where: NOWHERE,
        text: `no configuration was found from ${cwd} up; begin a project with kclts init, write a kcl.config.yaml with at least "handler: ./handler.js", or name a file with --config`
      }
    : {
        where: ConfigFile.at(cwd, source.file, ConfigSource.place(source, [], 'value')),
        text: 'handler: missing, expected the path of the module that exports your handler'
      }

const ENDINGS = ['.js', '.ts', '.mjs', '.mts', '.cjs', '.cts']

const isFile = (file: string): boolean => {
  try {
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

/** A path is not a module's name: it has its ending. The message names a file beside it that may have been meant. */
const noFile = (file: string): string => {
  const stem = file.slice(0, file.length - path.extname(file).length)
  const near = [file, stem].flatMap((begin) => ENDINGS.map((ending) => begin + ending)).find(isFile)
  const hint = near === undefined ? '' : `; did you mean ${path.basename(near)}?`
  return `handler: there is no file ${file}${hint}`
}

/** The handler is missing, or its file. One that was named wrongly is a problem of its layer. */
const handlerProblem = (
  read: E.Either<unknown, ConfigSource.Source | null>,
  layers: ReadonlyArray<ConfigLayer.Layer>,
  said: ConfigLayer.Setting | undefined,
  cwd: string
): ReadonlyArray<Problem> => {
  if (said !== undefined) {
    const file = String(said.value)
    return isFile(file) ? [] : [{ where: said.where, text: noFile(file) }]
  }
  const wasNamed = layers.some(({ named }) => named.has('handler'))
  return E.isLeft(read) || wasNamed ? [] : [missingHandler(read.right, cwd)]
}

/** Dead letters are to go to a sink that is not there; one that was named wrongly is a problem of its layer. */
const sinkProblem = (
  layers: ReadonlyArray<ConfigLayer.Layer>,
  letters: ConfigLayer.Setting | undefined,
  sinks: ReadonlyMap<string, unknown>
): ReadonlyArray<Problem> => {
  const name = Config.sinkOf(String(letters?.value))
  if (letters === undefined || name === null || sinks.has(name)) return []
  if (layers.some(({ problems }) => problems.some(({ text }) => text.startsWith(`sinks.${name}`)))) return []
  const names = sinks.size === 0 ? 'none' : [...sinks.keys()].join(', ')
  const text = `failure.deadLetters: found sink:${name}, expected the name of a sink (there is ${names})`
  return [{ where: letters.where, text }]
}

const effectiveOf = (layers: ReadonlyArray<ConfigLayer.Layer>): ReadonlyMap<string, ConfigLayer.Setting> =>
  new Map(layers.flatMap(({ said }) => [...said]))

/** The layer of the .properties file, if there is to be one. */
const oldProperties = (
  { cwd, properties, env }: Request,
  version: string
): E.Either<Problem, ReadonlyArray<ConfigLayer.Layer>> => {
  if (properties === undefined) return E.right([])
  const refuse = (text: string): E.Either<Problem, never> =>
    E.left({ where: { name: '--properties', place: null }, text })
  const resolved = Home.resolve(cwd, properties, env)
  if (E.isLeft(resolved)) return refuse(resolved.left)
  const file = resolved.right
  try {
    // As Java reads it.
    return E.right([ConfigLayer.ofProperties(cwd, file, fs.readFileSync(file, 'latin1'), version)])
  } catch (thrown) {
    return refuse(`${file} cannot be read: ${Failure.fromUnknown(thrown).message}`)
  }
}

const placesIn = (
  sinks: ReadonlyMap<string, ConfigLayer.Sink>,
  whole: ConfigFile.Where
): Loaded['sinkPlaces'] & object => ({
  sinks: ConfigFile.show(whole),
  ...Object.fromEntries(
    [...sinks].flatMap(([name, { places }]) =>
      [...places].map(([key, where]) => [`sinks.${name}.${key}`, ConfigFile.show(where)] as const)
    )
  )
})

const textsIn = (sinks: ReadonlyMap<string, ConfigLayer.Sink>): Loaded['sinkTexts'] & object =>
  Object.fromEntries(
    [...sinks].flatMap(([name, { written }]) =>
      [...written].map(([key, text]) => [`sinks.${name}.${key}`, text] as const)
    )
  )

const doubtsOf = ({ said, sinks }: Effective): ReadonlyArray<string> => [
  ...[...said.values()].flatMap(({ where, doubt }) =>
    doubt === undefined ? [] : [show({ where, text: doubt })]
  ),
  ...[...sinks].flatMap(([name, { doubts, places, where }]) =>
    [...doubts].map(([key, text]) =>
      show({ where: places.get(key) ?? where, text: `sinks.${name}.${key}: ${text}` })
    )
  )
]

/** What all layers say together. */
interface Effective {
  readonly said: ReadonlyMap<string, ConfigLayer.Setting>
  readonly sinks: ReadonlyMap<string, ConfigLayer.Sink>
  readonly properties: ConfigLayer.Layer['properties']
}

const configOf = ({ said, sinks, properties }: Effective): Config.Config =>
  Config.assemble(new Map([...said].map(([key, { value }]) => [key, value])), {
    sinks: Object.fromEntries([...sinks].map(([name, { settings }]) => [name, settings])),
    properties: Object.fromEntries([...properties].map(([name, { value }]) => [name, value]))
  })

const originsOf = ({ said, sinks, properties }: Effective): ReadonlyArray<Origin> => [
  ...Config.keys.flatMap(({ path: key, codec }) => {
    const one = said.get(key)
    if (one === undefined) return []
    const shown = Secrets.shown(Secrets.readerOf(codec))(one.written ?? String(codec.encode(one.value)))
    return [{ key, shown, from: ConfigFile.show(one.where) }]
  }),
  ...[...sinks].map(([name, { settings, where }]) => ({
    key: `sinks.${name}`,
    shown: settings.type,
    from: ConfigFile.show(where)
  })),
  ...[...properties].map(([name, { value, where }]) => ({
    key: `daemon.properties.${name}`,
    shown: Secrets.shown(Secrets.property(name))(value),
    from: ConfigFile.show(where)
  }))
]

/**
 * The effective configuration. Synchronous: a child answers its first action only after it.
 *
 * Left: every mistake in every layer, each with its place; a mistake counts even where another layer wins.
 */
export const load = (request: Request): E.Either<ReadonlyArray<Problem>, Loaded> => {
  const { cwd } = request
  const read =
    request.file === null ? ConfigFile.search(cwd) : ConfigFile.named(cwd, request.file, request.env)
  const source = E.isLeft(read) ? null : read.right
  // The weakest first: a later one wins.
  const weak = [
    ConfigLayer.defaults(source === null ? cwd : path.dirname(source.file)),
    ...(source === null ? [] : [ConfigLayer.ofFile(cwd, source, request.env)])
  ]
  const strong = [
    ConfigLayer.ofVariables(cwd, request.env),
    ConfigLayer.ofFlags(cwd, request.flags, request.env)
  ]
  const version = effectiveOf([...weak, ...strong]).get('daemon.version')?.value
  const old = oldProperties(request, String(version))
  const layers = [...weak, ...(E.isRight(old) ? old.right : []), ...strong]
  const said = effectiveOf(layers)
  const sinks = new Map(layers.flatMap((layer) => [...layer.sinks]))
  const properties = new Map(layers.flatMap((layer) => [...layer.properties]))
  const file = source === null ? null : source.file
  const problems = [
    ...(E.isLeft(read) ? read.left : []),
    ...(E.isLeft(old) ? [old.left] : []),
    ...(request.handlerRequired ? handlerProblem(read, layers, said.get('handler'), cwd) : []),
    ...layers.flatMap((layer) => layer.problems),
    ...sinkProblem(layers, said.get('failure.deadLetters'), sinks),
    ...ConfigDaemon.problems(said, properties),
    ...ConfigFiles.problems(said, sinks, file)
  ].sort(byPlace)
  if (problems.length > 0) return E.left(problems)
  const effective = { said, sinks, properties }
  const doubts = doubtsOf(effective)
  return E.right({
    config: configOf(effective),
    file,
    ...(sinks.size === 0 || source === null
      ? {}
      : {
          sinkPlaces: placesIn(
            sinks,
            ConfigFile.at(cwd, source.file, ConfigSource.place(source, ['sinks'], 'key'))
          ),
          sinkTexts: textsIn(sinks)
        }),
    ...(doubts.length === 0 ? {} : { doubts }),
    origins: originsOf(effective)
  })
}
