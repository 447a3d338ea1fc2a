/**
 * `daemon.credentials` as the daemon wants it: a list of classes with commas between them, each with its arguments
 * after `|`. Up to KCL 2.6.1 they are of the AWS SDK 1, from 2.7.0 on of SDK 2 (AWSCredentialsProviderPropertyValueDecoder,
 * AwsCredentialsProviderPropertyValueDecoder), so that a name that both have in their own way is translated.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as KclVersion from './KclVersion'

interface Pair {
  /** Of SDK 1, below com.amazonaws.auth. */
  readonly old: string
  /** Of SDK 2, below software.amazon.awssdk.auth.credentials. */
  readonly now: string
}

const pairs: ReadonlyArray<Pair> = [
  { old: 'DefaultAWSCredentialsProviderChain', now: 'DefaultCredentialsProvider' },
  { old: 'EnvironmentVariableCredentialsProvider', now: 'EnvironmentVariableCredentialsProvider' },
  { old: 'SystemPropertiesCredentialsProvider', now: 'SystemPropertyCredentialsProvider' },
  { old: 'profile.ProfileCredentialsProvider', now: 'ProfileCredentialsProvider' },
  { old: 'STSAssumeRoleSessionCredentialsProvider', now: 'StsAssumeRoleCredentialsProvider' },
  { old: 'WebIdentityTokenCredentialsProvider', now: 'WebIdentityTokenFileCredentialsProvider' }
]

const OLD = 'com.amazonaws.auth.'
const NOW = 'software.amazon.awssdk.auth.credentials.'

const PROFILE = 'profile:'

/** In our words. */
const inShort = (term: string): string => {
  if (term === 'default') return 'DefaultCredentialsProvider'
  if (term === 'environment') return 'EnvironmentVariableCredentialsProvider'
  return term.startsWith(PROFILE) ? `ProfileCredentialsProvider|${term.slice(PROFILE.length)}` : term
}

const isOfNone = (name: string, hasNew: boolean): boolean =>
  hasNew ? name.startsWith('com.amazonaws.') : name.startsWith('software.amazon.awssdk.')

const one =
  (version: string) =>
  (term: string): E.Either<string, string> => {
    const [name = '', ...more] = inShort(term.trim()).split('|')
    const hasNew = KclVersion.hasNewCredentials(version)
    const pair = pairs.find(({ old, now }) => [old, now, OLD + old, NOW + now].includes(name))
    const known = pair === undefined ? name : hasNew ? pair.now : pair.old
    if (isOfNone(known, hasNew)) {
      const [has, ends] = hasNew ? ['2', ' (from 2.7.0 on)'] : ['1', ' (up to 2.6.1)']
      return E.left(
        `found the class ${name}, expected one of the AWS SDK ${has}, which KCL ${version} uses${ends}`
      )
    }
    return E.right([known, ...more].join('|'))
  }

/** The value of the daemon's property; left: what is wrong with one of its classes. */
export const resolve = (version: string, credentials: string): E.Either<string, string> =>
  pipe(
    credentials.split(','),
    E.traverseArray(one(version)),
    E.map((classes) => classes.join(','))
  )
