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

const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise)

/** Never throws, whatever was thrown: null, a Proxy, an object whose getters throw. */
export const fromUnknown = (thrown: unknown): Failure => {
  try {
    if (thrown instanceof Error)
      return make(
        textOr(thrown.name, 'Error'),
        textOr(thrown.message, ''),
        typeof thrown.stack === 'string' ? thrown.stack : null
      )
    return make('NotAnError', typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? typeof thrown))
  } catch {
    return make('NotAnError', 'a value that cannot be printed was thrown')
  }
}

export const show = (failure: Failure): string =>
  failure.message === '' ? failure.name : `${failure.name}: ${failure.message}`
