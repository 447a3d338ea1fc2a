/** `${NAME}` in a text: the environment variable of that name. */
import * as E from 'fp-ts/Either'

export type Env = Readonly<Record<string, string | undefined>>

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** It has a variable, in a form that people know from shells and from manifests: `${NAME}`, `${NAME:-x}`, `$(NAME)`. */
export const isIn = (text: string): boolean => /\$\{[A-Za-z_][^}]*\}|\$\([A-Za-z_]\w*\)/.test(text)

export const notSet = (name: string): string => `the environment variable ${name} is not set`

/** Left: a variable that is not set. Its value is never shown, since it may be secret. */
export const fill = (text: string, env: Env): E.Either<string, string> => {
  const missing = [...text.matchAll(VARIABLE)].find(([, name = '']) => env[name] === undefined)
  return missing === undefined
    ? E.right(text.replace(VARIABLE, (_whole, name: string) => env[name] ?? ''))
    : E.left(notSet(missing[1] ?? ''))
}
