import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { after, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Input from '../../../src/core/Input'
import { fieldsOf } from '../../../src/lab/diff/Batch'
import * as Recorded from '../../../src/lab/diff/Recorded'
import * as Recording from '../../../src/lab/Recording'
import * as Action from '../../../src/protocol/Action'
import { records } from '../../../src/testing/Records'
import { ENV, HEADER, write } from '../Recordings'
import { folder } from './Given'

const top = folder()
after(() => fs.rmSync(top, { recursive: true }))
let count = 0
const fresh = (): string => {
  const at = `${top}/${(count += 1)}`
  fs.mkdirSync(at)
  return at
}

const LIST = records(6)
const batch = (from: number, to: number, now: number): Recording.Entry =>
  Recording.took(Input.received(Action.processRecords(LIST.slice(from, to), 5), now, 0.5))
const BEGIN = Recording.took(
  Input.received(Action.initialize(HEADER.shard, 'TRIM_HORIZON', 0), HEADER.started.monotonic, 0.5)
)
const END = Recording.closed(true, 0, null)
const OLD = { by: 'age', reason: 'old' } as const

it('each record comes once, with what the recorded filter made of its age, and with the time', () => {
  const at = fresh()
  const filter = { maxAge: 1000, include: null, exclude: null }
  write(at, { env: { ...ENV, filter } }, [
    BEGIN,
    batch(0, 4, 2000),
    Recording.took(Input.dropped(0, OLD, 2000)),
    Recording.took(Input.handled(1, true, 2000, 0, 2)),
    Recording.took(Input.dropped(3, { by: 'key', reason: 'key' }, 2000)),
    END
  ])
  write(at, { life: '20270131T000000000Z-2' }, [
    BEGIN,
    batch(2, 6, 3000),
    Recording.took(Input.handled(0, true, 3000, 0, 4)),
    END
  ])
  const recorded = Recorded.open(at)
  assert.ok(E.isRight(recorded))
  const wall = HEADER.started.wall - HEADER.started.monotonic
  assert.deepEqual(
    [...recorded.right.batches()],
    [
      {
        shardId: HEADER.shard,
        millisBehindLatest: 5,
        wall: wall + 2000,
        maxAge: 1000,
        records: LIST.slice(0, 4).map(fieldsOf),
        aged: ['old', 'fresh', 'fresh', 'unknown']
      },
      {
        shardId: HEADER.shard,
        millisBehindLatest: 5,
        wall: wall + 3000,
        maxAge: null,
        records: LIST.slice(4).map(fieldsOf),
        aged: ['fresh', 'fresh']
      }
    ]
  )
  assert.deepEqual(recorded.right.facts(), {
    lives: 2,
    shards: 1,
    masked: false,
    sampling: 1,
    repeated: 2,
    problems: []
  })
})

it('a recording without data is refused, with what to do', () => {
  const at = fresh()
  write(at, { data: 'none' }, [BEGIN, END])
  const recorded = Recorded.open(at)
  assert.match(
    JSON.stringify(recorded),
    /recorded with data: none.* record again with record\.data: full, and mask/
  )
})

it('a file that is cut is read up to the cut, which is reported', () => {
  const at = fresh()
  const file = write(at, {}, [BEGIN, batch(0, 2, 2000)])
  const recorded = Recorded.open(at)
  assert.ok(E.isRight(recorded))
  assert.equal([...recorded.right.batches()].flatMap((one) => one.records).length, 2)
  assert.deepEqual(recorded.right.facts().problems, [`${file} is cut: its last line is missing`])
})
