/** What went wrong, as plain data, whatever was thrown. */
export interface Failure {
  /** The name of the error, such as `TypeError`. */
  readonly name: string
  /** The message of the error. */
  readonly message: string
  /** The stack with those of its causes; null if there is none. */
  readonly stack: string | null
}

export const make = (name: string, message: string, stack: string | null = null): Failure => ({
  name,
  message,
  stack
})

/** The code of a system's error, such as `ENOENT`; empty: it has none. */
export const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''

export const hasCode = (thrown: unknown, ...codes: ReadonlyArray<string>): boolean =>
  codes.includes(codeOf(thrown))

interface ErrorLike {
  readonly name?: unknown
  readonly message?: unknown
  readonly stack?: unknown
}

/** By its shape too: an error of another realm (`node:vm`) is no instance of our `Error`. */
const isErrorLike = (thrown: unknown): thrown is ErrorLike =>
  thrown instanceof Error ||
  (typeof thrown === 'object' && thrown !== null && 'message' in thrown && 'stack' in thrown)

const fromError = ({ name, message, stack }: ErrorLike): Failure =>
  make(
    typeof name === 'string' ? name : 'Error',
    typeof message === 'string' ? message : '',
    typeof stack === 'string' ? stack : null
  )

const isShownAfter = (thrown: unknown, error: unknown): boolean =>
  typeof thrown === 'object' &&
  thrown !== null &&
  !Array.isArray(thrown) &&
  Object.values(thrown).includes(error)

/** What JSON leaves out: a bigint throws, an error is `{}`, and so is what a circle leads back to. */
const printable = (thrown: unknown): ((key: string, value: unknown) => unknown) => {
  const seen = new Set<unknown>()
  return (_key, value) => {
    if (typeof value === 'bigint') return value.toString()
    if (typeof value !== 'object' || value === null) return value
    // Those of the object itself are shown after it, as what led to it.
    if (isErrorLike(value)) return isShownAfter(thrown, value) ? undefined : show(fromError(value))
    if (seen.has(value)) return '[shown before]'
    seen.add(value)
    return value
  }
}

const print = (thrown: unknown): string => {
  if (typeof thrown === 'string') return thrown
  if (typeof thrown === 'bigint' || typeof thrown === 'symbol') return thrown.toString()
  return JSON.stringify(thrown, printable(thrown)) ?? typeof thrown
}

/** Without what led to it. Never throws, whatever was thrown: null, a Proxy, an object whose getters throw. */
const alone = (thrown: unknown): Failure => {
  try {
    if (isErrorLike(thrown)) return fromError(thrown)
    return make('NotAnError', print(thrown))
  } catch {
    return make('NotAnError', 'a value that cannot be printed was thrown')
  }
}

// -- causes -----------------------------------------------------------------------------------------------------------

/** A chain of causes may be a circle, and an AggregateError may have thousands of errors. */
const MOST = { depth: 5, beside: 5, all: 20, message: 500, stack: 2000 }

/** What has been looked at, and how many more may be. */
interface Walk {
  readonly seen: Set<unknown>
  left: number
}

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length)}...`

/** The end of a message often says most, such as the status of an HTTP answer. */
const cutInside = (text: string, length: number): string =>
  text.length <= length
    ? text
    : `${text.slice(0, Math.ceil(length / 2))}...${text.slice(-Math.floor(length / 2))}`

export const fieldOf = (value: object, name: string): unknown =>
  name in value ? Reflect.get(value, name) : undefined

const isSurelyErrorLike = (value: unknown): boolean => {
  try {
    return isErrorLike(value)
  } catch {
    return false
  }
}

/** The errors that led to this one, after what they are: `cause`, those of an AggregateError and of a SuppressedError. */
const ledTo = (thrown: unknown): ReadonlyArray<readonly [string, ReadonlyArray<unknown>]> => {
  if (typeof thrown !== 'object' || thrown === null) return []
  // A tagged error of fp-ts: `{ _tag: 'Unreachable', error: new Error(...) }`.
  if (Array.isArray(thrown)) return thrown.some(isSurelyErrorLike) ? [['errors', thrown]] : []
  if (!isErrorLike(thrown))
    return Object.entries(thrown).flatMap(([name, value]: readonly [string, unknown]) =>
      isSurelyErrorLike(value) ? [[name, [value]] as const] : []
    )
  const cause = fieldOf(thrown, 'cause')
  const errors = fieldOf(thrown, 'errors')
  const suppressed = thrown.name === 'SuppressedError' ? ['error', 'suppressed'] : []
  return [
    ...(cause === undefined || cause === null ? [] : [['cause', [cause]] as const]),
    ...(Array.isArray(errors) && errors.some(isSurelyErrorLike) ? [['errors', errors] as const] : []),
    ...suppressed.map((name) => [name, [fieldOf(thrown, name)]] as const)
  ]
}

const causesOf = (thrown: unknown): ReturnType<typeof ledTo> => {
  try {
    return ledTo(thrown)
  } catch {
    return []
  }
}

const isNew = ({ seen }: Walk, value: unknown): boolean =>
  typeof value !== 'object' || value === null || !seen.has(value)

const showCause = (cause: Failure): string => (cause.name === 'NotAnError' ? cause.message : show(cause))

const withCauses = (own: Failure, thrown: unknown, walk: Walk, depth: number): Failure => {
  walk.seen.add(thrown)
  const causes: Array<string> = []
  const stacks: Array<string> = []
  for (const [what, all] of depth < MOST.depth ? causesOf(thrown) : []) {
    const shown: Array<string> = []
    for (const one of all.slice(0, MOST.beside)) {
      if (walk.left === 0 || !isNew(walk, one)) continue
      walk.left -= 1
      const cause = withCauses(bounded(alone(one)), one, walk, depth + 1)
      shown.push(showCause(cause))
      stacks.push(`Caused by: ${cause.stack ?? showCause(cause)}`)
    }
    const more = all.length - MOST.beside
    if (more > 0) shown.push(`and ${more} more`)
    if (shown.length > 0) causes.push(`(${what}: ${shown.join('; ')})`)
  }
  return make(
    own.name,
    [own.message, ...causes].filter((text) => text !== '').join(' '),
    own.stack === null && stacks.length === 0 ? null : [own.stack ?? show(own), ...stacks].join('\n')
  )
}

const bounded = ({ name, message, stack }: Failure): Failure =>
  make(
    cut(name, MOST.message),
    cutInside(message, MOST.message),
    stack === null ? null : cut(stack, MOST.stack)
  )

/**
 * Never throws, whatever was thrown. What led to an error is in its message, so that letters, logs and last words all have
 * it: `fetch failed (cause: Error: connect ECONNREFUSED 127.0.0.1:80)`; and in the stack.
 */
export const fromUnknown = (thrown: unknown): Failure =>
  withCauses(alone(thrown), thrown, { seen: new Set(), left: MOST.all }, 0)

/** What was thrown, as a message says it. */
export const describe = (thrown: unknown): string => show(fromUnknown(thrown))

/** With the stack, which begins with the name and the message. */
export const inFull = (failure: Failure): string => failure.stack ?? show(failure)

export const show = (failure: Failure): string =>
  failure.message === '' ? failure.name : `${failure.name}: ${failure.message}`
