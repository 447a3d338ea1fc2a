/** The secrets of a configuration and of the environment that it is used in, to be hidden wherever they turn up. */
import * as E from 'fp-ts/Either'
import type { Config } from './Config'
import * as ConfigTable from './Config'
import * as Secrets from '../values/Secrets'
import * as SinkSettings from './SinkSettings'
import * as Variables from '../values/Variables'

type Env = Readonly<Record<string, string | undefined>>

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** What is written, and what the variables in it stand for. */
const ofHeader = (name: string, text: string, env: Env): ReadonlyArray<string> =>
  [text, ...[...text.matchAll(VARIABLE)].map(([, variable = '']) => env[variable] ?? '')].flatMap(
    Secrets.secretsIn(Secrets.header(name))
  )

export const ofSink = (settings: SinkSettings.SinkSettings, env: Env): ReadonlyArray<string> =>
  Object.entries(settings).flatMap(([key, value]: readonly [string, unknown]) => {
    if (key === 'headers' && 'headers' in settings)
      return Object.entries(settings.headers ?? {}).flatMap(([name, text]) => ofHeader(name, text, env))
    const field = SinkSettings.fieldsOf(settings.type).find(({ path }) => path === key)
    // As it is written, and with its variables replaced.
    const texts = typeof value === 'string' ? [value, E.toUnion(Variables.fill(value, env))] : []
    return texts.flatMap(Secrets.secretsIn(Secrets.readerOf(field?.codec)))
  })

const isFields = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

const valueAt = (config: Config, path: string): unknown =>
  path.split('.').reduce<unknown>((at, name) => (isFields(at) ? at[name] : undefined), config)

/** By the keys of the table: each knows where its secrets are. */
const ofKeys = (config: Config): ReadonlyArray<string> =>
  ConfigTable.keys.flatMap(({ path, codec }) => {
    const value = codec instanceof Secrets.Secret ? valueAt(config, path) : null
    return value === null || value === undefined
      ? []
      : Secrets.secretsIn(Secrets.readerOf(codec))(String(codec.encode(value)))
  })

/** Variables of others, which what we start reads and may print. */
const readers: Readonly<Record<string, Secrets.Reader>> = {
  HTTP_PROXY: Secrets.url,
  HTTPS_PROXY: Secrets.url,
  ALL_PROXY: Secrets.url,
  AWS_SECRET_ACCESS_KEY: Secrets.whole,
  AWS_SESSION_TOKEN: Secrets.whole,
  JAVA_TOOL_OPTIONS: Secrets.options,
  JDK_JAVA_OPTIONS: Secrets.options,
  _JAVA_OPTIONS: Secrets.options,
  MAVEN_OPTS: Secrets.options
}

export const ofEnv = (env: Env): ReadonlyArray<string> =>
  Object.entries(env).flatMap(([name, value]) => {
    const reader = readers[name.toUpperCase()]
    return reader === undefined ? [] : Secrets.secretsIn(reader)(value ?? '')
  })

export const of = (config: Config, env: Env): ReadonlyArray<string> => [
  ...ofKeys(config),
  ...Object.values(config.sinks).flatMap((settings) => ofSink(settings, env)),
  ...Object.entries(config.daemon.properties).flatMap(([name, value]) =>
    Secrets.secretsIn(Secrets.property(name))(value)
  ),
  ...ofEnv(env)
]
