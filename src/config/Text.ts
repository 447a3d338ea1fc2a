/** What a text of the configuration stands for: home folder and variables in paths, variables in any text of a file. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Any } from '../values/Codec'
import * as Path from '../values/Path'
import * as Secrets from '../values/Secrets'
import * as Variables from '../values/Variables'
import * as Home from '../values/Home'
import * as ConfigSource from './Source'

/** Where a value is written. */
export interface Ground {
  /** Relative paths are relative to it. */
  readonly base: string
  readonly env: Variables.Env
  /** In any text of a file variables are replaced, elsewhere in paths alone. */
  readonly isFile: boolean
}

export interface Filled {
  readonly value: unknown
  /** Its text, where that may be secret and variables stand in it: what they bring is never shown. */
  readonly written?: string
  /** What to say of the value when it is wrong. */
  readonly found: string
}

/** What is wrong, and at which index of a list. */
export interface Mistake {
  readonly below: ReadonlyArray<string>
  readonly text: string
}

const SINK = /^sink:/

/**
 * A path is taken as it stands; anything else as YAML reads it, so that `10` is a number and `true` a truth, but where
 * the key wants text: a worker may be called 7, which is not quoted in a shell.
 */
export const scalarFor = (codec: Any, text: string): unknown => {
  if (codec.reading === 'file') return text
  const value = ConfigSource.scalar(text)
  return E.isLeft(codec.decode(value)) && E.isRight(codec.decode(text)) ? text : value
}

/** `$(NAME)` is what manifests of Kubernetes have. */
const ofManifest = (text: string): string | undefined => /\$\([A-Za-z_]\w*\)/.exec(text)?.[0]

const expand = (codec: Any, text: string, { env, isFile }: Ground): E.Either<string, string> => {
  const isPath = (codec.reading === 'file' || codec.reading === 'path') && !SINK.test(text)
  if (isPath) return Path.expand(text, Home.of(env), env)
  if (isFile) {
    const other = codec.reading === 'plain' ? ofManifest(text) : undefined
    return other === undefined
      ? Variables.fill(text, env)
      : E.left(`found ${other}, which is not replaced here, but \${NAME} is`)
  }
  // Two workers whose id is the text `${HOSTNAME}` would renew each other's leases.
  return codec.reading === 'plain' && Variables.isIn(text)
    ? E.left('found a variable, which is not replaced here')
    : E.right(text)
}

/** What is found in place of the expected: where variables made it, their names too. */
const foundOf = (codec: Any, value: unknown, variables: ReadonlyArray<Variables.Variable>): string => {
  if (variables.length === 0) return Secrets.foundFor(codec)(value)
  const names = variables.map(({ name }) => `\${${name}}`).join(', ')
  return codec instanceof Secrets.Secret
    ? `what ${names} stands for (not shown, it may be a secret)`
    : `${Secrets.foundFor(codec)(value)} with ${names} replaced`
}

const ofText = (codec: Any, text: string, ground: Ground): E.Either<Mistake, Filled> =>
  pipe(
    expand(codec, text, ground),
    E.bimap(
      (text): Mistake => ({ below: [], text }),
      (filled): Filled => {
        const variables = ground.isFile ? Variables.within(text) : []
        const value = variables.length === 0 ? filled : scalarFor(codec, filled)
        return {
          value,
          found: foundOf(codec, value, variables),
          ...(codec instanceof Secrets.Secret && variables.length > 0 ? { written: text } : {})
        }
      }
    )
  )

const ofList = (codec: Any, list: ReadonlyArray<unknown>, ground: Ground): E.Either<Mistake, Filled> => {
  const values: Array<unknown> = []
  const variables: Array<Variables.Variable> = []
  for (const [index, one] of list.entries()) {
    const filled = typeof one === 'string' ? expand(codec, one, ground) : E.right(one)
    if (E.isLeft(filled)) return E.left({ below: [String(index)], text: filled.left })
    values.push(filled.right)
    variables.push(...(typeof one === 'string' ? Variables.within(one) : []))
  }
  return E.right({
    value: values,
    found: foundOf(codec, values, variables),
    ...(codec instanceof Secrets.Secret && variables.length > 0 ? { written: list.join(' ') } : {})
  })
}

/** The value with what its texts stand for. Left: what is wrong with one; the text itself may be secret. */
export const fill = (codec: Any, value: unknown, ground: Ground): E.Either<Mistake, Filled> => {
  if (typeof value === 'string') return ofText(codec, value, ground)
  return Array.isArray(value) && ground.isFile
    ? ofList(codec, value, ground)
    : E.right({ value, found: Secrets.foundFor(codec)(value) })
}
