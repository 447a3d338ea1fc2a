/** What a test gives as the configuration: a policy alone, or the keys of the YAML that a session uses. */
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { identity, pipe } from 'fp-ts/function'
import * as Config from '../config/Config'
import type * as KeySchema from '../values/KeySchema'
import { explain } from '../protocol/wire/Explain'
import type { Policy } from '../core/Policy'
import type * as Session from '../core/Session'
import type { Capabilities } from '../run/Capabilities'
import * as OpenTelemetry from '../tracing/OpenTelemetry'
import type { Tracing } from '../tracing/Tracing'

export type { Written as Bytes } from '../values/Bytes'
export type { Written as Duration } from '../values/Duration'

type Keys = typeof Config.schema

/** The part of the configuration that a session uses. */
interface OfSession extends Pick<
  Keys,
  'checkpoint' | 'filter' | 'concurrency' | 'deadline' | 'undelivered' | 'batch' | 'tracing'
> {
  /** What happens to a record that fails, without the file of dead letters. */
  readonly failure: Omit<Keys['failure'], 'deadLetters' | 'fallback'>
}

/** The keys of `kcl.config.yaml`; what is left out has the default of the YAML. */
export interface Settings extends KeySchema.Written<OfSession> {}

/** A policy alone, in milliseconds: what is left out is off, and `checkpoint()` is honoured. */
export type JustPolicy = Partial<Policy> & { readonly [Key in keyof Settings]?: never }

/** A policy, a configuration as in the YAML, or the whole environment of a session. */
export type Given = Settings | JustPolicy | Session.Env

const HANDLER = 'handler'

/** A configuration from values by path (`checkpoint.count`). Left: the wrong values, in one sentence each. */
const configOf = (given: ReadonlyMap<string, unknown>): E.Either<string, Config.Config> => {
  const values = new Map<string, unknown>()
  const problems: Array<string> = []
  for (const { path, codec, fallback } of Config.keys) {
    const decoded = codec.decode(given.get(path) ?? fallback)
    if (E.isRight(decoded)) values.set(path, decoded.right)
    else if (path !== HANDLER && (fallback !== null || given.has(path)))
      problems.push(`${path}: ${explain(decoded.left).join('; ')}`)
  }
  return problems.length > 0 ? E.left(problems.join('\n')) : E.right(Config.assemble(values))
}

/**
 * The session's part of a configuration, from values by path (`checkpoint.count`); what is left out has the
 * default of the YAML.
 *
 * Left: the values that are not what their keys expect, in one sentence each.
 */
export const decode = (given: ReadonlyMap<string, unknown>, isBatch = false): E.Either<string, Session.Env> =>
  pipe(
    configOf(given),
    E.map((config) => Config.toEnv(config, { name: 'handler.ts', version: null, isBatch }))
  )

/** The values by their paths: `checkpoint.count`, `concurrency`. */
const pathsOf = (settings: Settings): ReadonlyMap<string, unknown> =>
  new Map(
    Object.entries(settings).flatMap(([section, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(
            ([name, inner]: [string, unknown]) => [`${section}.${name}`, inner] as const
          )
        : [[section, value] as const]
    )
  )

const isEnv = (given: Given): given is Session.Env => 'policy' in given

const isPolicy = (given: Settings | JustPolicy): given is JustPolicy =>
  Object.keys(Config.policyOf({})).some((key) => key in given)

const settled = <A>(found: E.Either<string, A>): A => {
  if (E.isLeft(found)) throw new Error(found.left)
  return found.right
}

/**
 * The settings of a session. Throws when a value is not what its key expects: the test is wrong then.
 *
 * @param isBatch the handler takes several records, as `batch` says
 */
export const toEnv = (given: Given, isBatch = false): Session.Env => {
  if (isEnv(given)) return given
  if (!isPolicy(given)) return settled(decode(pathsOf(given), isBatch))
  return { ...settled(decode(new Map(), isBatch)), policy: Config.policyOf(given) }
}

/** What makes spans in a test, with the SDK that the test has registered; null: no spans. Throws as `toEnv` does. */
export const tracing = (given: Given, log: Capabilities['log']): Tracing | null => {
  if (isEnv(given) || isPolicy(given) || given.tracing === undefined) return null
  const { spans, parent, sampling } = settled(configOf(pathsOf(given))).tracing
  if (spans === 'none') return null
  const options = { spans, parent, sampling, application: null, env: process.env, hide: identity, log }
  return settled(
    pipe(
      OpenTelemetry.open(path.resolve('test.js'), options),
      E.mapLeft((problem) => `tracing.spans: ${problem}`)
    )
  )
}
