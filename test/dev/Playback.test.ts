/** A recording as a local stream. */
import * as assert from 'node:assert/strict'
import * as E from 'fp-ts/Either'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import * as Input from '../../src/core/Input'
import * as Playback from '../../src/dev/Playback'
import type { Fetched } from '../../src/dev/Stream'
import type * as Recording from '../../src/lab/Recording'
import * as Action from '../../src/protocol/Action'
import * as KinesisRecord from '../../src/protocol/KinesisRecord'
import * as Position from '../../src/protocol/Position'
import * as VirtualClock from '../../src/testing/VirtualClock'
import { HEADER, played, write } from '../lab/Recordings'
import * as Rig from './Rig'

let folder = ''
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-playback-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const SHARD = HEADER.shard

const record = (number: number): KinesisRecord.KinesisRecord =>
  KinesisRecord.make({
    shardId: SHARD,
    sequenceNumber: String(number),
    subSequenceNumber: 0,
    partitionKey: `key-${number}`,
    approximateArrivalTimestamp: null,
    base64: Buffer.from(`data ${number}`).toString('base64')
  })

const range = (first: number, last: number): ReadonlyArray<number> =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)

/** A session that got these batches. */
const session = (
  batches: ReadonlyArray<ReadonlyArray<number>>,
  end: ReadonlyArray<Input.Input> = [Input.received(Action.leaseLost, 9_000, 0.5), Input.closed],
  header: Partial<Recording.Header> = {}
): string => {
  const moves = [
    ...batches.map((numbers, i) => ({ now: 1_100 + i, records: numbers.map(record) })),
    ...end.map((input) => ({ input }))
  ]
  return write(folder, header, played({ moves }))
}

const opened = (): Playback.Playback => {
  const playback = Playback.open(folder)
  if (E.isLeft(playback)) throw new Error(playback.left)
  return playback.right
}

const refusal = (): string => {
  const playback = Playback.open(folder)
  return E.isLeft(playback) ? playback.left : 'nothing'
}

/** The batches of a shard: the numbers of their records, and their lines. */
const batchesOf = ({ shards, stream }: Playback.Playback): ReadonlyArray<unknown> => {
  const [shard] = shards
  const batches: Array<unknown> = []
  let fetched: Fetched | null = null
  while (shard !== undefined && fetched?.isEnd !== true) {
    fetched = stream.fetch(shard, fetched?.line ?? 0, Infinity)
    if (!fetched.isEnd) batches.push([fetched.records.map((one) => one.sequenceNumber), fetched.lines])
  }
  return [...batches, fetched?.isShardEnd === true ? 'the shard ends' : 'the recording ends']
}

describe('a recording is played', () => {
  it('with the recorded batches, and without the records that a later session got again', () => {
    session([[10, 20], [], [35]])
    session([[20, 35, 36], [40]], undefined, { life: '20261130T030000000Z-1' })
    const playback = opened()
    assert.deepEqual(batchesOf(playback), [
      [
        ['10', '20'],
        [1, 2]
      ],
      [['35'], [3]],
      [['36'], [4]],
      [['40'], [5]],
      'the recording ends'
    ])
    assert.deepEqual([playback.notices, playback.missing(), playback.problem()], [[], [], null])
  })

  it('up to the end of a shard that ended', () => {
    session([[1], [2]], [Input.received(Action.shardEnded, 9_000, 0.5), Input.closed])
    assert.deepEqual(batchesOf(opened()).at(-1), 'the shard ends')
  })

  it('from each place once more, also long after it was read', () => {
    const all = range(1, 40)
    session(all.map((number) => [number * 10, number * 10 + 1]))
    const playback = opened()
    const { stream } = playback
    const [shard] = playback.shards
    if (shard === undefined) throw new Error('no shard')
    batchesOf(playback)
    const numbersAt = (after: number): ReadonlyArray<string> =>
      stream.fetch(shard, after, Infinity).records.map((one) => one.sequenceNumber)
    assert.deepEqual([79, 3, 4, 80, 0].map(numbersAt), [['401'], ['21'], ['30', '31'], [], ['10', '11']])
    const lineOf = (number: number): number => stream.lineOf(SHARD, Position.make(String(number), 0))
    assert.deepEqual([9, 10, 11, 15, 401, 999, 20].map(lineOf), [0, 1, 2, 2, 80, 80, 3])
    assert.equal(stream.count(shard, 3, 80), 77)
  })

  it('to a worker that loses its leases, and consumes each record', () => {
    const numbers = range(1, 60)
    session(numbers.map((number) => [number * 2, number * 2 + 1]))
    const playback = opened()
    const clock = VirtualClock.make()
    const seen = new Set<string>()
    const rig = Rig.start({
      playback,
      source: Rig.source([]),
      clock,
      table: new Map(),
      handler: (one) => {
        seen.add(`${one.sequenceNumber} ${one.data.toString()}`)
        return false
      },
      env: { policy: { interval: 60_000, count: 7, manual: true } },
      odds: { throttle: 0.2, loseLease: 0.3 },
      batch: Infinity
    })
    Rig.run(clock)
    const { consumed, leasesLost } = rig.worker.tally(SHARD)
    assert.deepEqual(
      [rig.outcome(), consumed, leasesLost > 0, [...seen]],
      [{ _tag: 'Done', isAll: true }, 120, true, range(2, 121).map((number) => `${number} data ${number}`)]
    )
  })
})

describe('a recording says', () => {
  it('that it was made without data, and what to do', () => {
    session([[1]], undefined, { data: 'none' })
    assert.equal(
      refusal(),
      `${folder} was recorded with data: none, so it has no payloads that a handler could be given; record again with record.data: full, and mask what must not be kept`
    )
  })

  it('that it is of several streams', () => {
    session([[1]])
    session([[1]], undefined, { stream: 'payments', life: 'b' })
    assert.equal(
      refusal(),
      `${folder} is of several streams (orders, payments); copy the files of one of them into a folder, and play that`
    )
  })

  it('what it lacks, and that it was masked and sampled', () => {
    const file = session([[1], [2]], undefined, { masked: true, sampling: 0.1 })
    fs.truncateSync(file, fs.statSync(file).size - 10)
    session([[7]], undefined, { data: 'hash', life: '20261130T030000000Z-1' })
    const playback = opened()
    batchesOf(playback)
    assert.deepEqual(playback.notices, [
      '1 of 2 sessions are left out: they were recorded without data',
      'the recording has a sample of the partition keys: 10 %',
      'the recording was masked: handlers get what the mask left'
    ])
    assert.equal(playback.missing().length, 1)
    assert.match(playback.missing()[0] ?? '', /^shardId-000000000000: \S+ is (damaged|cut)/)
  })
})
