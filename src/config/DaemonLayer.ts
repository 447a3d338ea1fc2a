/** What is wrong with the section `daemon` as a whole: its properties, and keys that have no meaning beside others. */
import * as E from 'fp-ts/Either'
import * as Config from './Config'
import * as Credentials from './Credentials'
import { found } from '../protocol/wire/Explain'
import * as KclVersion from './KclVersion'
import * as KnownProperties from './KnownProperties'
import * as Secrets from '../values/Secrets'
import type * as ConfigFile from './ConfigFile'
import { nearest } from './Hint'

/** A property as it is in the file. */
export interface Property {
  /** As the daemon reads it. */
  readonly value: string
  readonly where: ConfigFile.Where
  /** Where its name is. */
  readonly named: ConfigFile.Where
}

export type Properties = ReadonlyMap<string, Property>

/** What was said for a key, and where. */
export interface Located {
  readonly value: unknown
  readonly where: ConfigFile.Where
}

/** The text that the daemon reads; left: it is no scalar. */
export const textOf = (value: unknown): E.Either<string, string> => {
  if (typeof value === 'string') return E.right(value)
  return typeof value === 'number' || typeof value === 'boolean'
    ? E.right(String(value))
    : E.left(`found ${Secrets.kindOf(value)}, expected text, a number, true or false`)
}

const EMPTY_BATCHES = 'callProcessRecordsEvenForEmptyRecordList'

/** kclts sets it, so that false has a meaning: it is left out. */
const isMeant = (name: string, value: string): boolean => name === EMPTY_BATCHES && value === 'false'

const meantFor = (near: string): string => {
  const own = KnownProperties.reserved.get(near)
  return own?._tag === 'Key' ? `daemon.${own.key}` : near
}

/** Where to write what the daemon calls so; undefined: it knows no such name in any version. */
export const own = (name: string): string | undefined => {
  const isKnown = KnownProperties.all.some((one) => one.name === name) || KnownProperties.isOfBuilder(name)
  if (!isKnown) return undefined
  const near = meantFor(name)
  return near === name ? `daemon.properties.${name}` : near
}

/** Below a client, only the client's name is known. */
const nearestProperty = (version: string, name: string): string | undefined => {
  const [section = '', ...rest] = name.split('.')
  const builder = nearest(section, KnownProperties.builders)
  if (builder !== undefined) return [builder, ...rest].join('.')
  return nearest(
    name,
    KnownProperties.of(version).map((known) => known.name)
  )
}

const unknown = (version: string, name: string): string => {
  const elsewhere = KnownProperties.all.find((one) => one.name === name)
  if (elsewhere !== undefined) {
    const { since, until } = elsewhere
    const range = until === null ? `${since} and later` : `those before ${until}`
    return `KCL ${version} has no such property, ${range} do`
  }
  const near = nearestProperty(version, name)
  return `unknown property of KCL ${version}${near === undefined ? '' : `; did you mean ${meantFor(near)}?`}`
}

const shown = (name: string, value: string): string => found(Secrets.shown(Secrets.property(name))(value))

/** Of the settings: what decides which properties the daemon reads. */
export interface Reader {
  readonly version: string
  /** null: as the version has it. */
  readonly main: 'kclts' | 'amazon' | null
}

/** What is wrong with a property, of its name or of its value; null: nothing. */
export const problemOf = (
  { version, main }: Reader,
  name: string,
  value: string
): { readonly of: 'key' | 'value'; readonly text: string } | null => {
  const reserved = KnownProperties.reserved.get(KnownProperties.canonical(version, name))
  if (reserved?._tag === 'Key')
    return { of: 'key', text: `it has a key of its own; write daemon.${reserved.key}` }
  if (reserved?._tag === 'Ours') return { of: 'key', text: `it cannot be set here: ${reserved.why}` }
  if (KnownProperties.isOfBuilder(name)) return null
  const known = KnownProperties.find(version, name)
  if (known === undefined) return { of: 'key', text: unknown(version, name) }
  if (KnownProperties.isOfOwnMain(version, known) && KclVersion.mainOf(version, main) === 'amazon')
    return {
      of: 'key',
      text: `Amazon's main class ignores it: kclts runs KCL ${version} on the multilang jar of ${KclVersion.multilangOf(version)}, which does not know it; use daemon.main: kclts`
    }
  const expected = KnownProperties.expected(known, value)
  if (expected !== null) return { of: 'value', text: `found ${shown(name, value)}, expected ${expected}` }
  if (!KnownProperties.isIgnored(known, value) || isMeant(name, value)) return null
  const stays = known.fallback === null ? '' : ` and keeps its default ${known.fallback}`
  return {
    of: 'value',
    text: `the daemon ignores ${value}${stays}; remove the property, or give it another value`
  }
}

type Effective = ReadonlyMap<string, Located>

/** Keys that would be passed over in silence beside what another key chooses. */
const idle = (effective: Effective): ReadonlyArray<ConfigFile.Problem> =>
  Config.keys.flatMap(({ path: key, onlyWith }) => {
    const said = effective.get(key)
    if (onlyWith === undefined || said === undefined || said.value === null) return []
    const [other, choice] = onlyWith
    return effective.get(other)?.value === choice
      ? []
      : [{ where: said.where, text: `${key}: it has no effect unless ${other} is ${choice}` }]
  })

const ofCredentials = (effective: Effective, version: string): ReadonlyArray<ConfigFile.Problem> => {
  const said = effective.get('daemon.credentials')
  if (typeof said?.value !== 'string') return []
  const resolved = Credentials.resolve(version, said.value)
  return E.isLeft(resolved) ? [{ where: said.where, text: `daemon.credentials: ${resolved.left}` }] : []
}

/** The stream's name at the end of its ARN. */
const nameIn = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

const ofStream = (effective: Effective): ReadonlyArray<ConfigFile.Problem> => {
  const name = effective.get('daemon.streamName')
  const arn = effective.get('daemon.streamArn')
  if (name === undefined || typeof arn?.value !== 'string' || nameIn(arn.value) === name.value) return []
  const text = `daemon.streamArn: it is the ARN of another stream than daemon.streamName, which is ${String(name.value)}`
  return [{ where: arn.where, text }]
}

const mainIn = (effective: Effective): Reader['main'] => {
  const main = effective.get('daemon.main')?.value
  return main === 'kclts' || main === 'amazon' ? main : null
}

export const problems = (effective: Effective, properties: Properties): ReadonlyArray<ConfigFile.Problem> => {
  const version = effective.get('daemon.version')?.value
  // It was named wrongly, and there is no default in its place.
  if (typeof version !== 'string') return []
  return [
    ...[...properties].flatMap(([name, { value, where, named }]) => {
      const problem = problemOf({ version, main: mainIn(effective) }, name, value)
      if (problem === null) return []
      const text = `daemon.properties.${Secrets.shown(Secrets.foreign)(name)}: ${problem.text}`
      return [{ where: problem.of === 'key' ? named : where, text }]
    }),
    ...idle(effective),
    ...ofCredentials(effective, version),
    ...ofStream(effective)
  ]
}
