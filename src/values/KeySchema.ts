/**
 * A schema describes each key once, as a row, and puts rows into sections. The types of decoded values and of values that are
 * written follow from it, and so does a table of the keys by their paths.
 */
import * as E from 'fp-ts/Either'
import type { Any, Codec } from './Codec'

export type Scalar = string | number | boolean

/** Properties of Amazon's daemon, with their values as it reads them. */
export type Pairs = ReadonlyArray<readonly [name: string, text: string]>

/** A property of Amazon's daemon that is the value of a key: how the value goes there, and how it comes back. */
export interface Property<A> {
  /** All that it is called by the versions of the KCL, or that hold a part of it. */
  readonly names: ReadonlyArray<string>
  /** What the daemon is given; none where that would count as not said. Left: what is wrong with it for this version. */
  to(value: A, version: string): E.Either<string, Pairs>
  /** From an old file: what would stand in YAML, right or wrong. */
  from(text: string, name: string): unknown
}

/** What a row says of its key. */
export interface Entry {
  /** It takes what YAML gives; the text of a variable or a flag is read as YAML first. */
  readonly codec: Any
  /** As it is written in YAML; undefined for a key that must be given, null for one that is not set unless it is given. */
  readonly fallback: Scalar | null | undefined
  /** What a user might write. */
  readonly example: Scalar | undefined
  readonly meaning: string
  /** It has a meaning only where that key has this value; a key that is passed over in silence is a mistake. */
  readonly onlyWith?: readonly [key: string, value: Scalar]
  /** The property of Amazon's daemon that has its value. */
  readonly property?: Property<unknown>
}

/** A key: a row at its path, such as `checkpoint.interval`. */
export interface Key extends Entry {
  readonly path: string
}

/** `A` is what its value is in the program, `W` how it is written. Both are for the compiler alone, and never there. */
export interface Row<A, W> extends Entry {
  readonly _A?: A
  readonly _W?: W
}

/** A map by names of the user's own or of the daemon's, set in the file alone. */
export interface Names<A> {
  readonly isOne: (u: unknown) => u is A
}

export interface Schema {
  readonly [name: string]: Row<unknown, unknown> | Names<unknown> | Schema
}

type Value<N> =
  N extends Row<infer A, unknown> ? A : N extends Names<infer A> ? Readonly<Record<string, A>> : never

/** What is decoded: a section is an object. */
export type Values<S> = {
  readonly [K in keyof S]: S[K] extends Row<unknown, unknown> | Names<unknown>
    ? Value<S[K]>
    : { readonly [N in keyof S[K]]: Value<S[K][N]> }
}

type Text<N> = N extends Row<unknown, infer W> ? W : never

/** What is written in TypeScript in place of YAML: what is left out has its default. */
export type Written<S> = {
  readonly [K in keyof S]?: S[K] extends Row<unknown, unknown>
    ? Text<S[K]>
    : { readonly [N in keyof S[K]]?: Text<S[K][N]> }
}

/** A key that must be given. */
export interface RequiredRow<A, W> extends Row<A, W> {
  readonly fallback: undefined
}

/** As an editor shows it best. */
export type Flat<T> = { readonly [K in keyof T]: T[K] }

/** What is decoded where no default fills in: what is left out is not there. */
export type Given<S> = Flat<
  { [K in keyof S as S[K] extends RequiredRow<unknown, unknown> ? K : never]: Value<S[K]> } & {
    [K in keyof S as S[K] extends RequiredRow<unknown, unknown> ? never : K]?: S[K] extends Row<
      infer A,
      unknown
    >
      ? Exclude<A, null>
      : { readonly [N in keyof S[K]]?: Exclude<Value<S[K][N]>, null> }
  }
>

/** What a row may say beside its default. */
export interface Details<A> extends Partial<Pick<Entry, 'example' | 'onlyWith'>> {
  readonly property?: Property<A>
}

/** A key with a default. */
export const key = <A, W>(
  codec: Codec<A, W>,
  fallback: NoInfer<W & Scalar>,
  meaning: string,
  more: Details<NoInfer<A>> = {}
): Row<A, W> => ({ codec, fallback, example: fallback, meaning, ...more })

/** A key that is not set unless it is given. */
export const unset = <A, W>(
  codec: Codec<A, W>,
  meaning: string,
  example: Scalar,
  more: Details<NoInfer<A>> = {}
): Row<A | null, W> => ({ codec, fallback: null, example, meaning, ...more })

/** A key that must be given. */
export const required = <A, W>(codec: Codec<A, W>, meaning: string, example: Scalar): RequiredRow<A, W> => ({
  codec,
  fallback: undefined,
  example,
  meaning
})

const isRow = (node: Schema[string]): node is Row<unknown, unknown> => 'codec' in node && 'meaning' in node

const isNames = (node: Schema[string]): node is Names<unknown> =>
  'isOne' in node && typeof node.isOne === 'function'

/** The keys in the order of the schema, each with its whole path. */
export const keysOf = (schema: Schema, above = ''): ReadonlyArray<Key> =>
  Object.entries(schema).flatMap(([name, node]) => {
    if (isRow(node)) return [{ ...node, path: above + name }]
    return isNames(node) ? [] : keysOf(node, `${above}${name}.`)
  })

const isFields = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

/** What stands for a key that is not given: null, or nothing at all in place of one that a program brings. */
const nothing = ({ fallback }: Entry): null | '' => (fallback === undefined ? '' : null)

const isValue = (row: Entry, u: unknown): boolean =>
  row.codec.is(u) || ((row.fallback ?? null) === null && u === nothing(row))

const is =
  <S extends Schema>(schema: S) =>
  (u: unknown): u is Values<S> =>
    isFields(u) &&
    Object.entries(schema).every(([name, node]) => {
      const inner = u[name]
      if (isRow(node)) return isValue(node, inner)
      return isNames(node) ? isFields(inner) && Object.values(inner).every(node.isOne) : is(node)(inner)
    })

/** Whether these are decoded values of the schema's keys, those that must be given among them. */
export const isGiven =
  <S extends Schema>(schema: S) =>
  (u: unknown): u is Given<S> =>
    isFields(u) &&
    Object.entries(schema).every(([name, node]) => {
      const inner = u[name]
      if (inner === undefined) return !isRow(node) || node.fallback !== undefined
      if (isRow(node)) return node.codec.is(inner)
      return isNames(node) || isGiven(node)(inner)
    })

const built = (schema: Schema, values: ReadonlyMap<string, unknown>, above = ''): unknown =>
  Object.fromEntries(
    Object.entries(schema).map(([name, node]) => {
      const path = above + name
      if (isRow(node)) return [name, values.get(path) ?? nothing(node)]
      return [name, isNames(node) ? (values.get(path) ?? {}) : built(node, values, `${path}.`)]
    })
  )

/** Values by path as the schema has them, each as its codec gives it. */
export const assemble = <S extends Schema>(schema: S, values: ReadonlyMap<string, unknown>): Values<S> => {
  const root = built(schema, values)
  if (!is(schema)(root)) throw new Error('A value of the configuration is not one of its codec.')
  return root
}

/** The value at a key's path; undefined where there is none. */
export const valueAt = (root: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((at, name) => (isFields(at) ? at[name] : undefined), root)

/** With the defaults of what is left out. */
export const filled = <S extends Schema>(schema: S, given: Given<S>): Values<S> =>
  assemble(
    schema,
    new Map(
      keysOf(schema).map(({ path, codec, fallback }) => [
        path,
        valueAt(given, path) ?? (fallback === null ? null : E.toUnion(codec.decode(fallback)))
      ])
    )
  )
