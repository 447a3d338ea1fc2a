/** What went wrong, as plain data: anything may be thrown in JavaScript, and it must still be told. */

export interface Failure {
  readonly name: string
  readonly message: string
  readonly stack: string | null
}

export const make = (name: string, message: string, stack: string | null = null): Failure => ({
  name,
  message,
  stack
})

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

/** Never throws, whatever was thrown: null, a Proxy, an object whose getters throw. */
export const fromUnknown = (thrown: unknown): Failure => {
  try {
    if (isErrorLike(thrown)) return fromError(thrown)
    return make('NotAnError', typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? typeof thrown))
  } catch {
    return make('NotAnError', 'a value that cannot be printed was thrown')
  }
}

export const show = (failure: Failure): string =>
  failure.message === '' ? failure.name : `${failure.name}: ${failure.message}`
