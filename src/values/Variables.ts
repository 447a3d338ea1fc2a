/** `${NAME}` and `${NAME:-default}` in a text: the environment variable of that name; `$${` is `${` itself. */
import * as E from 'fp-ts/Either'

export type Env = Readonly<Record<string, string | undefined>>

/** Up to the brace that ends it, if one does. */
const TOKEN = /\$\$\{|\$\{([^}]*)(\}?)/g

/** A default is plain text. */
const INNER = /^([A-Za-z_][A-Za-z0-9_]*)(?::-((?:(?!\$\{)[^])*))?$/

/** It has a variable, in a form that people know from shells and from manifests: `${NAME}`, `${NAME:-x}`, `$(NAME)`. */
export const isIn = (text: string): boolean => /\$\{[A-Za-z_][^}]*\}|\$\([A-Za-z_]\w*\)/.test(text)

export interface Variable {
  readonly name: string
  /** As after `:-`; undefined: it must be set. */
  readonly fallback: string | undefined
}

/** What stands between the braces. null: it is no variable. */
export const parse = (inner: string): Variable | null => {
  const [, name, fallback] = INNER.exec(inner) ?? []
  return name === undefined ? null : { name, fallback }
}

/** As shells have it: the default is taken for a variable that is empty, too. */
export const valueOf = ({ name, fallback }: Variable, env: Env): string | undefined => {
  const value = env[name]
  return fallback !== undefined && (value ?? '') === '' ? fallback : value
}

/** Those in a text, in their order. */
export const within = (text: string): ReadonlyArray<Variable> =>
  [...text.matchAll(TOKEN)].flatMap(([, inner, end]) => {
    const variable = inner === undefined || end === '' ? null : parse(inner)
    return variable === null ? [] : [variable]
  })

export const notSet = (name: string): string => `the environment variable ${name} is not set`

const NO_VARIABLE =
  'found ${ that begins no variable, expected ${NAME} or ${NAME:-default} ($${ stands for ${ itself)'

/** Once: what comes in place of a variable is not read again. Left: what is wrong; no value is in it, since it may be secret. */
export const fill = (text: string, env: Env): E.Either<string, string> => {
  const problems = new Set<string>()
  const filled = text.replace(TOKEN, (_, inner?: string, end?: string) => {
    if (inner === undefined) return '${'
    const variable = end === '' ? null : parse(inner)
    const value = variable === null ? undefined : valueOf(variable, env)
    if (value === undefined) problems.add(variable === null ? NO_VARIABLE : notSet(variable.name))
    return value ?? ''
  })
  return problems.size === 0 ? E.right(filled) : E.left([...problems].join('; '))
}
