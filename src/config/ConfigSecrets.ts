/** The secrets of a configuration and of the environment that it is used in, to be hidden wherever they turn up. */
import type { Config } from './Config'
import * as ConfigTable from './Config'
import * as KeySchema from '../values/KeySchema'
import * as Secrets from '../values/Secrets'
import * as SinkSettings from '../sinks/Settings'

type Env = Readonly<Record<string, string | undefined>>

/** By the keys of the table: each knows where its secrets are. */
const ofKeys = (config: Config): ReadonlyArray<string> =>
  ConfigTable.keys.flatMap(({ path, codec }) => {
    const value = codec instanceof Secrets.Secret ? KeySchema.valueAt(config, path) : null
    return value === null || value === undefined
      ? []
      : Secrets.secretsIn(Secrets.readerOf(codec))(String(codec.encode(value)))
  })

export const of = (config: Config, env: Env): ReadonlyArray<string> => [
  ...ofKeys(config),
  ...Object.values(config.sinks).flatMap((settings) => SinkSettings.secretsOf(settings, env)),
  ...Object.entries(config.daemon.properties).flatMap(([name, value]) =>
    Secrets.secretsIn(Secrets.property(name))(value)
  ),
  ...Secrets.ofEnv(env)
]
