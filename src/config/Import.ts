/** A .properties file that an older start of the daemon used, in our words. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from './Config'
import * as Credentials from './Credentials'
import * as KclVersion from './KclVersion'
import * as KnownProperties from './KnownProperties'
import * as Properties from './Properties'

/** A key of the configuration; `value` is what would stand in YAML, right or wrong. */
export interface Setting {
  /** `daemon.streamName` */
  readonly path: string
  readonly value: unknown
  /** In the .properties file, from 1; null: the daemon's default, which is not ours. */
  readonly line: number | null
}

/** A property without a key of its own. */
export interface Property {
  readonly name: string
  readonly value: string
  readonly line: number
}

/** What is left out, and why. */
export interface Dropped {
  readonly name: string
  readonly value: string
  readonly line: number
  readonly why: string
}

export interface Imported {
  readonly settings: ReadonlyArray<Setting>
  readonly properties: ReadonlyArray<Property>
  readonly dropped: ReadonlyArray<Dropped>
}

/** Any of them makes the daemon poll, unless the retrieval mode is set (RetrievalMode.DEFAULT). */
const POLLING = [
  'maxRecords',
  'idleTimeBetweenReadsInMillis',
  'retryGetRecordsInSeconds',
  'maxGetRecordsThreadPool',
  'millisBehindLatestThresholdForReducedTps'
]

const retrievalOf = (entries: ReadonlyArray<Properties.Entry>): 'polling' | 'fan-out' => {
  const said = entries.findLast(({ key }) => key === 'retrievalMode')?.value.toLowerCase() ?? 'default'
  const isPolling =
    said === 'polling' || (said === 'default' && entries.some(({ key }) => POLLING.includes(key)))
  return isPolling ? 'polling' : 'fan-out'
}

/** The daemon passes over what is for the other way to retrieve. */
const isIdle = (entries: ReadonlyArray<Properties.Entry>, { key }: Properties.Entry): boolean =>
  retrievalOf(entries) === 'polling' ? key.startsWith('fanoutConfig.') : POLLING.includes(key)

const isDefaultRetrieval = ({ key, value }: Properties.Entry): boolean =>
  key === 'retrievalMode' && value.toLowerCase() === 'default'

const isTimestamp = ({ key, value }: Properties.Entry): boolean =>
  key === 'initialPositionInStream' && value === 'AT_TIMESTAMP'

/** What the daemon would do without a word, where we would do something else. */
const defaultsOfDaemon = (
  entries: ReadonlyArray<Properties.Entry>,
  paths: ReadonlySet<string>
): ReadonlyArray<Setting> => {
  const defaults = {
    'daemon.initialPosition': 'latest',
    'daemon.retrieval': retrievalOf(entries),
    'daemon.metrics': 'detailed'
  }
  return Object.entries(defaults).flatMap(([path, value]) =>
    paths.has(path) || Config.keyOf(path)?.fallback === value ? [] : [{ path, value, line: null }]
  )
}

/** The classes of a client's own credentials, in the words of the version that they will be used with. */
const translated = (version: string, name: string, value: string): string =>
  /^awscredentialsprovider/i.test(name)
    ? pipe(
        Credentials.resolve(version, value),
        E.getOrElse(() => value)
      )
    : value

/** The older name is that of the newer where the version has only that. */
const named = (version: string, name: string): string =>
  KclVersion.hasNewCredentials(version)
    ? KnownProperties.canonical(version, name)
    : name.replace(/^AwsCredentialsProvider/, 'AWSCredentialsProvider')

const isLast = (entries: ReadonlyArray<Properties.Entry>, entry: Properties.Entry): boolean =>
  entries.findLast(({ key }) => key === entry.key) === entry

const whyNot = (
  version: string,
  entries: ReadonlyArray<Properties.Entry>,
  entry: Properties.Entry
): string | null => {
  const name = named(version, entry.key)
  const reserved = KnownProperties.reserved.get(name)
  const known = KnownProperties.find(version, name)
  if (!isLast(entries, entry)) return 'it is set again below, and the daemon takes the last value'
  if (reserved?._tag === 'Ours') return `\`kclts run\` sets it itself: ${reserved.why}`
  if (isDefaultRetrieval(entry) || isTimestamp(entry)) return 'another key covers it'
  if (isIdle(entries, entry)) return `the daemon ignores it with ${retrievalOf(entries)}`
  return known !== undefined && KnownProperties.isIgnored(known, entry.value)
    ? `the daemon ignores ${entry.value}`
    : null
}

/**
 * @param text as Java reads the file: each byte a character
 * @param version of the KCL that the settings are for
 *
 * Left: the file is one that Java refuses.
 */
export const read = (text: string, version: string): E.Either<ReadonlyArray<Properties.Problem>, Imported> =>
  pipe(
    Properties.parse(text),
    E.map((entries): Imported => {
      const settings: Array<Setting> = []
      const properties: Array<Property> = []
      const dropped: Array<Dropped> = []
      for (const entry of entries) {
        const { key, value, line } = entry
        const name = named(version, key)
        const reserved = KnownProperties.reserved.get(name)
        const why = whyNot(version, entries, entry)
        if (why !== null) dropped.push({ name: key, value, line, why })
        else if (reserved?._tag === 'Key')
          settings.push({ path: `daemon.${reserved.key}`, value: reserved.property.from(value, name), line })
        else properties.push({ name, value: translated(version, name, value), line })
      }
      const paths = new Set(settings.map(({ path }) => path))
      return { settings: [...settings, ...defaultsOfDaemon(entries, paths)], properties, dropped }
    })
  )
