/** From the local daemon into a stream: kinesalite, which emulates Kinesis on this machine. */
import { deepStrictEqual } from 'node:assert'
import { once } from 'node:events'
import * as fs from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import * as path from 'node:path'
import { test } from 'node:test'
import { dev, line, withFolder } from '../dev'

const SERVICES = path.join(__dirname, '../../test/system/services/package.json')
const isThere = fs.existsSync(path.join(SERVICES, '../node_modules/kinesalite'))
const isRequired = process.env['REQUIRE_SERVICES'] === '1'
const skip = isThere || isRequired ? false : 'kinesalite is not installed in test/system/services'

const StreamName = 'views-enriched' // as in kcl.config.yaml
const env = { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' }

const isKinesalite = (value: unknown): value is (options: object) => Server => typeof value === 'function'

type Ask = (operation: string, body: object) => Promise<Readonly<Record<string, unknown>>>

/** The API of Kinesis; kinesalite wants a signature and believes any. */
const askAt =
  (endpoint: string): Ask =>
  async (operation, body) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Kinesis_20131202.${operation}`,
      'x-amz-date': '20260914T080000Z',
      authorization: 'AWS4-HMAC-SHA256 Credential=none, SignedHeaders=host, Signature=none'
    }
    const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${operation}: ${response.status} ${text}`)
    return text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>)
  }

/** Runs with a stream of one shard. */
const withStream = async (use: (endpoint: string, ask: Ask) => Promise<void>): Promise<void> => {
  const kinesalite: unknown = createRequire(SERVICES)('kinesalite')
  if (!isKinesalite(kinesalite)) throw new Error('kinesalite is no function')
  const server = kinesalite({ createStreamMs: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const endpoint = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const ask = askAt(endpoint)
  try {
    await ask('CreateStream', { StreamName, ShardCount: 1 })
    await use(endpoint, ask)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

interface Stored {
  readonly PartitionKey: string
  readonly Data: string
}

/** What is in the stream, in its order: key and value of each record. */
const read = async (ask: Ask): Promise<ReadonlyArray<readonly [string, unknown]>> => {
  const from = { StreamName, ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' }
  const { ShardIterator } = await ask('GetShardIterator', from)
  const { Records } = await ask('GetRecords', { ShardIterator })
  return (Records as ReadonlyArray<Stored>).map(({ PartitionKey, Data }) => [
    PartitionKey,
    JSON.parse(Buffer.from(Data, 'base64').toString())
  ])
}

test('the views of each visitor are in the stream in their order, but for the crawler', { skip }, () =>
  withStream((endpoint, ask) =>
    withFolder(async (folder) => {
      const visits = Array.from({ length: 60 }, (_, i) => ({ visitor: `v-${i % 3}`, path: `/${i}` }))
      const input = visits.map(({ visitor, path: place }) =>
        line(visitor, {
          visitor,
          url: `https://shop.example${place}`,
          agent: visitor === 'v-2' ? 'a crawler' : 'Mozilla/5.0'
        })
      )
      const yaml = fs.readFileSync(`${__dirname}/kcl.config.yaml`, 'utf8')
      const config = yaml
        .replace('./handler.ts', `${__dirname}/handler.ts`)
        .replace('type: kinesis', `type: kinesis\n    endpoint: ${endpoint}`)
      fs.writeFileSync(`${folder}/kcl.config.yaml`, config)
      await dev('enrich', input, ['--config', `${folder}/kcl.config.yaml`, '--state', `${folder}/state`], env)

      const rest = { host: 'shop.example', campaign: null, device: 'desktop' }
      const records = await read(ask)
      for (const key of ['v-0', 'v-1', 'v-2'])
        deepStrictEqual(
          records.filter(([visitor]) => visitor === key).map(([, value]) => value),
          visits
            .filter(({ visitor }) => visitor === key && key !== 'v-2')
            .map((visit) => ({ ...visit, ...rest }))
        )
    })
  )
)
