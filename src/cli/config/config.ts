/** `kclts config`: what is effective, and what the daemon would be given; and an old .properties file in YAML. */
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as yaml from 'yaml'
import * as Config from '../../config/Config'
import * as KclVersion from '../../config/KclVersion'
import * as Import from '../../config/Import'
import * as Properties from '../../config/Properties'
import * as Secrets from '../../values/Secrets'
import * as SinkSettings from '../../sinks/Settings'
import * as Failure from '../../core/Failure'
import * as Generate from '../../daemon/Generate'
import * as ConfigDaemon from '../../config/DaemonLayer'
import * as ConfigSearch from '../../config/ConfigSearch'
import { refused, type Report } from '../check/check'

/** A scalar with a comment behind it. */
const scalar = (value: unknown, comment: string | null): yaml.Scalar => {
  const node = new yaml.Scalar(value)
  if (comment !== null) node.comment = ` ${comment}`
  return node
}

/** Below its section, which is made where it is not there yet. */
const put = (document: yaml.Document, keys: ReadonlyArray<string>, value: unknown): void => {
  document.setIn([...keys], value)
}

const shownHeaders = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [name, Secrets.shown(Secrets.header(name))(text)])
  )

/** @param textOf what is written for a key, where variables stand in it. */
const shownSink = (
  settings: SinkSettings.SinkSettings,
  textOf: (key: string) => string | undefined
): unknown =>
  Object.fromEntries(
    Object.entries(settings).map(([key, value]): readonly [string, unknown] => {
      if (key === 'headers' && 'headers' in settings) return [key, shownHeaders(settings.headers ?? {})]
      const field = SinkSettings.fieldsOf(settings.type).find(({ path: known }) => known === key)
      const text: unknown = textOf(key) ?? value
      return [key, typeof text === 'string' ? Secrets.shown(Secrets.readerOf(field?.codec))(text) : value]
    })
  )

/** As it would be written: a number and a truth without quotes, but where the key wants text. */
const plain = (key: string, shown: string): unknown => {
  const value: unknown = /^(?:0|[1-9][0-9]{0,14}|true|false)$/.test(shown) ? JSON.parse(shown) : shown
  const codec = Config.keyOf(key)?.codec
  return codec !== undefined && E.isLeft(codec.decode(value)) ? shown : value
}

const PROPERTIES = 'daemon.properties.'

/** The names of the daemon's properties have dots of their own. */
const keysOf = (key: string): ReadonlyArray<string> =>
  key.startsWith(PROPERTIES)
    ? [...PROPERTIES.slice(0, -1).split('.'), key.slice(PROPERTIES.length)]
    : key.split('.')

/** What a setting that has no effect here has in its comment; null: it has one. */
const withoutEffect = ({ daemon: { version, main } }: Config.Config, key: string): string | null =>
  key === 'daemon.handover' && !KclVersion.handsOver(version, main)
    ? "no effect: Amazon's main class runs, with its own intervals"
    : null

const asYaml = ({ config, origins, sinkTexts = {} }: ConfigSearch.Loaded): string => {
  const document = new yaml.Document({})
  for (const { key, shown, from } of origins.filter((origin) => !origin.key.startsWith('sinks.'))) {
    const said = [from === 'default' ? null : from, withoutEffect(config, key)].filter((one) => one !== null)
    const node = scalar(plain(key, shown), said.length === 0 ? null : said.join('; '))
    put(document, keysOf(key), node)
  }
  for (const [name, settings] of Object.entries(config.sinks))
    put(
      document,
      ['sinks', name],
      shownSink(settings, (key) => sinkTexts[`sinks.${name}.${key}`])
    )
  return document.toString({ lineWidth: 0 })
}

const commented = (lines: ReadonlyArray<string>): string => lines.map((line) => `# ${line}\n`).join('')

/** What the daemon would be given: the two that only a start knows are said in words. */
const asProperties = ({ config }: ConfigSearch.Loaded): string => {
  const generated = Generate.properties(config.daemon, {
    executableName: config.host.mode === 'host' ? './relay' : 'kclts-child',
    workerId: config.daemon.workerId ?? `${os.hostname()}-0`,
    emptyBatches: config.checkpoint.interval > 0
  })
  return E.isLeft(generated)
    ? commented([
        '`kclts run` cannot start the daemon:',
        ...generated.left.map(({ key, text }) => `${key}: ${text}`)
      ])
    : commented([`The daemon's properties (KCL ${config.daemon.version}):`]) +
        Properties.print(
          generated.right.map(([name, value]) => [name, Secrets.shown(Secrets.property(name))(value)])
        )
}

/** The effective configuration as YAML, with where each setting is from, and the daemon's properties after it. */
export const config = (request: ConfigSearch.Request): Report => {
  const loaded = ConfigSearch.load(request)
  if (E.isLeft(loaded)) return refused(loaded.left.map(ConfigSearch.show))
  return {
    text: [
      commented([`${loaded.right.file ?? 'Without a file'}, and the defaults:`]) + asYaml(loaded.right),
      asProperties(loaded.right)
    ].join('\n'),
    code: 0
  }
}

/** A line that is left out, as it was, and why. */
const leftOut = (name: string, value: string, line: number, why: string): string =>
  `line ${line}: ${name} = ${Secrets.shown(Secrets.property(name))(value)}: ${why}`

const DAEMONS_DEFAULT = 'what the daemon does by default, and kclts does not'

/** The settings that are right, in YAML, and a line for each that is not. */
const translate = ({ settings, properties, dropped }: Import.Imported, version: string) => {
  const document = new yaml.Document({ handler: './handler.js' })
  const others = dropped.map(({ name, value, line, why }) => ({
    line,
    text: leftOut(name, value, line, why)
  }))
  for (const { path: key, value, line } of settings) {
    const codec = Config.keyOf(key)?.codec
    if (codec !== undefined && E.isRight(codec.decode(value)))
      put(document, key.split('.'), scalar(value, line === null ? DAEMONS_DEFAULT : null))
    else
      others.push({
        line: line ?? 0,
        text: `line ${line ?? 0}: ${key}: ${Secrets.shown(Secrets.readerOf(codec))(String(value))}: expected ${codec?.name ?? 'nothing'}`
      })
  }
  for (const { name, value, line } of properties) {
    const problem = ConfigDaemon.problemOf({ version, main: null }, name, value)
    if (problem === null) put(document, keysOf(PROPERTIES + name), plain(name, value))
    else others.push({ line, text: leftOut(name, value, line, problem.text) })
  }
  return { document, others: others.sort((a, b) => a.line - b.line).map(({ text }) => text) }
}

/** A .properties file as a configuration; what it has and a configuration cannot have is in comments. */
export const importProperties = (cwd: string, name: string, version: string): Report => {
  const file = path.resolve(cwd, name)
  try {
    const imported = Import.read(fs.readFileSync(file, 'latin1'), version)
    if (E.isLeft(imported))
      return refused(imported.left.map(({ line, text }) => `${name}:${line}:1: ${text}`))
    const { document, others } = translate(imported.right, version)
    return {
      text: [
        commented([`From ${path.basename(name)}. Name the module of your handler:`]) +
          document.toString({ lineWidth: 0 }),
        ...(others.length === 0 ? [] : [commented(['Not taken over:', ...others])])
      ].join('\n'),
      code: 0
    }
  } catch (thrown) {
    return refused([`${file} cannot be read: ${Failure.fromUnknown(thrown).message}`])
  }
}
