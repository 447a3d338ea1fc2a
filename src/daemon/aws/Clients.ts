/**
 * Clients of the AWS SDK for JavaScript, as the section `daemon` wants them. They are optional peers, loaded only by the
 * commands that ask AWS something themselves.
 */
import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import * as E from 'fp-ts/Either'
import type { DaemonSettings } from '../../codec/DaemonSettings'
import * as Failure from '../../core/Failure'

type Env = Readonly<Record<string, string | undefined>>

/** What all clients share. */
type Shared = Pick<DynamoDBClientConfig, 'region' | 'profile' | 'credentials' | 'requestHandler'>

/** Of `profile:NAME`, and of the class that the daemon has for it. */
const PROFILE = /^(?:profile:|\S*ProfileCredentialsProvider\|)([^,|]+)$/

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

/** Classes of credentials providers mean nothing here, but for that of a profile: the SDK then looks in all its places. */
const shared = ({ region, credentials }: DaemonSettings, env: Env): Shared => {
  const profile = PROFILE.exec(credentials)?.[1]
  return {
    ...(region === null ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === 'environment' ? { credentials: ofEnvironment(env) } : {}),
    requestHandler: { connectionTimeout: 5000, requestTimeout: 20_000, throwOnRequestTimeout: true }
  }
}

const unloaded = (name: string, thrown: unknown): string => {
  const failure = Failure.fromUnknown(thrown)
  return failure.message.includes(name)
    ? `a package that this needs is not installed: npm install ${name}`
    : `${name} cannot be loaded: ${Failure.show(failure)}`
}

/** Left: the package is not there, and how to install it. */
export const dynamo = async (daemon: DaemonSettings, env: Env): Promise<E.Either<string, DynamoDBClient>> => {
  try {
    const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
    return E.right(
      new DynamoDBClient({
        ...shared(daemon, env),
        ...(daemon.dynamoDbEndpoint === null ? {} : { endpoint: daemon.dynamoDbEndpoint })
      })
    )
  } catch (thrown) {
    return E.left(unloaded('@aws-sdk/client-dynamodb', thrown))
  }
}
