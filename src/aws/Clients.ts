/**
 * Clients of the AWS SDK for JavaScript, as the section `daemon` wants them. They are optional peers, loaded only by the
 * commands that ask AWS something themselves.
 */
import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import type { STSClient } from '@aws-sdk/client-sts'
import * as E from 'fp-ts/Either'
import type { DaemonSettings } from '../config/DaemonSettings'
import * as Failure from '../core/Failure'

type Env = Readonly<Record<string, string | undefined>>

/** What all clients share. */
type Shared = Pick<DynamoDBClientConfig, 'region' | 'profile' | 'credentials'>

/** Of those that `daemon.credentials` may name, the ones that are found here as the daemon finds them. */
export type Provider =
  | { readonly _tag: 'Default' }
  | { readonly _tag: 'Environment' }
  | { readonly _tag: 'Profile'; readonly name: string }
  /** Classes of Java: the default is used in their place. */
  | { readonly _tag: 'Foreign' }

/** Of `profile:NAME`, and of the class that the daemon has for it. */
const PROFILE = /^(?:profile:|(?:[\w.]*\.)?ProfileCredentialsProvider\|)([^,|]+)$/

const DEFAULT = /^(?:default|(?:[\w.]*\.)?Default(?:AWS)?CredentialsProvider(?:Chain)?)$/

const ENVIRONMENT = /^(?:environment|(?:[\w.]*\.)?EnvironmentVariableCredentialsProvider)$/

export const providerOf = (credentials: string): Provider => {
  const name = PROFILE.exec(credentials)?.[1]
  if (name !== undefined) return { _tag: 'Profile', name }
  if (ENVIRONMENT.test(credentials)) return { _tag: 'Environment' }
  return DEFAULT.test(credentials) ? { _tag: 'Default' } : { _tag: 'Foreign' }
}

const ofEnvironment =
  (env: Env) =>
  (): Promise<{
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }> => {
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = env
    return id === undefined || secret === undefined
      ? Promise.reject(new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set'))
      : Promise.resolve({
          accessKeyId: id,
          secretAccessKey: secret,
          ...(token === undefined ? {} : { sessionToken: token })
        })
  }

/**
 * Keys in the environment win over AWS_PROFILE, as for the daemon (DefaultCredentialsProvider of the SDK for Java): the SDK
 * for JavaScript would take the profile.
 */
const isOfEnvironment = (provider: Provider, env: Env): boolean =>
  provider._tag === 'Environment' ||
  (provider._tag === 'Default' && Boolean(env['AWS_ACCESS_KEY_ID']) && Boolean(env['AWS_SECRET_ACCESS_KEY']))

const shared = (
  { region, credentials }: Pick<DaemonSettings, 'region' | 'credentials'>,
  env: Env
): Shared => {
  const provider = providerOf(credentials)
  return {
    ...(region === null ? {} : { region }),
    ...(provider._tag === 'Profile' ? { profile: provider.name } : {}),
    ...(isOfEnvironment(provider, env) ? { credentials: ofEnvironment(env) } : {})
  }
}

/** Milliseconds that one try may take. */
const REQUEST_TIMEOUT = 20_000

/** HTTP/1.1, as all clients but that of Kinesis speak it. */
const HTTP = { connectionTimeout: 5000, requestTimeout: REQUEST_TIMEOUT, throwOnRequestTimeout: true }

const unloaded = (name: string, thrown: unknown): string => {
  const failure = Failure.fromUnknown(thrown)
  return failure.message.includes(name)
    ? `a package that this needs is not installed: npm install ${name}`
    : `${name} cannot be loaded: ${Failure.show(failure)}`
}

const loaded = async <Client>(
  name: string,
  load: () => Promise<Client>
): Promise<E.Either<string, Client>> => {
  try {
    return E.right(await load())
  } catch (thrown) {
    return E.left(unloaded(name, thrown))
  }
}

/** Left: the package is not there, and how to install it. */
export const dynamo = (
  daemon: Pick<DaemonSettings, 'region' | 'credentials' | 'dynamoDbEndpoint'>,
  env: Env
): Promise<E.Either<string, DynamoDBClient>> =>
  loaded('@aws-sdk/client-dynamodb', async () => {
    const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
    return new DynamoDBClient({
      ...shared(daemon, env),
      requestHandler: HTTP,
      ...(daemon.dynamoDbEndpoint === null ? {} : { endpoint: daemon.dynamoDbEndpoint })
    })
  })

/** It speaks HTTP/2, and so does the daemon: an endpoint that has HTTP/1.1 alone suits neither. Left: as for `dynamo`. */
export const kinesis = (
  daemon: Pick<DaemonSettings, 'region' | 'credentials' | 'kinesisEndpoint'>,
  env: Env
): Promise<E.Either<string, KinesisClient>> =>
  loaded('@aws-sdk/client-kinesis', async () => {
    const { KinesisClient } = await import('@aws-sdk/client-kinesis')
    return new KinesisClient({
      ...shared(daemon, env),
      requestHandler: { requestTimeout: REQUEST_TIMEOUT },
      ...(daemon.kinesisEndpoint === null ? {} : { endpoint: daemon.kinesisEndpoint })
    })
  })

/** Left: as for `dynamo`. */
export const sts = (daemon: DaemonSettings, env: Env): Promise<E.Either<string, STSClient>> =>
  loaded('@aws-sdk/client-sts', async () => {
    const { STSClient } = await import('@aws-sdk/client-sts')
    return new STSClient({ ...shared(daemon, env), requestHandler: HTTP })
  })
