/** AWS's own client, against a server that says what DynamoDB says. */
import { deepStrictEqual } from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import * as E from 'fp-ts/Either'
import * as LeaseClient from '../../src/aws/LeaseClient'
import { defaults } from '../config/defaultConfig'
import * as Dynamo from './Dynamo'

const KEYS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }

/** A client for a server that gives these answers one after the other, and what that is asked. */
const connected = async (
  t: TestContext,
  answers: ReadonlyArray<Dynamo.Answer>,
  {
    env = KEYS,
    signal = new AbortController().signal
  }: { env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {}
) => {
  const { endpoint, asked, close } = await Dynamo.start((number) => answers[number] ?? { body: {} })
  t.after(close)
  const connection = await LeaseClient.connect(
    { ...defaults.daemon, region: 'eu-west-1', credentials: 'environment', dynamoDbEndpoint: endpoint },
    env,
    signal
  )
  if (E.isLeft(connection)) throw new Error(connection.left)
  t.after(connection.right.close)
  return { asked, scan: connection.right.scan }
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (thrown: unknown) => (thrown instanceof Error ? [thrown.name, thrown.message] : thrown)
  )

describe('the client', () => {
  it('reads a table however many requests it takes, each from where the last one ended', async (t) => {
    const [first, second] = [{ leaseKey: { S: 'shard-1' } }, { leaseKey: { S: 'shard-2' } }]
    const { asked, scan } = await connected(t, [
      { body: { Items: [first], Count: 1, LastEvaluatedKey: first } },
      { body: { Items: [], Count: 0, LastEvaluatedKey: second } },
      { body: { Items: [second], Count: 1 } }
    ])
    deepStrictEqual(await scan('orders'), [first, second])
    const request = { TableName: 'orders', ConsistentRead: true }
    deepStrictEqual(asked, [
      ['DynamoDB_20120810.Scan', request],
      ['DynamoDB_20120810.Scan', { ...request, ExclusiveStartKey: first }],
      ['DynamoDB_20120810.Scan', { ...request, ExclusiveStartKey: second }]
    ])
  })

  it("rejects with DynamoDB's error by its name", async (t) => {
    const { scan } = await connected(t, [
      {
        status: 400,
        body: {
          __type: 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException',
          message: 'Requested resource not found'
        }
      }
    ])
    deepStrictEqual(await failureOf(scan('orders')), [
      'ResourceNotFoundException',
      'Requested resource not found'
    ])
  })

  it('asks nothing once it is to stop', async (t) => {
    const { asked, scan } = await connected(t, [], { signal: AbortSignal.abort() })
    deepStrictEqual([await failureOf(scan('orders')), asked], [['AbortError', 'Request aborted'], []])
  })

  it('takes no credentials of the environment where one of the two is missing', async (t) => {
    const { asked, scan } = await connected(t, [], { env: { AWS_ACCESS_KEY_ID: 'id' } })
    deepStrictEqual(
      [await failureOf(scan('orders')), asked],
      [['Error', 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set'], []]
    )
  })
})
