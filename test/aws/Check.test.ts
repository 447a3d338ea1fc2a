import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import type { DaemonSettings } from '../../src/config/DaemonSettings'
import type { Access } from '../../src/aws/Access'
import type { Status } from '../../src/aws/TableMigration'
import * as Check from '../../src/aws/Check'
import { defaults } from '../config/defaultConfig'
import { access, ARN, denied, failing, missing, never, refused, table, world } from './access'

const settings = (some: Partial<DaemonSettings> = {}): DaemonSettings => ({
  ...defaults.daemon,
  streamName: 'orders',
  applicationName: 'shop',
  ...some
})

const show = ({ verdict, subject, text }: { verdict: string; subject: string; text: string }): string =>
  `${verdict} ${subject}: ${text}`

const run = async (
  some: Partial<DaemonSettings>,
  aws: Partial<Access> = {},
  here: Partial<Check.World> = {}
) => {
  const faked = access(aws)
  const lines: Array<string> = []
  const missed: Array<string> = []
  for await (const finding of Check.findings(settings(some), world(faked.aws, here))) {
    lines.push(show(finding))
    missed.push(...finding.denied.map(({ action, resource }) => `${action} ${resource}`))
  }
  return { lines, denied: missed, asked: faked.asked }
}

/** The lines about one thing. */
const about = async (
  subject: string,
  some: Partial<DaemonSettings>,
  aws: Partial<Access> = {},
  here: Partial<Check.World> = {}
): Promise<ReadonlyArray<string>> =>
  (await run(some, aws, here)).lines.filter((line) => line.split(':')[0]?.endsWith(` ${subject}`))

const answering =
  <A>(answer: A) =>
  (): Promise<A> =>
    Promise.resolve(answer)

const WROTE = 'may Scan, GetItem, PutItem, UpdateItem, DeleteItem'

const ALL = [
  'pass Java: 17 (java)',
  'pass jars: 131 of KCL 3.1.3 in /cache/kcl-3.1.3',
  'pass region: eu-west-1, of the environment',
  'pass credentials: arn:aws:iam::123456789012:user/ann',
  'pass stream: orders: ACTIVE, 2 open shards, keeps records for 24 hours',
  'pass reading: may ListShards, GetShardIterator, GetRecords',
  `pass lease table: shop: ACTIVE; ${WROTE}, Query`,
  `pass worker table: shop-WorkerMetricStats: ACTIVE; ${WROTE}`,
  `pass leader table: shop-CoordinatorState: ACTIVE; ${WROTE}`,
  'pass metrics: none are sent to CloudWatch (daemon.metrics)'
]

describe('a check of what the first start needs', () => {
  it('passes where all is there, and asks no more than it has to', async () => {
    const rows = (name: string, key: string): ReadonlyArray<string> =>
      ['Scan', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'].map(
        (action) => `rows ${action} ${name} ${key}`
      )
    deepStrictEqual(await run({}), {
      lines: ALL,
      denied: [],
      asked: [
        'credentials',
        'identity',
        'stream',
        'shard',
        'iterator shardId-000000000007',
        'records iterator',
        'table shop',
        'table shop-WorkerMetricStats',
        'table shop-CoordinatorState',
        ...rows('shop', 'leaseKey'),
        'rows Query shop leaseKey',
        ...rows('shop-WorkerMetricStats', 'wid'),
        ...rows('shop-CoordinatorState', 'key'),
        'close'
      ]
    })
  })

  it('of KCL 2 has one table, without an index', async () => {
    const { lines } = await run({ version: '2.5.4' }, { table: answering(E.right(table({ indexes: [] }))) })
    deepStrictEqual(lines.slice(6, -1), [`pass lease table: shop: ACTIVE; ${WROTE}`])
  })

  it('has the tables by the names that they are given', async () => {
    const { asked } = await run({
      tableName: 'leases',
      properties: { workerMetricsTableName: 'workers', coordinatorStateTableName: 'leader' }
    })
    deepStrictEqual(
      asked.filter((question) => question.startsWith('table')),
      ['table leases', 'table workers', 'table leader']
    )
  })

  it('says whether an initial position other than the default has an effect', async () => {
    const some = { initialPosition: 'latest' } as const
    const found = async (checkpointed: boolean) => {
      const answer = () => Promise.resolve(E.right(checkpointed))
      return (await about('initialPosition', some, { checkpointed: answer })).join()
    }
    deepStrictEqual(
      [await found(false), await found(true)],
      [
        'pass initialPosition: latest, for shards without a checkpoint',
        'untried initialPosition: latest has no effect on shards with a checkpoint, and shop has such shards: they continue from there; to begin elsewhere, choose another daemon.applicationName'
      ]
    )
  })

  it('of KCL 3.5 has one table where the leader table is not there, and else three', async () => {
    const subjects = async (...there: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
      const { lines } = await run(
        { version: '3.5.1' },
        {
          table: (name) => Promise.resolve(there.includes(name) ? E.right(table({})) : missing)
        }
      )
      return lines.flatMap((line) => /^\S+ (\w+ table):/.exec(line)?.[1] ?? [])
    }
    const all = ['lease table', 'worker table', 'leader table']
    deepStrictEqual(
      [
        await subjects(),
        await subjects('shop', 'shop-WorkerMetricStats'),
        await subjects('shop', 'shop-CoordinatorState'),
        await subjects('shop', 'shop-CoordinatorState', 'shop-WorkerMetricStats')
      ],
      [['lease table'], ['lease table'], all, all]
    )
  })

  it('of KCL 3.5 does not expect the KCL to make one of three tables again', async () => {
    const { lines } = await run(
      { version: '3.5.1' },
      { table: (name) => Promise.resolve(name.endsWith('Stats') ? missing : E.right(table({ key: 'key' }))) }
    )
    deepStrictEqual(
      lines[7],
      [
        'todo worker table: shop-WorkerMetricStats is missing, and KCL 3.5 does not make it again, but needs it beside the two other tables',
        'restore it from a backup, or make it with the partition key wid (a string)'
      ].join('; ')
    )
  })

  it('of KCL 3.5 needs to look for the other tables, and no more if it may not', async () => {
    const { denied: all } = await run(
      { version: '3.5.1' },
      {
        table: (name) => Promise.resolve(name === 'shop' ? E.right(table()) : denied),
        rows: answering(never)
      }
    )
    const tables = 'arn:aws:dynamodb:eu-west-1:123456789012:table'
    deepStrictEqual(all, [
      `dynamodb:DescribeTable ${tables}/shop-WorkerMetricStats`,
      `dynamodb:DescribeTable ${tables}/shop-CoordinatorState`
    ])
  })

  describe('of KCL 3.5 that moves three tables into one', () => {
    const moving = { version: '3.5.1', properties: { migrateAllEntitiesToLeaseTable: 'true' } }
    const at = (status: Status | null): Partial<Access> => ({
      migration: answering(E.right(status && { status, since: 0, by: 'vm-0', hasLeaderTable: true }))
    })

    it('needs the permission to check the lock of the leader', async () => {
      const { lines, denied: all } = await run(moving, {
        ...at('DEPLOYED'),
        rows: (action) => Promise.resolve(action === 'ConditionCheckItem' ? denied : never)
      })
      deepStrictEqual(all, [
        'dynamodb:ConditionCheckItem arn:aws:dynamodb:eu-west-1:123456789012:table/shop-CoordinatorState'
      ])
      deepStrictEqual(
        lines[9],
        'pass single table: DEPLOYED; the three tables are moved into one when all workers have started'
      )
      const { asked } = await run({ version: '3.5.1' })
      deepStrictEqual(
        asked.filter((one) => one.includes('ConditionCheckItem')),
        []
      )
    })

    it('needs the lease table alone once that is complete', async () => {
      const { lines } = await run(moving, at('COMPLETE'))
      deepStrictEqual(lines.slice(6, 8), [
        `pass lease table: shop: ACTIVE; ${WROTE}, Query`,
        'pass single table: COMPLETE; the application uses the lease table alone, and the two other tables can be deleted'
      ])
    })

    it('cannot start too early', async () => {
      const verdicts = async (settings: Partial<DaemonSettings>) => {
        const found: Array<string> = []
        for (const status of [null, 'INIT', 'DEPLOYED', 'PENDING', 'COMPLETE'] as const) {
          const [line = 'nothing'] = await about('single table', settings, at(status))
          found.push(line.split(/[ ,;]/).slice(0, 4).join(' '))
        }
        return found
      }
      deepStrictEqual(await verdicts(moving), [
        'todo single table: no',
        'todo single table: INIT',
        'pass single table: DEPLOYED',
        'pass single table: PENDING',
        'pass single table: COMPLETE'
      ])
      deepStrictEqual(await verdicts({ version: '3.5.1' }), [
        'nothing',
        'pass single table: INIT',
        'pass single table: DEPLOYED',
        'pass single table: PENDING',
        'pass single table: COMPLETE'
      ])
    })
  })

  it('goes on after what is wrong with Java and the jars', async () => {
    const { lines } = await run(
      {},
      {},
      {
        java: answering(E.right(E.left('there is no Java on the PATH'))),
        jars: answering(E.left(['one is corrupt', 'delete it']))
      }
    )
    deepStrictEqual(lines, [
      'todo Java: there is no Java on the PATH',
      'todo jars: one is corrupt; delete it',
      ...ALL.slice(2)
    ])
  })

  it('reports a Java that does not end', async () => {
    deepStrictEqual(await about('Java', {}, {}, { java: answering(refused('TimeoutError')) }), [
      'todo Java: java -version does not finish; set JAVA_HOME to another Java'
    ])
  })

  for (const [what, some, line] of [
    [
      'of the default version',
      {},
      'todo jars: those of KCL 3.1.3 are not fetched yet; run `kclts jars fetch`, or leave it to the first start'
    ],
    [
      'of another version',
      { version: '2.5.4' },
      'todo jars: those of KCL 2.5.4 are not fetched yet; run `kclts jars fetch --kcl 2.5.4`, or leave it to the first start'
    ]
  ] as const)
    it(`shows how to fetch the jars ${what}`, async () => {
      deepStrictEqual(await about('jars', some, {}, { jars: answering(E.right(null)) }), [line])
    })

  it('says of a folder of jars how many there are', async () => {
    const here = { jars: answering(E.right({ count: 3, folder: '/opt/jars' })) }
    deepStrictEqual(await about('jars', { classpath: '/opt/jars' }, {}, here), ['pass jars: 3 in /opt/jars'])
  })

  it('asks AWS nothing without its clients', async () => {
    const { lines, asked } = await run({}, {}, { connect: answering(E.left(['install a', 'install b'])) })
    deepStrictEqual(asked, [])
    deepStrictEqual(lines.slice(2), [
      'todo packages: install a',
      'todo packages: install b',
      'untried AWS: the stream and the tables were not tried without them'
    ])
  })
})

describe('the region', () => {
  it('is missing: nothing more is asked', async () => {
    const { lines, asked } = await run({}, { region: E.left(new Error('Region is missing')) })
    deepStrictEqual(asked, ['close'])
    deepStrictEqual(lines.slice(2), [
      'todo region: there is no region; set daemon.region or AWS_REGION',
      'untried AWS: the stream and the tables were not tried without a region'
    ])
  })

  it('is another than that of the stream', async () => {
    const streamArn = 'arn:aws:kinesis:us-east-1:123456789012:stream/orders'
    deepStrictEqual(await about('region', { region: 'eu-west-1', streamArn }), [
      'todo region: eu-west-1, of daemon.region, but daemon.streamArn names a stream in us-east-1; correct one of them'
    ])
  })
})

describe('the credentials', () => {
  const none = answering(refused('CredentialsProviderError', 'Could not load credentials from any providers'))
  const of = (...sources: ReadonlyArray<string>) => answering(E.right({ accessKeyId: 'AKIA1', sources }))
  const EMULATORS = { kinesisEndpoint: 'http://127.0.0.1:4567', dynamoDbEndpoint: 'http://127.0.0.1:8000' }

  it('are missing: nothing more is asked', async () => {
    const { lines, asked } = await run({}, { credentials: none })
    deepStrictEqual(asked, ['credentials', 'close'])
    deepStrictEqual(lines.slice(3), [
      'todo credentials: there are no AWS credentials; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached',
      'untried AWS: the stream and the tables were not tried without credentials that can be used here'
    ])
  })

  for (const [what, some, aws, line] of [
    [
      'of a profile are missing',
      { credentials: 'profile:shop' },
      { credentials: none },
      'todo credentials: the profile shop of daemon.credentials has none; `aws configure list-profiles` lists the profiles'
    ],
    [
      "that only Java finds are nobody's fault",
      { credentials: 'StsAssumeRoleCredentialsProvider|arn|name' },
      { credentials: none },
      'untried credentials: daemon.credentials names Java classes, which cannot be tried here'
    ],
    [
      'that only Java finds have others in their place',
      { credentials: 'StsAssumeRoleCredentialsProvider|arn|name' },
      {},
      'untried credentials: arn:aws:iam::123456789012:user/ann; daemon.credentials names Java classes, which cannot be tried here: these are what the AWS SDK finds by default'
    ],
    [
      'of the tables alone are not tried',
      { properties: { AwsCredentialsProviderDynamoDB: 'DefaultCredentialsProvider' } },
      {},
      'untried credentials: arn:aws:iam::123456789012:user/ann; daemon.properties.AwsCredentialsProviderDynamoDB was not tried'
    ],
    [
      "of an SSO login are no use to the daemon's jars",
      {},
      { credentials: of('CREDENTIALS_PROFILE_SSO', 'CREDENTIALS_SSO') },
      'todo credentials: arn:aws:iam::123456789012:user/ann; from a login (SSO), which the daemon\'s jars do not support; give it the keys: eval "$(aws configure export-credentials --format env)"'
    ],
    [
      "of an SSO login may be of use to one's own jars",
      { classpath: '/opt/jars' },
      { credentials: of('CREDENTIALS_SSO') },
      'pass credentials: arn:aws:iam::123456789012:user/ann'
    ],
    [
      "are not shown to AWS where all endpoints are another's",
      EMULATORS,
      {},
      "pass credentials: access key AKIA1; its owner was not looked up, since the endpoints are not AWS's"
    ],
    [
      'are shown to AWS where an endpoint is its own, in a VPC',
      {
        kinesisEndpoint: 'https://vpce-1.kinesis.eu-west-1.vpce.amazonaws.com',
        dynamoDbEndpoint: 'http://127.0.0.1:8000'
      },
      {},
      'pass credentials: arn:aws:iam::123456789012:user/ann'
    ]
  ] as const)
    it(`${what}`, async () => deepStrictEqual(await about('credentials', some, aws), [line]))

  it('that AWS does not take end the check', async () => {
    const identity = answering(
      refused('ExpiredToken', 'The security token included in the request is expired')
    )
    const { lines } = await run({}, { identity })
    deepStrictEqual(lines.slice(3), [
      'todo credentials: access key AKIA1: the AWS credentials have expired; log in again, or use a role that renews them',
      'untried AWS: the stream and the tables were not tried without credentials that can be used here'
    ])
  })

  it('are good for the rest where STS cannot be reached, as in a VPC without an endpoint of it', async () => {
    const { lines } = await run({}, { identity: answering(refused('TimeoutError', 'no answer')) })
    deepStrictEqual(lines.slice(3), [
      'untried credentials: access key AKIA1; its owner cannot be looked up: AWS cannot be reached in time; check the network: security groups, the proxy, a VPC endpoint',
      ...ALL.slice(4)
    ])
  })
})

describe('the stream', () => {
  const is = (status: string) => answering(E.right({ arn: ARN, status, openShards: 1, retentionHours: 24 }))

  for (const [what, aws, line] of [
    [
      'is being made',
      { stream: is('CREATING') },
      'todo stream: orders: CREATING, 1 open shard, keeps records for 24 hours; wait until it is ACTIVE'
    ],
    [
      'is being deleted',
      { stream: is('DELETING') },
      'todo stream: orders: DELETING, 1 open shard, keeps records for 24 hours; it is being deleted'
    ],
    [
      'is being resharded, which does no harm',
      { stream: is('UPDATING') },
      'pass stream: orders: UPDATING, 1 open shard, keeps records for 24 hours'
    ],
    [
      'is asked about too often',
      { stream: answering(refused('LimitExceededException', 'Rate exceeded')) },
      'untried stream: orders: AWS was asked too often; try again in a minute'
    ]
  ] as const)
    it(`${what}`, async () => deepStrictEqual(await about('stream', {}, aws), [line]))

  it('is not there: its records are not asked for, its tables are', async () => {
    const { lines, asked } = await run({}, { stream: answering(missing) })
    deepStrictEqual(lines.slice(4), [
      'todo stream: there is no stream orders in eu-west-1 of account 123456789012; check daemon.streamName and daemon.region',
      ...ALL.slice(6)
    ])
    deepStrictEqual(asked.slice(0, 4), ['credentials', 'identity', 'stream', 'table shop'])
  })

  it('cannot be reached: its records are not asked for', async () => {
    const { lines } = await run(
      { kinesisEndpoint: 'http://127.0.0.1:4567' },
      { stream: answering(E.left(failing('Error', 'connect ECONNREFUSED 127.0.0.1:4567'))) }
    )
    deepStrictEqual(lines.slice(4), [
      'todo stream: nothing listens at 127.0.0.1:4567; check daemon.kinesisEndpoint and the network',
      ...ALL.slice(6)
    ])
  })

  it('may not be looked at: each permission that is missing is named, with its resource', async () => {
    const { lines, denied: all } = await run(
      {},
      { stream: answering(denied), shard: answering(denied), iterator: answering(missing) }
    )
    deepStrictEqual(lines.slice(4, 6), [
      `todo stream: may not call kinesis:DescribeStreamSummary on ${ARN}; AWS says: because no identity-based policy allows it; allow it in the IAM policy`,
      `todo reading: GetRecords was not tried without an iterator; may not call kinesis:ListShards on ${ARN}; AWS says: because no identity-based policy allows it; allow it in the IAM policy`
    ])
    deepStrictEqual(all, [`kinesis:DescribeStreamSummary ${ARN}`, `kinesis:ListShards ${ARN}`])
  })

  it('is encrypted by a key that may not be used: that is what is missing', async () => {
    const records = answering(
      refused(
        'KMSAccessDeniedException',
        'User: arn:aws:iam::123456789012:user/ann is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:123456789012:key/1 because no identity-based policy allows the kms:Decrypt action'
      )
    )
    const { denied: all } = await run({}, { records })
    deepStrictEqual(all, ['kms:Decrypt arn:aws:kms:eu-west-1:123456789012:key/1'])
  })

  it('that others read as fast as it gives may be read', async () => {
    const records = answering(refused('ProvisionedThroughputExceededException', 'Rate exceeded'))
    deepStrictEqual(await about('reading', {}, { records }), [ALL[5]])
  })

  it('that no policy can open is for those who denied it', async () => {
    const records = answering(
      refused(
        'AccessDeniedException',
        `User: x is not authorized to perform: kinesis:GetRecords on resource: ${ARN} with an explicit deny in a service control policy`
      )
    )
    deepStrictEqual(await about('reading', {}, { records }), [
      `todo reading: may not call kinesis:GetRecords on ${ARN}; AWS says: with an explicit deny in a service control policy; ask the owner of that policy`
    ])
  })
})

describe('the consumer', () => {
  const SUBSCRIBING = `kinesis:SubscribeToShard was not tried, since it would take a shard away from a worker (on ${ARN}/consumer/shop:*)`
  const consumerArn = `${ARN}/consumer/shop:1700000000`

  for (const [what, some, answer, line] of [
    ['is there', {}, E.right('ACTIVE'), `untried consumer: shop: ACTIVE; ${SUBSCRIBING}`],
    ['is being deleted', {}, E.right('DELETING'), 'todo consumer: shop: DELETING; start once it is gone'],
    [
      'is not registered yet',
      {},
      missing,
      `untried consumer: shop is not registered yet; the first start registers it, which needs kinesis:RegisterStreamConsumer on ${ARN} (not tried, since it would register it); ${SUBSCRIBING}`
    ],
    [
      'is named by an ARN that nobody has',
      { consumerArn },
      missing,
      `todo consumer: there is no consumer ${consumerArn}; check daemon.consumerArn`
    ],
    [
      'may not be looked at',
      { consumerName: 'other' },
      denied,
      `todo consumer: may not call kinesis:DescribeStreamConsumer on ${ARN}/consumer/other:*; AWS says: because no identity-based policy allows it; allow it in the IAM policy`
    ]
  ] as const)
    it(`${what}`, async () =>
      deepStrictEqual(
        await about('consumer', { ...some, retrieval: 'fan-out' }, { consumer: answering(answer) }),
        [line]
      ))
})

describe('the tables', () => {
  const NOW = 'was not tried, since it would make it now'

  it('are not there yet: what may be done with them is known all the same', async () => {
    const { lines, asked } = await run({}, { table: answering(missing), rows: answering(missing) })
    deepStrictEqual(lines.slice(6, 9), [
      `untried lease table: shop: not there yet; the first start makes it; dynamodb:CreateTable (and UpdateTable, for its index) ${NOW}; ${WROTE}, Query`,
      `untried worker table: shop-WorkerMetricStats: not there yet; the first start makes it; dynamodb:CreateTable ${NOW}; ${WROTE}`,
      `untried leader table: shop-CoordinatorState: not there yet; the first start makes it; dynamodb:CreateTable ${NOW}; ${WROTE}`
    ])
    deepStrictEqual(asked.includes('rows PutItem shop leaseKey'), true)
  })

  it('may not be written: each permission that is missing is named, with its resource', async () => {
    const { lines, denied: all } = await run(
      { version: '2.5.4' },
      { rows: (action) => Promise.resolve(action === 'Scan' ? E.right(undefined) : denied) }
    )
    const resource = 'arn:aws:dynamodb:eu-west-1:123456789012:table/shop'
    deepStrictEqual(
      lines[6],
      `todo lease table: shop: ACTIVE; may not call dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem, dynamodb:DeleteItem on ${resource}; AWS says: because no identity-based policy allows it; allow it in the IAM policy`
    )
    deepStrictEqual(all, [
      `dynamodb:GetItem ${resource}`,
      `dynamodb:PutItem ${resource}`,
      `dynamodb:UpdateItem ${resource}`,
      `dynamodb:DeleteItem ${resource}`
    ])
  })

  it('may not be looked at: what may be done with their rows is known all the same', async () => {
    const { lines, asked } = await run({}, { table: answering(denied) })
    deepStrictEqual(
      lines[6],
      'todo lease table: shop; may not call dynamodb:DescribeTable on arn:aws:dynamodb:eu-west-1:123456789012:table/shop; AWS says: because no identity-based policy allows it; allow it in the IAM policy'
    )
    deepStrictEqual(
      asked
        .filter((question) => question.endsWith(' shop leaseKey'))
        .map((question) => question.split(' ')[1]),
      ['Scan', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem']
    )
  })

  it('may not be asked by their index, which is a resource of its own', async () => {
    const { denied: all } = await run(
      {},
      { rows: (action) => Promise.resolve(action === 'Query' ? denied : never) }
    )
    deepStrictEqual(all, [
      'dynamodb:Query arn:aws:dynamodb:eu-west-1:123456789012:table/shop/index/LeaseOwnerToLeaseKeyIndex'
    ])
  })

  for (const [what, answer, line] of [
    [
      "are another program's",
      E.right(table({ key: 'id' })),
      'todo lease table: shop is a table of something else: its key is id, not by leaseKey; choose another daemon.tableName or daemon.applicationName'
    ],
    [
      'are being deleted',
      E.right(table({ status: 'DELETING' })),
      'todo lease table: shop: DELETING; start once it is gone'
    ],
    [
      'were made by KCL 2, which had no index',
      E.right(table({ indexes: [] })),
      `untried lease table: shop: ACTIVE, has no index LeaseOwnerToLeaseKeyIndex yet; the first start makes it; dynamodb:UpdateTable ${NOW}; ${WROTE}`
    ]
  ] as const)
    it(`${what}`, async () =>
      deepStrictEqual(await about('lease table', {}, { table: answering(answer) }), [line]))

  it('cannot be reached: one line is enough', async () => {
    const { lines } = await run({}, { table: answering(E.left(failing('TimeoutError', 'no answer'))) })
    deepStrictEqual(lines.slice(6), [
      'todo lease table: shop; AWS cannot be reached in time; check the network: security groups, the proxy, a VPC endpoint',
      ALL[9]
    ])
  })
})

describe('metrics', () => {
  it('are not tried, which would write one', async () => {
    deepStrictEqual(await about('metrics', { metrics: 'summary' }), [
      'untried metrics: cloudwatch:PutMetricData on * was not tried, since it would write a metric; without it the daemon works, and its metrics are lost'
    ])
  })
})
