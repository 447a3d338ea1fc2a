import { deepStrictEqual } from 'node:assert/strict'
import { once } from 'node:events'
import * as http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import * as StreamShape from '../../src/aws/StreamShape'
import { defaults } from '../config/defaultConfig'

/** A busy machine takes longer than a start would wait. */
const LONG_MS = 120_000

describe('the shape of a stream', () => {
  it('is its open shards, and the largest record that it takes', () => {
    deepStrictEqual(
      [
        StreamShape.of({ OpenShardCount: 8, MaxRecordSizeInKiB: 10_240 }),
        StreamShape.of({ OpenShardCount: 32 }),
        StreamShape.of({}),
        StreamShape.of(undefined)
      ],
      [
        { openShards: 8, recordBytes: 10 * 1024 * 1024 },
        { openShards: 32, recordBytes: 1024 * 1024 },
        null,
        null
      ]
    )
  })

  it('is looked for by a process of its own, and is not known where Kinesis refuses to answer', async (t) => {
    const answers = [
      { status: 200, body: { StreamDescriptionSummary: { OpenShardCount: 8, MaxRecordSizeInKiB: 2048 } } },
      { status: 400, body: { __type: 'AccessDeniedException' } }
    ]
    const asked: Array<unknown> = []
    const server = http2.createServer((request, response) => {
      const { status, body } = answers[asked.length] ?? { status: 500, body: {} }
      asked.push(request.headers['x-amz-target'])
      request.resume()
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    t.after(() => server.close())
    const { port } = server.address() as AddressInfo
    const env = { ...process.env, AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }
    const place = {
      ...defaults.daemon,
      streamName: 'orders',
      region: 'eu-west-1',
      kinesisEndpoint: `http://127.0.0.1:${port}`
    }
    deepStrictEqual(
      [await StreamShape.look(place, env, LONG_MS), await StreamShape.look(place, env, LONG_MS)],
      [{ openShards: 8, recordBytes: 2 * 1024 * 1024 }, null]
    )
    deepStrictEqual(asked, [
      'Kinesis_20131202.DescribeStreamSummary',
      'Kinesis_20131202.DescribeStreamSummary'
    ])
  })

  it('is not asked for without the name of a stream', async () => {
    deepStrictEqual(await StreamShape.look(defaults.daemon, process.env), null)
  })
})
