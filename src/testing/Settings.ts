/** What a test says of the configuration: a policy alone, or the keys of the YAML that a session knows. */
import * as E from 'fp-ts/Either'
import * as Config from '../config/Config'
import type * as KeySchema from '../values/KeySchema'
import { explain } from '../protocol/wire/Explain'
import type { Policy } from '../core/Policy'
import type * as Session from '../core/Session'

export type { Written as Bytes } from '../values/Bytes'
export type { Written as Duration } from '../values/Duration'

type Keys = typeof Config.schema

/** What a session knows of the configuration. */
interface OfSession extends Pick<Keys, 'checkpoint' | 'concurrency' | 'deadline' | 'undelivered' | 'batch'> {
  readonly failure: Omit<Keys['failure'], 'deadLetters' | 'fallback'>
}

/** The keys of `kcl.config.yaml`; what is left out has the default of the YAML. */
export interface Settings extends KeySchema.Written<OfSession> {}

/** A policy alone, in milliseconds: what is left out is off, and `checkpoint()` is honoured. */
export type JustPolicy = Partial<Policy> & { readonly [Key in keyof Settings]?: never }

/** A policy, a configuration as in the YAML, or all that a session is told. */
export type Given = Settings | JustPolicy | Session.Env

const HANDLER = 'handler'

/**
 * The session's part of a configuration, from values by path (`checkpoint.count`); what is left out has the
 * default of the YAML.
 *
 * Left: the values that are not what their keys expect, in one sentence each.
 */
export const decode = (
  given: ReadonlyMap<string, unknown>,
  isBatch = false
): E.Either<string, Session.Env> => {
  const values = new Map<string, unknown>()
  const problems: Array<string> = []
  for (const { path, codec, fallback } of Config.keys) {
    const decoded = codec.decode(given.get(path) ?? fallback)
    if (E.isRight(decoded)) values.set(path, decoded.right)
    else if (path !== HANDLER && (fallback !== null || given.has(path)))
      problems.push(`${path}: ${explain(decoded.left).join('; ')}`)
  }
  return problems.length > 0
    ? E.left(problems.join('\n'))
    : E.right(Config.toEnv(Config.assemble(values), { name: 'handler.ts', version: null, isBatch }))
}

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

const settled = (env: E.Either<string, Session.Env>): Session.Env => {
  if (E.isLeft(env)) throw new Error(env.left)
  return env.right
}

/**
 * What a session is told. Throws when a value is not what its key expects: the test is wrong then.
 *
 * @param isBatch the handler takes several records, as `batch` says
 */
export const toEnv = (given: Given, isBatch = false): Session.Env => {
  if (isEnv(given)) return given
  if (!isPolicy(given)) return settled(decode(pathsOf(given), isBatch))
  return { ...settled(decode(new Map(), isBatch)), policy: Config.policyOf(given) }
}
