/** The files of records that end their thread, as version 0.1 wrote them and as it reads ours. */
import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as t from 'io-ts'
import * as Position from '../../../src/protocol/Position'
import type * as Quarantine from '../../../src/host/Quarantine'
import * as QuarantineFile from '../../../src/host/QuarantineFile'
import { project } from '../process/Child'

const SHARD = 'shardId-000000000000'
const FOUND = 1790000000000

const at = (number: number): Position.Position => Position.make(String(number), 0)

/** `{"hung":[...]}`, a record and a range of them, written by commit 426a8b2. */
const OLD = path.resolve('test/system/upgrades/hung/v0.1.json')

const copied = (): string => {
  const file = path.join(project({}), 'orders.hung.json')
  fs.copyFileSync(OLD, file)
  return file
}

const old = (from: number, to: number, time: number): Quarantine.Entry => ({
  shardId: SHARD,
  from: at(from),
  to: at(to),
  time,
  stream: null,
  part: 'handler',
  how: 'hung'
})

/** The codec of commit 426a8b2. */
const PositionOfOld = t.type({ sequenceNumber: t.string, subSequenceNumber: t.number })
const FileOfOld = t.type({
  hung: t.array(t.type({ shardId: t.string, from: PositionOfOld, to: PositionOfOld, time: t.number }))
})

describe('the records that version 0.1 found', () => {
  it('are given up, and of a range each runs alone', () => {
    assert.deepEqual(QuarantineFile.read(copied(), FOUND), {
      known: { charged: [old(7, 7, FOUND)], suspects: [old(10, 12, FOUND + 1)] },
      problem: null
    })
  })

  it('are forgotten with the checkpoint that covers them', () => {
    const file = copied()
    const time = FOUND + 2
    QuarantineFile.remember(
      file,
      [{ _tag: 'Covered', stream: 'orders', shardId: SHARD, position: at(7), time }],
      time
    )
    assert.deepEqual(QuarantineFile.read(file, time).known, {
      charged: [],
      suspects: [old(10, 12, FOUND + 1)]
    })
  })

  it('are read beside those of a worker of this version on the same machine', () => {
    const file = copied()
    const entry: Quarantine.Entry = { ...old(9, 9, FOUND + 3), stream: 'orders', how: 'exited' }
    QuarantineFile.remember(file, [{ _tag: 'Charged', entry }], FOUND + 3)
    // Version 0.1 replaces the file by what it read of it and one more.
    const { hung } = JSON.parse(fs.readFileSync(file, 'utf8')) as t.TypeOf<typeof FileOfOld>
    const more = { shardId: SHARD, from: at(20), to: at(20), time: FOUND + 4 }
    fs.writeFileSync(file, JSON.stringify({ hung: [...hung, more] }))
    assert.deepEqual(
      QuarantineFile.read(file, FOUND + 4)
        .known.charged.map(({ from }) => from.sequenceNumber)
        .sort(),
      ['20', '7', '9']
    )
  })
})

it('after a return to version 0.1 the records that this version gave up are not run', () => {
  const file = path.join(project({}), 'orders.hung.json')
  const entry: Quarantine.Entry = { ...old(9, 9, FOUND), stream: 'orders', part: 'outputs', how: 'memory' }
  QuarantineFile.remember(file, [{ _tag: 'Charged', entry }], FOUND)
  const value: unknown = JSON.parse(fs.readFileSync(file, 'utf8'))
  assert.ok(FileOfOld.is(value))
  assert.deepEqual(
    value.hung.map(({ shardId, from, to }) => [shardId, from, to]),
    [[SHARD, at(9), at(9)]]
  )
})
