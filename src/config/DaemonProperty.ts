/** The kinds of properties of Amazon's daemon that keys have. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Credentials from './Credentials'
import * as Duration from '../values/Duration'
import * as KclVersion from './KclVersion'
import type { Property } from '../values/KeySchema'

const property = <A>(
  [name, ...others]: readonly [string, ...ReadonlyArray<string>],
  to: (value: A) => string | null,
  from: (text: string) => unknown
): Property<A> => ({
  names: [name, ...others],
  to: (value) => {
    const text = to(value)
    return E.right(text === null ? [] : [[name, text]])
  },
  from
})

const same = (text: string): string => text

/** The newer name first. */
export const text = (...names: readonly [string, ...ReadonlyArray<string>]): Property<string> =>
  property(names, same, same)

export const whole = (name: string): Property<number> =>
  property(
    [name],
    (value) => String(value),
    (text) => (/^[0-9]{1,15}$/.test(text) ? Number(text) : text)
  )

/** The daemon takes 0 as not said. */
export const millis = (name: string): Property<number> =>
  property(
    [name],
    (value) => (value === 0 ? null : String(value)),
    (text) => (/^[0-9]+$/.test(text) ? Duration.show(Number(text)) : text)
  )

export const upper = (name: string): Property<string> =>
  property(
    [name],
    (value) => value.toUpperCase(),
    (text) => text.toLowerCase()
  )

/** A word of ours for each of the daemon's. */
export const words = <A extends string>(
  name: string,
  table: ReadonlyArray<readonly [A, string]>
): Property<A> =>
  property<A>(
    [name],
    (value) => table.find(([ours]) => ours === value)?.[1] ?? null,
    (text) => table.find(([, theirs]) => theirs === text.toUpperCase())?.[0] ?? text
  )

const POSITION = 'initialPositionInStream'
const TIMESTAMP = `${POSITION}Extended`

/** In whole seconds since 1970: an earlier time repeats records, a later one would skip some. */
export const position: Property<'latest' | 'trim-horizon' | number> = {
  names: [POSITION, TIMESTAMP],
  to: (value) =>
    E.right([
      typeof value === 'number'
        ? [TIMESTAMP, String(Math.floor(value / 1000))]
        : [POSITION, value.toUpperCase().replace('-', '_')]
    ]),
  from: (text, name) => {
    if (name === POSITION) return text.toLowerCase().replace('_', '-')
    return /^[0-9]{1,12}$/.test(text) ? new Date(Number(text) * 1000).toISOString() : text
  }
}

const IN_SHORT: Readonly<Record<string, string>> = {
  DefaultAWSCredentialsProviderChain: 'default',
  DefaultCredentialsProvider: 'default',
  EnvironmentVariableCredentialsProvider: 'environment'
}

/** By the name, and in the classes, of the version. */
export const credentials: Property<string> = {
  names: ['AWSCredentialsProvider', 'AwsCredentialsProvider'],
  to: (value, version) => {
    const name = KclVersion.hasNewCredentials(version) ? 'AwsCredentialsProvider' : 'AWSCredentialsProvider'
    return pipe(
      Credentials.resolve(version, value),
      E.map((classes) => [[name, classes]])
    )
  },
  from: (text) => IN_SHORT[text] ?? text
}
