/** The daemon's side of the conversation, line by line: `>` from the daemon, `<` from the child. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import type { Stored } from '../../src/protocol/Lease'
import type { ChildListener, Open } from '../../src/dev/ChildHandle'
import * as SequenceNumber from '../../src/dev/SequenceNumber'
import * as Rig from './Rig'
import * as VirtualClock from '../../src/testing/VirtualClock'

/** What a child says to a line of the daemon. `EXIT`: it leaves. */
type Script = (line: string) => ReadonlyArray<string>

const status = (name: string): string => `{"action":"status","responseFor":"${name}"}`

const checkpoint = (line: number | null, sub: number | null = 0): string =>
  `{"action":"checkpoint","sequenceNumber":${line === null ? 'null' : `"${SequenceNumber.ofLine(line)}"`},"subSequenceNumber":${sub}}`

const actionOf = (line: string): string => /^{"action":"(\w+)"/.exec(line)?.[1] ?? ''

/** A child that answers every action by its status. */
const obliging: Script = (line) => (actionOf(line) === 'checkpoint' ? [] : [status(actionOf(line))])

/** Sequence numbers as the numbers of their lines, so that a conversation can be read. */
const readable = (line: string): string =>
  line
    .replace(/"data":"[^"]*"/g, '"data":..')
    .replace(/"(\d{56})"/g, (_, digits: string) => `#${SequenceNumber.lineOf(digits)}`)

const children =
  (script: Script, said: Array<string>, code: number): (() => Open) =>
  () =>
  (_shardId: string, listener: ChildListener) => {
    return {
      send: (line) => {
        said.push(`> ${readable(line)}`)
        for (const reply of script(line)) {
          if (reply === 'EXIT') listener.closed(code)
          else {
            said.push(`< ${readable(reply)}`)
            listener.hear(reply)
          }
        }
      },
      close: () => {
        said.push('> EOF')
        listener.closed(0)
      },
      drain: () => undefined,
      kill: () => said.push('> SIGKILL'),
      crashed: () => undefined,
      session: () => null
    }
  }

interface Given {
  readonly lines?: number
  readonly code?: number
  readonly more?: Partial<Rig.Given>
}

const play = (
  script: Script,
  { lines = 1, code = 0, more = {} }: Given = {}
): {
  readonly said: ReadonlyArray<string>
  readonly rig: Rig.Rig
  readonly table: Map<string, Stored>
  readonly logs: ReadonlyArray<string>
} => {
  const said: Array<string> = []
  const logs: Array<string> = []
  const clock = VirtualClock.make()
  const table = new Map<string, Stored>()
  const rig = Rig.start({
    source: Rig.source(Array.from({ length: lines }, (_, i) => `{"partitionKey":"k","data":${i + 1}}`)),
    handler: () => false,
    clock,
    table,
    children: children(script, said, code),
    onLog: (message) => logs.push(message),
    ...more
  })
  Rig.run(clock)
  return { said, rig, table, logs }
}

const record = (line: number): string =>
  `{"data":..,"partitionKey":"k","sequenceNumber":#${line},"approximateArrivalTimestamp":0,"subSequenceNumber":0,"action":"record"}`
const batch = (...lines: ReadonlyArray<number>): string =>
  `> {"action":"processRecords","records":[${lines.map(record).join(',')}],"millisBehindLatest":0}`
const INITIALIZE =
  '> {"action":"initialize","shardId":"shardId-000000000000","sequenceNumber":"TRIM_HORIZON","subSequenceNumber":0}'
const INITIALIZED = `< ${status('initialize')}`
const PROCESSED = `< ${status('processRecords')}`
const STOP = [
  '> {"action":"shutdownRequested"}',
  `< ${status('shutdownRequested')}`,
  '> {"action":"leaseLost"}',
  `< ${status('leaseLost')}`,
  '> EOF'
]
const answer = (line: number | null, error: string | null, sub: number | null = 0): string =>
  `> {"action":"checkpoint","sequenceNumber":${line === null ? null : `#${line}`},"subSequenceNumber":${sub},"error":${JSON.stringify(error)}}`

/** Says more before the status of one action. */
const before =
  (name: string, ...replies: ReadonlyArray<string>): Script =>
  (line) =>
    actionOf(line) === name ? [...replies, status(name)] : obliging(line)

describe('the daemon', () => {
  it('says one action at a time, and stops gracefully at the end of the input', () => {
    const { said, rig } = play(obliging, { lines: 3, more: { batch: 2 } })
    assert.deepEqual(said, [INITIALIZE, INITIALIZED, batch(1, 2), PROCESSED, batch(3), PROCESSED, ...STOP])
    assert.deepEqual(rig.outcome(), { _tag: 'Done', isAll: true })
  })

  it('answers a checkpoint before it reads the next line', () => {
    const { said, table } = play(before('processRecords', checkpoint(1)))
    assert.deepEqual(said, [
      INITIALIZE,
      INITIALIZED,
      batch(1),
      `< ${readable(checkpoint(1))}`,
      PROCESSED,
      answer(1, null),
      ...STOP
    ])
    assert.deepEqual(
      [...table],
      [['shardId-000000000000', { sequenceNumber: SequenceNumber.ofLine(1), subSequenceNumber: 0 }]]
    )
  })

  it('reads nothing between actions: a late checkpoint is read inside the next action', () => {
    const { said } = play(
      (line) =>
        actionOf(line) === 'processRecords' ? [status('processRecords'), checkpoint(1)] : obliging(line),
      { lines: 2, more: { batch: 1 } }
    )
    assert.deepEqual(said.slice(2, 9), [
      batch(1),
      PROCESSED,
      `< ${readable(checkpoint(1))}`,
      batch(2),
      PROCESSED,
      `< ${readable(checkpoint(1))}`,
      answer(1, null)
    ])
  })

  const refusals: ReadonlyArray<readonly [string, string, string, string]> = [
    ['past the last delivered record', 'processRecords', checkpoint(2), 'IllegalArgumentException'],
    [
      'that is no number',
      'processRecords',
      '{"action":"checkpoint","sequenceNumber":"newest","subSequenceNumber":0}',
      'IllegalArgumentException'
    ],
    ['with a negative sub-sequence number', 'processRecords', checkpoint(1, -1), 'IllegalArgumentException'],
    ['in initialize', 'initialize', checkpoint(null, null), 'InvalidStateException'],
    ['in leaseLost', 'leaseLost', checkpoint(null, null), 'InvalidStateException']
  ]
  for (const [what, during, request, error] of refusals)
    it(`refuses a checkpoint ${what} with ${error}, and goes on`, () => {
      const { said, rig, table } = play(before(during, request))
      assert.equal(said.filter((line) => line.includes(`"error":"${error}"`)).length, 1)
      assert.deepEqual(rig.outcome(), { _tag: 'Done', isAll: true })
      assert.deepEqual([...table], [])
    })

  it('skips a line with a key that the daemon does not know, and waits for the right one', () => {
    const { rig, logs } = play(
      before('processRecords', '{"action":"status","responseFor":"processRecords","extra":1}', 'hello')
    )
    assert.deepEqual(logs, [
      'skipping unexpected line from the child',
      'skipping unexpected line from the child'
    ])
    assert.deepEqual(rig.outcome(), { _tag: 'Done', isAll: true })
  })

  it('ends the whole worker at a status for another action', () => {
    const { said, rig } = play(before('processRecords', status('initialize')))
    assert.equal(said.at(-1), '> SIGKILL')
    assert.deepEqual(rig.outcome(), {
      _tag: 'Failed',
      code: 3,
      problem: 'shardId-000000000000: the child answered processRecords with a status for initialize'
    })
  })

  it('does not survive a printed null', () => {
    const { rig } = play(before('processRecords', 'null'))
    assert.deepEqual(rig.outcome(), {
      _tag: 'Failed',
      code: 3,
      problem: "shardId-000000000000: the child printed null, which ends Amazon's daemon"
    })
  })

  it('ends when a child leaves in the middle of an action', () => {
    const { rig } = play((line) => (actionOf(line) === 'processRecords' ? ['EXIT'] : obliging(line)), {
      code: 3
    })
    assert.deepEqual(rig.outcome(), {
      _tag: 'Failed',
      code: 3,
      problem: 'shardId-000000000000: the child left in the middle of processRecords with code 3'
    })
  })

  it('distinguishes a halt from a broken conversation', () => {
    const { rig } = play((line) => (actionOf(line) === 'processRecords' ? ['EXIT'] : obliging(line)), {
      code: 1
    })
    assert.deepEqual(rig.outcome(), {
      _tag: 'Failed',
      code: 1,
      problem: 'shardId-000000000000: the child halted; its log says why'
    })
  })

  it('answers what DynamoDB would when the state cannot be written, and keeps the old position', () => {
    const { said, logs } = play(before('processRecords', checkpoint(1)), {
      more: { store: () => E.left('the disk is full') }
    })
    assert.equal(said.includes(answer(1, 'KinesisClientLibDependencyException')), true)
    assert.deepEqual(logs, ['the disk is full'])
  })

  it('gives an idle shard an empty batch each second', () => {
    const clock = VirtualClock.make()
    const { said } = play(obliging, {
      more: {
        clock,
        source: Rig.source(['{"partitionKey":"k","data":1}'], () => clock.now() >= 2500)
      }
    })
    Rig.run(clock)
    assert.deepEqual(said.slice(2, -STOP.length), [
      batch(1),
      PROCESSED,
      batch(),
      PROCESSED,
      batch(),
      PROCESSED
    ])
  })
})

describe('a split', () => {
  const split: Partial<Rig.Given> = { splitAfter: 1 }

  it('ends the parent, and begins the children once SHARD_END is stored', () => {
    const { said, rig, table } = play(before('shardEnded', checkpoint(null, null)), { lines: 2, more: split })
    assert.deepEqual(said.slice(0, 8), [
      INITIALIZE,
      INITIALIZED,
      batch(1),
      PROCESSED,
      '> {"action":"shardEnded"}',
      `< ${checkpoint(null, null)}`,
      `< ${status('shardEnded')}`,
      answer(null, null, null)
    ])
    const begun = said.flatMap(
      (line) => /^> .*"initialize","shardId":"shardId-0{11}(\d)"/.exec(line)?.[1] ?? []
    )
    assert.deepEqual(begun, ['0', '1', '2'])
    assert.deepEqual([...table], [['shardId-000000000000', 'SHARD_END']])
    assert.deepEqual(rig.outcome(), { _tag: 'Done', isAll: true })
  })

  it('fails when the end was not checkpointed', () => {
    const { rig } = play(obliging, { lines: 2, more: split })
    assert.deepEqual(rig.outcome(), {
      _tag: 'Failed',
      code: 3,
      problem: "shardId-000000000000: the application didn't checkpoint at the end of the shard"
    })
  })

  it('stores no SHARD_END for a number that is the last checkpoint already', () => {
    const { rig } = play(
      (line) =>
        actionOf(line) === 'processRecords' || actionOf(line) === 'shardEnded'
          ? [checkpoint(1), status(actionOf(line))]
          : obliging(line),
      { lines: 2, more: split }
    )
    assert.equal(rig.outcome()?._tag, 'Failed')
  })
})

describe('trouble', () => {
  it('throttles checkpoints', () => {
    const { said, table } = play(before('processRecords', checkpoint(1)), {
      more: { odds: { throttle: 1, loseLease: 0 } }
    })
    assert.equal(said.includes(answer(1, 'ThrottlingException')), true)
    assert.deepEqual([...table], [])
  })

  const lost = (seed: number): ReturnType<typeof play> =>
    play(before('processRecords', checkpoint(1)), { more: { odds: { throttle: 0, loseLease: 1 }, seed } })

  it('takes the lease during a batch: ShutdownException, leaseLost, and the shard comes back where it was', () => {
    const { said, table } =
      [1, 2, 3, 4, 5].map(lost).find(({ said }) => said.includes(answer(1, 'ShutdownException'))) ?? lost(1)
    assert.deepEqual(said, [
      INITIALIZE,
      INITIALIZED,
      batch(1),
      `< ${readable(checkpoint(1))}`,
      PROCESSED,
      answer(1, 'ShutdownException'),
      '> {"action":"leaseLost"}',
      `< ${status('leaseLost')}`,
      '> EOF',
      INITIALIZE,
      INITIALIZED,
      batch(1).replace('"millisBehindLatest":0', '"millisBehindLatest":100'),
      `< ${readable(checkpoint(1))}`,
      PROCESSED,
      answer(1, null),
      ...STOP
    ])
    assert.equal(table.size, 1)
  })

  it('takes the lease after a batch: its checkpoint holds', () => {
    const { said } =
      [1, 2, 3, 4, 5].map(lost).find(({ said }) => !said.includes(answer(1, 'ShutdownException'))) ?? lost(1)
    assert.equal(said.includes(answer(1, null)), true)
    assert.equal(said.filter((line) => line === batch(1)).length, 1)
  })

  it('kills children in the middle of what they do, once, and begins again', () => {
    const { said, rig } = play(obliging, { lines: 2, more: { batch: 1, killAfter: 2, isSpawned: true } })
    assert.deepEqual(
      said.slice(0, 9).filter((line) => line.startsWith('>')),
      [INITIALIZE, batch(1), batch(2), '> SIGKILL', INITIALIZE]
    )
    assert.deepEqual([rig.worker.kills(), rig.outcome()], [1, { _tag: 'Done', isAll: true }])
  })
})
