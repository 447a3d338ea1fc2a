/** What a test says of the configuration: a policy alone, or the keys of the YAML that a session knows. */
import * as E from 'fp-ts/Either'
import * as Config from '../codec/Config'
import { explain } from '../codec/Explain'
import type { Policy } from '../core/Policy'
import type * as Session from '../core/Session'

/** As in the YAML, with its unit: `250ms`, `30s`, `5m`, `1h`, `1d`; 0 where that turns something off. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}` | 0

/** The keys of `kcl.config.yaml`; what is left out has the default of the YAML. */
export interface Settings {
  readonly checkpoint?: {
    readonly interval?: Duration
    readonly count?: number
    readonly manual?: boolean
    readonly onShutdown?: boolean
    readonly shutdownDeadline?: Duration
    readonly shardEndDeadline?: Duration
  }
  readonly failure?: {
    readonly then?: Session.Env['onFailure']
    readonly breaker?: number
  }
}

/** A policy alone, in milliseconds: what is left out is off, and `checkpoint()` is honoured. */
export type JustPolicy = Partial<Policy> & { readonly checkpoint?: never; readonly failure?: never }

/** A policy, a configuration as in the YAML, or all that a session is told. */
export type Given = Settings | JustPolicy | Session.Env

const HANDLER = 'handler'

/**
 * The session's part of a configuration, from values by path (`checkpoint.count`); what is left out has the
 * default of the YAML.
 *
 * Left: the values that are not what their keys expect, in one sentence each.
 */
export const decode = (given: ReadonlyMap<string, unknown>): E.Either<string, Session.Env> => {
  const values = new Map<string, unknown>()
  const problems: Array<string> = []
  for (const { path, codec, fallback } of Config.keys) {
    const decoded = codec.decode(given.get(path) ?? fallback)
    if (E.isRight(decoded)) values.set(path, decoded.right)
    else if (path !== HANDLER) problems.push(`${path}: ${explain(decoded.left).join('; ')}`)
  }
  return problems.length > 0
    ? E.left(problems.join('\n'))
    : E.right(Config.toEnv(Config.assemble(values), { name: 'handler.ts', version: null, isBatch: false }))
}

const pathsOf = ({ checkpoint = {}, failure = {} }: Settings): ReadonlyMap<string, unknown> => {
  const paths = new Map<string, unknown>()
  for (const [name, value] of Object.entries(checkpoint)) paths.set(`checkpoint.${name}`, value)
  for (const [name, value] of Object.entries(failure)) paths.set(`failure.${name}`, value)
  return paths
}

const isEnv = (given: Given): given is Session.Env => 'policy' in given

const isPolicy = (given: Settings | JustPolicy): given is JustPolicy =>
  'interval' in given || 'count' in given || 'manual' in given

const settled = (env: E.Either<string, Session.Env>): Session.Env => {
  if (E.isLeft(env)) throw new Error(env.left)
  return env.right
}

/** What a session is told. Throws when a value is not what its key expects: the test is wrong then. */
export const toEnv = (given: Given): Session.Env => {
  if (isEnv(given)) return given
  if (!isPolicy(given)) return settled(decode(pathsOf(given)))
  const { interval = 0, count = 0, manual = true } = given
  return { ...settled(decode(new Map())), policy: { interval, count, manual } }
}
