/**
 * The same record processors under Amazon's `aws-kcl` and under `kclts/compat`, in the same conversations: what came of
 * each is written down here, and where Amazon's goes wrong that is written down, too.
 */
import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as ActionCodec from '../../../src/protocol/wire/Action'
import * as Heard from '../../../src/protocol/wire/Heard'
import * as Action from '../../../src/protocol/Action'
import type { KinesisRecord } from '../../../src/protocol/KinesisRecord'
import * as KinesisRecords from '../../../src/protocol/KinesisRecords'
import { aggregated, records } from '../../../src/testing'
import { initialize, project, root, start, status, type Child } from './Child'

const OURS = path.join(root, 'dist/compat/index.js')
const AMAZONS = path.join(root, 'bench/node_modules/aws-kcl')

const all = records(12)
const batch = (first: number, end: number): Action.Action => Action.processRecords(all.slice(first, end), 0)

const done = (name: Action.Name): string => `done ${name}`

/** What the daemon would have stored: `#2` for the third record, `#7.4` for the fifth of the aggregate there. */
const placeOf = (sequenceNumber: string, sub: number, delivered: ReadonlyArray<KinesisRecord>): string => {
  const known = [...new Set(delivered.map((record) => record.sequenceNumber))]
  return `#${known.indexOf(sequenceNumber)}${sub === 0 ? '' : `.${sub}`}`
}

interface Asked {
  readonly sequenceNumber: string | null
  readonly subSequenceNumber: number
}

/** aws-kcl writes fewer fields than we do; the daemon reads both. */
const askedOf = (line: string): Asked | null => {
  const heard = Heard.of(line)
  return heard._tag === 'Checkpoint'
    ? { sequenceNumber: heard.sequenceNumber, subSequenceNumber: heard.subSequenceNumber ?? 0 }
    : null
}

/** The daemon's side of one action, up to its status: answers checkpoints, with these errors first. */
const converse = async (
  child: Child,
  action: Action.Action,
  delivered: ReadonlyArray<KinesisRecord>,
  errors: Array<string | null>
): Promise<ReadonlyArray<string>> => {
  const told: Array<string> = []
  const last = delivered.at(-1)
  for (let line = await child.ask(action); ; line = await child.reply()) {
    const asked = askedOf(line)
    if (asked === null) return [...told, line]
    const { sequenceNumber, subSequenceNumber } = asked
    const error = errors.shift() ?? null
    // Without a number: all that was delivered, or the end of a shard that has ended.
    const place =
      sequenceNumber !== null
        ? placeOf(sequenceNumber, subSequenceNumber, delivered)
        : action._tag === 'ShardEnded' || last === undefined
          ? 'SHARD_END'
          : placeOf(last.sequenceNumber, last.subSequenceNumber, delivered)
    told.push(error === null ? place : `${place} ${error}`)
    child.send(
      `${JSON.stringify({ action: 'checkpoint', sequenceNumber, subSequenceNumber: sequenceNumber === null ? null : subSequenceNumber, error })}\n`
    )
  }
}

interface Scenario {
  readonly name: string
  readonly processor: string
  readonly actions: ReadonlyArray<Action.Action>
  /** What the daemon answers to the checkpoints, in order; null, and whatever comes after: stored. */
  readonly errors?: ReadonlyArray<string | null>
  readonly expected: ReadonlyArray<string>
  /** What aws-kcl does, when it is something else. */
  readonly amazons?: ReadonlyArray<string>
  /** The actions that aws-kcl lives to see, when these are not all. */
  readonly survives?: number
}

const NAMES: Readonly<Record<string, Action.Name>> = {
  Initialize: 'initialize',
  ProcessRecords: 'processRecords',
  LeaseLost: 'leaseLost',
  ShardEnded: 'shardEnded',
  ShutdownRequested: 'shutdownRequested'
}

const play = async (
  kcl: string,
  { processor, actions, errors = [] }: Scenario
): Promise<ReadonlyArray<string>> => {
  const source = path.join(root, 'test/system/process/processors', `${processor}.js`)
  const folder = project({ 'app.js': fs.readFileSync(source, 'utf8') })
  const child = start(folder, { command: [process.execPath, '~/app.js', kcl] })
  const left = [...errors]
  const told: Array<string> = []
  const delivered: Array<KinesisRecord> = []
  for (const action of actions) {
    if (action._tag === 'ProcessRecords') delivered.push(...KinesisRecords.toArray(action.records))
    const came = await converse(child, action, delivered, left)
    const name = NAMES[action._tag] ?? 'shutdown'
    told.push(...came.map((line) => (line === status(name) ? done(name) : line)))
  }
  const { code } = await child.end()
  return [...told, `exit ${code}`]
}

const [START, BATCH, END, LOST, STOP] = [
  done('initialize'),
  done('processRecords'),
  done('shardEnded'),
  done('leaseLost'),
  done('shutdownRequested')
] as const

const scenarios: ReadonlyArray<Scenario> = [
  {
    name: 'of the older kind checkpoints each batch, is stopped, and loses its lease',
    processor: 'older',
    actions: [initialize, batch(0, 3), batch(3, 4), batch(4, 4), Action.shutdownRequested, Action.leaseLost],
    expected: [START, '#2', BATCH, '#3', BATCH, BATCH, '#3', STOP, LOST, 'exit 0']
  },
  {
    name: 'of the older kind ends its shard',
    processor: 'older',
    actions: [initialize, batch(0, 3), Action.shardEnded],
    expected: [START, '#2', BATCH, 'SHARD_END', END, 'exit 0']
  },
  {
    name: 'that keeps records from batch to batch checkpoints what it has written',
    processor: 'archive',
    actions: [initialize, batch(0, 3), batch(3, 11), Action.shutdownRequested, Action.leaseLost],
    expected: [START, BATCH, '#3', '#7', BATCH, STOP, LOST, 'exit 0']
  },
  {
    name: 'that keeps nothing ends its shard without a number',
    processor: 'archive',
    actions: [initialize, batch(0, 4), Action.shardEnded],
    expected: [START, '#3', BATCH, 'SHARD_END', END, 'exit 0']
  },
  {
    name: 'that ends its shard with the number of the last record leaves no shard stuck',
    processor: 'archive',
    actions: [initialize, batch(0, 3), Action.shardEnded],
    expected: [START, BATCH, 'SHARD_END', END, 'exit 0'],
    amazons: [START, BATCH, '#2', END, 'exit 0']
  },
  {
    name: 'checkpoints an aggregated record at its first',
    processor: 'older',
    actions: [
      initialize,
      Action.processRecords(aggregated([{ text: 'a' }, { text: 'b' }, { text: 'c' }]), 0),
      Action.leaseLost
    ],
    expected: [START, '#0', BATCH, LOST, 'exit 0']
  },
  {
    name: 'that asks again after an error is told of the error, and asks again',
    processor: 'stubborn',
    actions: [initialize, batch(0, 3), Action.shardEnded],
    errors: ['IllegalArgumentException'],
    expected: [START, '#0 IllegalArgumentException', '#0', BATCH, 'SHARD_END', END, 'exit 0']
  },
  {
    name: 'that asks again when it is throttled gets its checkpoint, whoever asks',
    processor: 'stubborn',
    actions: [initialize, batch(0, 3), Action.shardEnded],
    errors: ['ThrottlingException'],
    expected: [START, '#0 ThrottlingException', '#0', BATCH, 'SHARD_END', END, 'exit 0']
  },
  {
    name: 'whose lease is gone asks in vain',
    processor: 'stubborn',
    actions: [initialize, batch(0, 3), Action.leaseLost],
    errors: ['ShutdownException', 'ShutdownException'],
    expected: [START, '#0 ShutdownException', BATCH, LOST, 'exit 0'],
    amazons: [START, '#0 ShutdownException', '#0 ShutdownException', BATCH, LOST, 'exit 0']
  },
  {
    name: 'that is throttled at the end of its shard leaves no shard stuck',
    processor: 'older',
    actions: [initialize, batch(0, 3), Action.shardEnded],
    errors: [null, 'ThrottlingException'],
    expected: [START, '#2', BATCH, 'SHARD_END ThrottlingException', 'SHARD_END', END, 'exit 0'],
    amazons: [START, '#2', BATCH, 'SHARD_END ThrottlingException', END, 'exit 0']
  },
  {
    name: 'that gives no callback lives on',
    processor: 'careless',
    actions: [initialize, batch(0, 3), batch(3, 5), Action.shardEnded],
    expected: [START, '#2', BATCH, '#4', BATCH, 'SHARD_END', END, 'exit 0'],
    amazons: [START, '#2', BATCH, 'exit 1'],
    survives: 2
  },
  {
    name: 'that gives no callback, is throttled and comes to the end of its shard, ends it',
    processor: 'careless',
    actions: [initialize, batch(0, 3), Action.shardEnded],
    errors: ['ThrottlingException'],
    expected: [START, '#2 ThrottlingException', BATCH, 'SHARD_END', END, 'exit 0'],
    amazons: [START, '#2 ThrottlingException', BATCH, 'exit 1'],
    survives: 2
  },
  {
    name: 'that prints a reply is not taken at its word',
    processor: 'chatty',
    actions: [initialize, batch(0, 3), Action.shardEnded],
    expected: [START, BATCH, 'SHARD_END', END, 'exit 0'],
    amazons: [START, BATCH, status('processRecords'), 'exit 0']
  }
]

const isThere = fs.existsSync(AMAZONS)
const absent = 'aws-kcl is not installed: npm ci --prefix bench'

for (const scenario of scenarios)
  describe(`a record processor ${scenario.name}`, () => {
    it('with kclts/compat', async () => assert.deepEqual(await play(OURS, scenario), scenario.expected))

    it(
      scenario.amazons === undefined ? 'with aws-kcl' : 'with aws-kcl, which does not',
      { skip: isThere ? false : absent },
      async () => {
        const actions = scenario.actions.slice(0, scenario.survives)
        assert.deepEqual(await play(AMAZONS, { ...scenario, actions }), scenario.amazons ?? scenario.expected)
      }
    )
  })

it('a record processor that ends the process ends it with 1 and a message, whatever code it gives', async () => {
  const folder = project({
    'app.js': `require(process.argv[2])({
      initialize: (input, done) => done(),
      processRecords: () => process.exit(0),
      shutdown: (input, done) => done()
    }).run()`
  })
  const child = start(folder, { command: [process.execPath, '~/app.js', OURS] })
  assert.equal(await child.ask(initialize), status('initialize'))
  child.send(`${ActionCodec.encode(batch(0, 1))}\n`)
  const { code, stdout, stderr } = await child.left()
  assert.deepEqual([code, stdout], [1, `\n${status('initialize')}\n`])
  assert.match(stderr, /user code ended the process; the work in progress is not acknowledged/)
})
