/** AWS's own client, against a server that says what DynamoDB says. */
import { deepStrictEqual } from 'node:assert/strict'
import { once } from 'node:events'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as LeaseClient from '../../src/daemon/aws/LeaseClient'
import { defaults } from '../codec/defaultConfig'

interface Answer {
  readonly status?: number
  readonly body: unknown
}

const servers: Array<http.Server> = []
after(() => servers.forEach((server) => server.close()))

const textOf = async (request: http.IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString()
}

/** A client for a server that gives these answers one after the other, and what it was asked. */
const connected = async (signal: AbortSignal, answers: ReadonlyArray<Answer>) => {
  const asked: Array<unknown> = []
  const server = http.createServer((request, response) => {
    void textOf(request).then((text) => {
      const { status = 200, body } = answers[asked.length] ?? { body: {} }
      asked.push({ target: request.headers['x-amz-target'], ...(JSON.parse(text) as object) })
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify(body))
    })
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const connection = await LeaseClient.connect(
    {
      ...defaults.daemon,
      region: 'eu-west-1',
      credentials: 'environment',
      dynamoDbEndpoint: `http://127.0.0.1:${port}`
    },
    { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' },
    signal
  )
  if (E.isLeft(connection)) throw new Error(connection.left)
  return { asked, ...connection.right }
}

describe('the client', () => {
  it('reads a table however many requests it takes, each with what the last one ended at', async () => {
    const [first, second] = [{ leaseKey: { S: 'shard-1' } }, { leaseKey: { S: 'shard-2' } }]
    const { asked, scan, close } = await connected(new AbortController().signal, [
      { body: { Items: [first], Count: 1, LastEvaluatedKey: first } },
      { body: { Items: [], Count: 0, LastEvaluatedKey: second } },
      { body: { Items: [second], Count: 1 } }
    ])
    deepStrictEqual(await scan('orders'), [first, second])
    const request = { target: 'DynamoDB_20120810.Scan', TableName: 'orders', ConsistentRead: true }
    deepStrictEqual(asked, [
      request,
      { ...request, ExclusiveStartKey: first },
      { ...request, ExclusiveStartKey: second }
    ])
    close()
  })

  it("rejects with DynamoDB's error by its name", async () => {
    const { scan, close } = await connected(new AbortController().signal, [
      {
        status: 400,
        body: {
          __type: 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException',
          message: 'Requested resource not found'
        }
      }
    ])
    const failure = await scan('orders').catch((thrown: unknown) => thrown)
    deepStrictEqual(failure instanceof Error ? [failure.name, failure.message] : failure, [
      'ResourceNotFoundException',
      'Requested resource not found'
    ])
    close()
  })

  it('asks nothing once it is to stop', async () => {
    const stop = new AbortController()
    stop.abort()
    const { asked, scan, close } = await connected(stop.signal, [])
    const failure = await scan('orders').catch((thrown: unknown) => thrown)
    deepStrictEqual([failure instanceof Error ? failure.name : failure, asked], ['AbortError', []])
    close()
  })

  it('has no credentials of the environment where one of the two is missing', async () => {
    const connection = await LeaseClient.connect(
      {
        ...defaults.daemon,
        region: 'eu-west-1',
        credentials: 'environment',
        dynamoDbEndpoint: 'http://127.0.0.1:1'
      },
      { AWS_ACCESS_KEY_ID: 'id' },
      new AbortController().signal
    )
    if (E.isLeft(connection)) throw new Error(connection.left)
    const failure = await connection.right.scan('orders').catch((thrown: unknown) => thrown)
    deepStrictEqual(
      failure instanceof Error ? failure.message : failure,
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set'
    )
    connection.right.close()
  })
})
