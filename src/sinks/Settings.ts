/** The settings of sinks: their types, how they are decoded and filled in, and what of them is secret. */
import * as E from 'fp-ts/Either'
import * as KeySchema from '../values/KeySchema'
import * as Secrets from '../values/Secrets'
import * as Variables from '../values/Variables'
import type * as Kinds from './kinds/Kind'
import { list } from './kinds/list'
import type { Transport } from './Sink'

export { wrongHeader } from './kinds/http'

type Of<K extends Kind> = (typeof list)[K] extends { readonly schema: infer S } ? KeySchema.Given<S> : never
type Settings<K extends Kind> = KeySchema.Flat<{ readonly type: K } & Of<K>>

export type Kind = keyof typeof list

/** As decoded: durations in milliseconds, sizes in bytes, the path of a file absolute. */
export type SinkSettings = { readonly [K in Kind]: Settings<K> }[Kind]
export type File = Settings<'file'>
export type Http = Settings<'http'>

/** A kind, where the type of its settings is not known. */
interface AnyKind extends Pick<Kinds.Kind<Kinds.Common>, 'schema' | 'peer'> {
  readonly exactlyOne?: ReadonlyArray<string>
  open(settings: object, world: Kinds.World): Promise<E.Either<string, Transport>>
}

const all: Readonly<Record<Kind, AnyKind>> = list

export const kinds: ReadonlyArray<string> = Object.keys(all)

export const isKind = (u: unknown): u is Kind => typeof u === 'string' && kinds.includes(u)

export const kindOf = (kind: Kind): AnyKind => all[kind]

export const is = (u: unknown): u is SinkSettings =>
  typeof u === 'object' &&
  u !== null &&
  'type' in u &&
  isKind(u.type) &&
  KeySchema.isGiven(all[u.type].schema)(u)

const table = new Map(
  Object.entries(all).map(([kind, { schema }]) => [kind, KeySchema.keysOf(schema)] as const)
)

/** The keys that a sink of this type may have, `type` not among them. */
export const fieldsOf = (kind: Kind): ReadonlyArray<KeySchema.Key> => table.get(kind) ?? []

/** What is written, what the variables in it stand for, and what it becomes. */
const ofHeader = (name: string, text: string, env: Variables.Env): ReadonlyArray<string> =>
  [
    text,
    ...Variables.within(text).map((variable) => Variables.valueOf(variable, env) ?? ''),
    E.toUnion(Variables.fill(text, env))
  ].flatMap(Secrets.secretsIn(Secrets.header(name)))

/** The secrets of one, and those of the variables in its headers. */
export const secretsOf = (settings: SinkSettings, env: Variables.Env): ReadonlyArray<string> =>
  Object.entries(settings).flatMap(([key, value]: readonly [string, unknown]) => {
    if (key === 'headers' && 'headers' in settings)
      return Object.entries(settings.headers ?? {}).flatMap(([name, text]) => ofHeader(name, text, env))
    const field = fieldsOf(settings.type).find(({ path }) => path === key)
    return typeof value === 'string' ? Secrets.secretsIn(Secrets.readerOf(field?.codec))(value) : []
  })

/** The sinks whose idempotency keys begin with the name of the stream. */
export const wantStream = (
  sinks: Readonly<Record<string, Pick<SinkSettings, 'keys'>>>
): ReadonlyArray<string> => Object.keys(sinks).filter((name) => sinks[name]?.keys === 2)

/** How a sink sends, defaults filled in: sizes in bytes, durations in milliseconds. */
export const sending = (settings: SinkSettings) => {
  const { schema } = all[settings.type]
  const { batch, timeout, backoff, deadline, then } = KeySchema.filled(schema, settings)
  return { ...batch, timeout, backoff, deadline, then }
}

export type Sending = ReturnType<typeof sending>
