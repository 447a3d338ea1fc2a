/**
 * A path as a person writes it. YAML, compose files and unit files have no shell, so `~` and variables are replaced here:
 * else kclts would make a folder called `~`.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Variables from './Variables'

/** Left: what is wrong with it, and what to write. */
type Expanded = E.Either<string, string>

/** `~` and `~/...`; the name of a file that begins so is written `./~name`. */
export const expandHome = (text: string, home: string): Expanded => {
  if (text === '~' || text.startsWith('~/')) return E.right(home.replace(/\/$/, '') + (text.slice(1) || '/'))
  return text.startsWith('~')
    ? E.left(
        `${text}: only ~/ stands for a home folder; write the path out, or ./${text} for a file of that name`
      )
    : E.right(text)
}

/** `$$`, `${NAME}`, `${NAME:-default}`, `$(NAME)` and `$NAME`. */
const DOLLAR = /\$(?:\$|\{([^}]*)\}|\(([^)]*)\)|([A-Za-z_][A-Za-z0-9_]*))/g

const expandVariables = (text: string, env: Variables.Env): Expanded => {
  const problems: Array<string> = []
  const filled = text.replace(DOLLAR, (whole, braced?: string, bracketed?: string, bare?: string) => {
    if (whole === '$$') return '$'
    const variable = bracketed === undefined ? Variables.parse(braced ?? bare ?? '') : null
    if (variable === null) {
      problems.push(`${whole} is not replaced here, but \${NAME} is`)
      return ''
    }
    const value = Variables.valueOf(variable, env) ?? ''
    // An empty one too: $HOME/orders would become /orders.
    if (value === '' && variable.fallback === undefined) problems.push(Variables.notSet(variable.name))
    return value
  })
  return problems.length === 0 ? E.right(filled) : E.left(`${problems.join('; ')} (a dollar is written $$)`)
}

/**
 * `~/`, `$NAME`, `${NAME}` and `${NAME:-default}` are replaced; `$$` becomes a dollar. A home folder comes last, so that it
 * may also be the value of a variable.
 */
export const expand = (text: string, home: string, env: Variables.Env): Expanded =>
  pipe(
    expandVariables(text, env),
    E.chain((path) => expandHome(path, home))
  )
