import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Clients from '../../src/aws/Clients'
import { defaults } from '../config/defaultConfig'

describe('the provider of credentials', () => {
  for (const [credentials, provider] of [
    ['default', { _tag: 'Default' }],
    ['DefaultCredentialsProvider', { _tag: 'Default' }],
    ['com.amazonaws.auth.DefaultAWSCredentialsProviderChain', { _tag: 'Default' }],
    ['environment', { _tag: 'Environment' }],
    ['EnvironmentVariableCredentialsProvider', { _tag: 'Environment' }],
    ['profile:shop', { _tag: 'Profile', name: 'shop' }],
    [
      'software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider|shop',
      { _tag: 'Profile', name: 'shop' }
    ],
    ['StsAssumeRoleCredentialsProvider|arn|name', { _tag: 'Foreign' }],
    ['EnvironmentVariableCredentialsProvider,DefaultCredentialsProvider', { _tag: 'Foreign' }],
    ['com.example.OwnProvider', { _tag: 'Foreign' }]
  ] as const)
    it(`of ${credentials} is ${provider._tag}`, () =>
      deepStrictEqual(Clients.providerOf(credentials), provider))
})

describe('a client', () => {
  const KEYS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }

  const keyOf = async (credentials: string): Promise<string> => {
    const client = await Clients.sts({ ...defaults.daemon, credentials, region: 'eu-west-1' }, KEYS)
    if (E.isLeft(client)) throw new Error(client.left)
    return (await client.right.config.credentials()).accessKeyId
  }

  it('takes the keys of the environment before anything else, as the daemon does', async () => {
    deepStrictEqual(await Promise.all(['default', 'environment'].map(keyOf)), ['id', 'id'])
  })

  it('has the region and the endpoint of the configuration', async () => {
    const daemon = {
      ...defaults.daemon,
      region: 'eu-west-1',
      kinesisEndpoint: 'http://127.0.0.1:4567',
      dynamoDbEndpoint: 'http://127.0.0.1:8000'
    }
    const [kinesis, dynamo] = await Promise.all([Clients.kinesis(daemon, KEYS), Clients.dynamo(daemon, KEYS)])
    if (E.isLeft(kinesis) || E.isLeft(dynamo)) throw new Error('a client is missing')
    const endpoints = await Promise.all([kinesis.right.config.endpoint?.(), dynamo.right.config.endpoint?.()])
    deepStrictEqual(
      [await kinesis.right.config.region(), ...endpoints.map((endpoint) => endpoint?.port)],
      ['eu-west-1', 4567, 8000]
    )
  })
})
