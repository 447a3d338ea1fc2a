/** AWS as `kclts check --aws` sees it, for tests: all is there and allowed, but for what a test says. */
import * as E from 'fp-ts/Either'
import type { Access, Table } from '../../src/aws/Access'
import type { World } from '../../src/aws/Check'

/** What the SDK rejects with. */
export const failing = (name: string, message: string): Error => Object.assign(new Error(message), { name })

export const refused = (name: string, message = ''): E.Either<unknown, never> =>
  E.left(failing(name, message))

export const missing = refused('ResourceNotFoundException', 'Requested resource not found')

export const denied = refused(
  'AccessDeniedException',
  'User: arn:aws:iam::123456789012:user/ann is not authorized to perform this because no identity-based policy allows it'
)

export const never = refused('ConditionalCheckFailedException', 'The conditional request failed')

export const ARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders'

export const table = (some: Partial<Table> = {}): Table => ({
  status: 'ACTIVE',
  key: 'leaseKey',
  indexes: ['LeaseOwnerToLeaseKeyIndex'],
  ...some
})

const KEYS: Readonly<Record<string, Table>> = {
  shop: table(),
  'shop-WorkerMetricStats': table({ key: 'wid', indexes: [] }),
  'shop-CoordinatorState': table({ key: 'key', indexes: [] })
}

const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem']

const found: Access = {
  region: E.right('eu-west-1'),
  credentials: () => Promise.resolve(E.right({ accessKeyId: 'AKIA1', sources: ['CREDENTIALS_ENV_VARS'] })),
  identity: () => Promise.resolve(E.right('arn:aws:iam::123456789012:user/ann')),
  stream: () => Promise.resolve(E.right({ arn: ARN, status: 'ACTIVE', openShards: 2, retentionHours: 24 })),
  shard: () => Promise.resolve(E.right('shardId-000000000007')),
  iterator: () => Promise.resolve(E.right('iterator')),
  records: () => Promise.resolve(E.right(undefined)),
  consumer: () => Promise.resolve(E.right('ACTIVE')),
  table: (name) => {
    const there = KEYS[name]
    return Promise.resolve(there === undefined ? missing : E.right(there))
  },
  rows: (action) => Promise.resolve(WRITES.includes(action) ? never : E.right(undefined)),
  checkpointed: () => Promise.resolve(E.right(false)),
  migration: () => Promise.resolve(E.right(null)),
  close: () => undefined
}

/** And what was asked of it: `stream`, `rows Scan shop leaseKey`. */
export const access = (
  some: Partial<Access> = {}
): { readonly aws: Access; readonly asked: Array<string> } => {
  const all = { ...found, ...some }
  const asked: Array<string> = []
  const noting =
    <Args extends ReadonlyArray<unknown>, A>(name: string, ask: (...args: Args) => A) =>
    (...args: Args): A => {
      asked.push(
        [name, ...args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg)))].join(' ')
      )
      return ask(...args)
    }
  return {
    asked,
    aws: {
      region: all.region,
      credentials: noting('credentials', all.credentials),
      identity: noting('identity', all.identity),
      stream: noting('stream', all.stream),
      shard: noting('shard', all.shard),
      iterator: noting('iterator', all.iterator),
      records: noting('records', all.records),
      consumer: noting('consumer', all.consumer),
      table: noting('table', all.table),
      rows: noting('rows', all.rows),
      checkpointed: noting('checkpointed', all.checkpointed),
      migration: noting('migration', all.migration),
      close: noting('close', all.close)
    }
  }
}

export const world = (aws: Access, some: Partial<World> = {}): World => ({
  java: () => Promise.resolve(E.right(E.right({ command: 'java', version: 17 }))),
  jars: () => Promise.resolve(E.right({ count: 131, folder: '/cache/kcl-3.1.3' })),
  connect: () => Promise.resolve(E.right(aws)),
  ...some
})
