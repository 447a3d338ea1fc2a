import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Refusal from '../../src/aws/Refusal'

const failing = (name: string, message: string, code?: string): Error =>
  Object.assign(new Error(message), { name, ...(code === undefined ? {} : { code }) })

describe('why AWS gave no answer', () => {
  for (const [what, thrown, told] of [
    [
      'no credentials',
      failing('CredentialsProviderError', 'Could not load credentials from any providers'),
      'there are no AWS credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached'
    ],
    [
      'no such profile',
      failing('CredentialsProviderError', 'Could not resolve credentials using profile: [shop]'),
      'no AWS credentials: Could not resolve credentials using profile: [shop]; check daemon.credentials and AWS_PROFILE'
    ],
    ['no region', new Error('Region is missing'), 'there is no region; set daemon.region or AWS_REGION'],
    [
      'nothing at the endpoint',
      failing('Error', 'connect ECONNREFUSED 127.0.0.1:8000', 'ECONNREFUSED'),
      'nothing listens at 127.0.0.1:8000; check daemon.dynamoDbEndpoint and the network'
    ],
    [
      'nothing at either address of the endpoint, which Node tells with a code alone',
      failing('AggregateError', '', 'ECONNREFUSED'),
      'nothing listens at the endpoint; check daemon.dynamoDbEndpoint and the network'
    ],
    [
      'a region that is none',
      failing('Error', 'getaddrinfo ENOTFOUND dynamodb.nowhere-1.amazonaws.com', 'ENOTFOUND'),
      'the name dynamodb.nowhere-1.amazonaws.com cannot be resolved; check daemon.region, the endpoints and the network'
    ],
    [
      'a network without an end',
      failing('TimeoutError', 'Socket timed out without establishing a connection within 5000 ms'),
      'AWS cannot be reached in time; check the network: security groups, the proxy, a VPC endpoint'
    ],
    [
      'what the Java SDK says in the same words',
      failing('ExpiredTokenException', 'The security token included in the request is expired'),
      'the AWS credentials have expired; log in again, or use a role that renews them'
    ],
    ['anything else', failing('ValidationException', 'too short'), 'ValidationException: too short']
  ] as const)
    it(`is reported for ${what}`, () => deepStrictEqual(Refusal.show(thrown), told))
})
