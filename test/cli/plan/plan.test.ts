import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, before, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { plan, type Options } from '../../../src/cli/plan/plan'
import * as Input from '../../../src/core/Input'
import * as Price from '../../../src/lab/plan/Price'
import * as Sweep from '../../../src/lab/plan/Sweep'
import * as Action from '../../../src/protocol/Action'
import * as KinesisRecord from '../../../src/protocol/KinesisRecord'
import { play, type Move } from '../../lab/Recordings'

const BATCHES = 600

const record = (number: number): KinesisRecord.KinesisRecord =>
  KinesisRecord.make({
    shardId: 'shardId-000000000000',
    sequenceNumber: String(100_000 + number),
    subSequenceNumber: 0,
    partitionKey: 'key',
    approximateArrivalTimestamp: null,
    base64: Buffer.alloc(60).toString('base64')
  })

/** Ten minutes, a batch each second. */
const moves = (records: number): ReadonlyArray<Move> => [
  ...Array.from({ length: BATCHES }, (_, i) => ({
    now: 2_000 + i * 1_000,
    records: Array.from({ length: records }, (_, at) => record(i * records + at))
  })),
  { input: Input.received(Action.shutdownRequested, 601_500, 0.5) },
  { input: Input.received(Action.leaseLost, 601_510, 0.5) },
  { input: Input.closed }
]

let folder = ''

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-plan-'))
  fs.mkdirSync(path.join(folder, 'recording'))
  for (const [shard, records] of [
    ['shardId-000000000000', 20],
    ['shardId-000000000001', 0]
  ] as const)
    play(path.join(folder, 'recording'), { header: { shard }, moves: moves(records) })
  fs.writeFileSync(path.join(folder, 'proposed.yaml'), 'checkpoint:\n  count: 100\n')
})

after(() => fs.rmSync(folder, { recursive: true, force: true }))

interface Shown {
  readonly code: number
  readonly out: string
  readonly err: string
}

const shown = async (options: Partial<Options> = {}): Promise<Shown> => {
  const out: Array<string> = []
  const err: Array<string> = []
  const code = await plan(
    {
      recording: 'recording',
      policies: [],
      sweep: [],
      rate: Price.ON_DEMAND,
      most: null,
      json: false,
      page: null,
      ...options
    },
    {
      cwd: folder,
      env: { KCLTS_CHECKPOINT_COUNT: '7' },
      print: (text) => void out.push(text),
      tell: (text) => void err.push(text),
      screen: null,
      signal: new AbortController().signal
    }
  )
  return { code, out: out.join(''), err: err.join('') }
}

const swept = (text: string): Options['sweep'] => {
  const parsed = Sweep.parse(text)
  if (E.isLeft(parsed)) throw new Error(parsed.left)
  return parsed.right
}

describe('kclts plan', () => {
  it('shows the policy in force, and another one beside it', async () =>
    assert.deepEqual(await shown({ policies: ['proposed.yaml'], most: 500 }), {
      code: 0,
      err: '',
      out: `recording: 2 shards (1 idle), 12,000 records, 2023-11-14T22:13:20Z to 2023-11-14T22:23:20Z (10m1s)
The recording is complete.

In force: checkpoint.interval 1m, checkpoint.count 0
These figures are exact: the sessions were run again, and replied as they did when they were recorded.

Checkpoints: 11 sent, 0 replaced by a newer one and not sent, 0 failed; 11 writes to the lease table
A month at this rate: about 48,139 writes, 0.030 USD (at 0.625 USD a million)
A crash at a random moment repeats:
  records            median 599    p99 1,199  worst 1,219
  bytes of data      median 36 kB  p99 72 kB  worst 73 kB
  age of the oldest  median 30s    p99 59s    worst 1m
A stop took 0ms (median of 2), 0ms at worst, from the daemon's request until kclts answered it

shard                 sessions  records  sent  replaced  writes  again: median  p99    worst  bytes  age  stop
shardId-000000000000  1         12,000   11    0         11      599            1,199  1,219  73 kB  1m   0ms
shardId-000000000001  1         idle     0     0         0       0              0      0      0 B    0ms  0ms

   policy         writes a month  USD a month  again: mean  median  p99    worst  bytes   age   stop
+  now            48,139          0.030        607          599     1,199  1,219  73 kB   1m    0ms
+  proposed.yaml  525,154         0.33         40           40      80     100    6.0 kB  4.0s  0ms
A + marks a policy that no other one beats: every policy with fewer writes repeats more records, and every policy that repeats fewer records has more writes

proposed.yaml: checkpoint.count 0 -> 100: about 11 times the writes (+ 0.30 USD a month); a crash brings 93 % fewer records again

Figures of other policies are estimates ("about"): their checkpoints were never sent. kclts assumes that each of them is answered like the last recorded checkpoint before it, and that records arrive when they did in the recording.

Suggested for at most 500 records again: proposed.yaml, with the fewest writes of those that keep to it (about 100 records at worst)
`
    }))

  it('suggests a policy of a sweep, or the nearest one', async () => {
    const sweep = swept('interval=30s|2m,count=100|500')
    const last = async (most: number): Promise<string | undefined> =>
      (await shown({ sweep, most })).out.trimEnd().split('\n').at(-1)
    assert.deepEqual(
      [await last(500), await last(3)],
      [
        'Suggested for at most 500 records again: interval=30s,count=500, with the fewest writes of those that keep to it (about 500 records at worst)',
        'No policy keeps to 3 records at worst. Nearest is interval=30s,count=100, with about 100 records'
      ]
    )
  })

  it('prints one line of JSON with everything', async () => {
    const { out } = await shown({ policies: ['proposed.yaml'], json: true })
    const found = JSON.parse(out) as Record<string, unknown>
    assert.deepEqual(Object.keys(found), [
      'recording',
      'isComplete',
      'missing',
      'isExact',
      'inexact',
      'from',
      'to',
      'elapsedMs',
      'records',
      'idleShards',
      'inForce',
      'usdPerMillionWrites',
      'policies',
      'shards',
      'suggestion'
    ])
    assert.deepEqual([found['isComplete'], found['isExact'], found['records']], [true, true, 12_000])
  })

  it('writes a page that needs no other resource, and takes nothing in it as markup', async () => {
    fs.writeFileSync(path.join(folder, '<b>.yaml'), 'checkpoint:\n  count: 100\n')
    await shown({ policies: ['<b>.yaml'], page: 'plan.html' })
    const page = fs.readFileSync(path.join(folder, 'plan.html'), 'utf8')
    assert.doesNotMatch(page, /src=|href=|url\(|@import|<script/)
    assert.doesNotMatch(page, /<b>\.yaml/)
    assert.match(page, /&lt;b&gt;\.yaml/)
  })

  it('says what cannot be read', async () => {
    fs.writeFileSync(path.join(folder, 'wrong.yaml'), 'checkpoint:\n  cuont: 100\n')
    assert.deepEqual(await shown({ policies: ['wrong.yaml'] }), {
      code: 2,
      out: '',
      err: 'kclts plan: wrong.yaml:2:3: checkpoint.cuont: unknown key; did you mean checkpoint.count?\n'
    })
    const missing = await shown({ recording: 'nowhere' })
    assert.match(missing.err, /^kclts plan: .*nowhere cannot be read: ENOENT/)
    assert.deepEqual(await shown({ most: 1 }), {
      code: 2,
      out: '',
      err: 'kclts plan: --replay-at-most chooses from the policies of --policy and --sweep; name some\n'
    })
  })
})
