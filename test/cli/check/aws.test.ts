import { deepStrictEqual } from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { checkAws } from '../../../src/cli/check/aws'
import type { Access } from '../../../src/aws/Access'
import { access, denied, missing, world } from '../../aws/access'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-check-'))
after(() => fs.rmSync(folder, { recursive: true }))
fs.writeFileSync(
  path.join(folder, 'kcl.config.yaml'),
  'handler: ./none.js\ndaemon: { streamName: orders, applicationName: shop, version: 2.5.4 }\n'
)

interface Given {
  readonly aws?: Partial<Access>
  readonly json?: boolean
  readonly flags?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Stopped when this is asked for. */
  readonly stop?: AbortController
}

const run = async ({ aws = {}, json = false, flags = {}, cwd = folder, stop }: Given) => {
  const printed: Array<string> = []
  const told: Array<string> = []
  const faked = access(aws)
  const code = await checkAws(
    { request: { cwd, file: null, env: {}, flags, handlerRequired: false }, json },
    {
      world: () => world(faked.aws),
      print: (text) => printed.push(text),
      tell: (text) => told.push(text),
      signal: (stop ?? new AbortController()).signal
    }
  )
  return { code, printed, told, asked: faked.asked }
}

describe('kclts check --aws', () => {
  it('prints a line for each as it comes, and ends with 0 where nothing is to be done', async () => {
    const { code, printed, told } = await run({})
    deepStrictEqual([code, told], [0, []])
    deepStrictEqual(printed, [
      'pass       Java          17 (java)\n',
      'pass       jars          131 of KCL 2.5.4 in /cache/kcl-3.1.3\n',
      'pass       region        eu-west-1, of the environment\n',
      'pass       credentials   arn:aws:iam::123456789012:user/ann\n',
      'pass       stream        orders: ACTIVE, 2 open shards, keeps records for 24 hours\n',
      'pass       reading       may ListShards, GetShardIterator, GetRecords\n',
      'pass       lease table   shop: ACTIVE; may Scan, GetItem, PutItem, UpdateItem, DeleteItem\n',
      'pass       metrics       none are sent to CloudWatch (daemon.metrics)\n',
      '\nNothing to do: `kclts run` can start.\n'
    ])
  })

  it('says what could not be tried, and still ends with 0', async () => {
    const { code, printed } = await run({
      aws: { table: () => Promise.resolve(missing), rows: () => Promise.resolve(missing) }
    })
    deepStrictEqual(code, 0)
    deepStrictEqual(printed.slice(6), [
      'not tried  lease table   shop: not there yet; the first start makes it; dynamodb:CreateTable was not tried, since it would make it now; may Scan, GetItem, PutItem, UpdateItem, DeleteItem\n',
      'pass       metrics       none are sent to CloudWatch (daemon.metrics)\n',
      '\nNothing to do, as far as this can be tried: `kclts run` can start.\n'
    ])
  })

  it('closes with the policy that is missing, and ends with 2', async () => {
    const { code, printed } = await run({
      aws: { rows: (action) => Promise.resolve(action === 'Scan' ? E.right(undefined) : denied) }
    })
    deepStrictEqual(code, 2)
    deepStrictEqual(
      printed.at(-1),
      `
An IAM policy that allows what was denied:
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem"
      ],
      "Resource": "arn:aws:dynamodb:eu-west-1:123456789012:table/shop"
    }
  ]
}

1 thing to do before the first start.
`
    )
  })

  it('prints a document for each with --json, and one with what is to be done', async () => {
    const { code, printed } = await run({ json: true, aws: { shard: () => Promise.resolve(denied) } })
    const resource = 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders'
    deepStrictEqual(code, 2)
    deepStrictEqual(
      [printed[0], printed[5], printed.at(-1)].map((line) => JSON.parse(line ?? '') as unknown),
      [
        { check: 'Java', verdict: 'pass', text: '17 (java)', denied: [] },
        {
          check: 'reading',
          verdict: 'todo',
          text: `may not call kinesis:ListShards on ${resource}; AWS says: because no identity-based policy allows it; allow it in the IAM policy`,
          denied: [{ action: 'kinesis:ListShards', resource }]
        },
        {
          todo: 1,
          policy: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: ['kinesis:ListShards'], Resource: resource }]
          }
        }
      ]
    )
  })

  it('that is stopped asks no more, and ends with 2', async () => {
    const stop = new AbortController()
    const { code, printed, told, asked } = await run({
      stop,
      aws: {
        stream: () => {
          stop.abort()
          return Promise.resolve(missing)
        }
      }
    })
    deepStrictEqual([code, told], [2, ['kclts check: stopped; what is not shown was not checked\n']])
    deepStrictEqual([printed.length, asked], [4, ['credentials', 'identity', 'stream', 'close']])
  })

  it('reports every mistake of the configuration, and asks no service', async () => {
    const { code, printed, told, asked } = await run({ flags: { 'daemon-region': 'EU' } })
    deepStrictEqual([code, printed, asked], [2, [], []])
    deepStrictEqual(told, [
      '--daemon-region: daemon.region: found "EU", expected the name of a region, such as eu-central-1\n1 problem. kcl.config.example.yaml in the package shows every key.\n'
    ])
  })

  it('reports what the configuration lacks, and asks no service', async () => {
    const cwd = fs.mkdtempSync(path.join(folder, 'empty-'))
    fs.writeFileSync(path.join(cwd, 'package.json'), '{}')
    const { code, told, asked } = await run({ cwd })
    deepStrictEqual([code, asked], [2, []])
    deepStrictEqual(told, [
      'daemon.streamName: missing, expected the name of the stream (or daemon.streamArn)\ndaemon.applicationName: missing, expected a name that all workers of the application share\n2 problems. kcl.config.example.yaml in the package shows every key.\n'
    ])
  })
})
