import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Hung from '../../src/host/Hung'
import * as Watchdog from '../../src/host/Watchdog'
import * as Attempt from '../../src/run/Attempt'
import { record } from '../../src/testing'
import { acknowledged, checkpoint, status } from '../process/Child'
import { batch, position, say, shardId, withHost } from './Rig'

const first = record({ shardId: 'shard-1', sequenceNumber: '7', subSequenceNumber: 2 })
const last = record({ shardId: 'shard-1', sequenceNumber: '9', subSequenceNumber: 0 })

describe('a look at a thread', () => {
  it('finds the call that is still the same, once it was seen for as long as the limit', () => {
    const cell = Watchdog.cell()
    const { begin, end } = Watchdog.notes(cell)
    const { look } = Watchdog.watch(cell, 2000)
    begin(first, first)
    end()
    begin(first, last)
    assert.deepEqual(
      [1, 2, 3, 4].map(() => look()),
      [null, null, null, null]
    )
    assert.deepEqual(look(), {
      call: {
        shardId: 'shard-1',
        from: { sequenceNumber: '7', subSequenceNumber: 2 },
        to: { sequenceNumber: '9', subSequenceNumber: 0 }
      },
      ms: 2000
    })
    end()
    assert.equal(look(), null)
  })

  it('is content with another call, or with a loop that turns', () => {
    const cell = Watchdog.cell()
    const { begin, end, beat } = Watchdog.notes(cell)
    const { look } = Watchdog.watch(cell, 2000)
    begin(first, first)
    for (let n = 0; n < 10; n++) {
      assert.equal(look(), null)
      end()
      begin(first, first)
    }
    end()
    for (let n = 0; n < 10; n++) {
      assert.equal(look(), null)
      beat()
    }
  })

  it('finds a loop that stands still outside a call, without a record to name', () => {
    const cell = Watchdog.cell()
    const { begin, end } = Watchdog.notes(cell)
    const { look } = Watchdog.watch(cell, 1000)
    begin(first, first)
    end()
    const looks = [1, 2, 3, 4, 5].map(() => look())
    assert.deepEqual(looks, [null, null, null, null, { call: null, ms: 1000 }])
  })
})

describe('a guarded handler', () => {
  const notes = (): { readonly said: Array<string>; readonly notes: Watchdog.Notes } => {
    const said: Array<string> = []
    return {
      said,
      notes: {
        begin: (one, other) => said.push(`begin ${one.sequenceNumber} ${other.sequenceNumber}`),
        end: () => said.push('end'),
        beat: () => said.push('beat')
      }
    }
  }
  const given = new Attempt.Attempt(1, null, first, { resource: undefined, log: () => undefined })
  const entries: Hung.Entries = [
    {
      shardId: 'shard-1',
      from: { sequenceNumber: '7', subSequenceNumber: 2 },
      to: { sequenceNumber: '7', subSequenceNumber: 2 },
      time: 0
    }
  ]

  it('notes when it is called and when it has returned, or thrown', () => {
    const { said, notes: to } = notes()
    const good = Watchdog.guard(() => true, to, [], 1000)
    const bad = Watchdog.guard(
      () => {
        throw new RangeError('no')
      },
      to,
      [],
      1000
    )
    assert.ok(typeof good === 'function' && typeof bad === 'function')
    assert.equal(good(first, given), true)
    assert.throws(() => bad(last, given), new RangeError('no'))
    assert.deepEqual(said, ['begin 7 7', 'end', 'begin 9 9', 'end'])
  })

  it('begins a Task itself, so that its first part is noted', async () => {
    const { said, notes: to } = notes()
    const task = Watchdog.guard(
      () => () => {
        said.push('work')
        return Promise.resolve(false)
      },
      to,
      [],
      1000
    )
    assert.ok(typeof task === 'function')
    assert.equal(await task(first, given), false)
    assert.deepEqual(said, ['begin 7 7', 'work', 'end'])
  })

  it('is not called with a record that hung', () => {
    const { said, notes: to } = notes()
    const guarded = Watchdog.guard(() => said.push('called'), to, entries, 1000)
    assert.ok(typeof guarded === 'function')
    assert.throws(() => guarded(first, given), {
      name: 'DeadlineExceeded',
      message:
        'the handler did not return within 1000 ms when it last had this record; it was not called again'
    })
    assert.deepEqual(said, [])
  })
})

const HANGS = "exports.handler = (r) => { if (r.partitionKey === 'hang') for (;;); return true }\n"
const CONFIG =
  'handler: ./handler.js\ndeadline: 100ms\ncheckpoint: { interval: 0 }\nfailure: { breaker: 0 }\n'
const records = [{ partitionKey: 'a' }, { partitionKey: 'hang' }, { partitionKey: 'b' }]

const lettersOf = (project: string): ReadonlyArray<string> =>
  fs
    .readFileSync(path.join(project, 'dead-letters.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const { partitionKey, reason } = JSON.parse(line) as Record<string, unknown>
      return `${String(partitionKey)}: ${String(reason)}`
    })

it('a handler that never returns ends the worker, and the record is dealt with when it comes again', async () => {
  const settings = { config: CONFIG, grace: 400, threads: 2 }
  let project = ''
  await withHost(HANGS, settings, async (rig) => {
    project = rig.project
    const [hanging, other] = [await rig.shard(0), await rig.shard(1)]
    say(hanging, batch(records))
    const told = await rig.end()
    assert.deepEqual([told.shardId, told.code], [shardId(0), 1])
    assert.match(told.reason, /^the handler has not returned for .* s from the record \d+\/0 of shardId-0+; /)
    assert.equal((await hanging.left()).code, 0)
    // The other thread's shard is not disturbed.
    assert.equal(await other.ask(batch(1)), checkpoint(0))
    await other.end()
  })
  const hungFile = path.join(project, 'state', 'hung.json')
  const hung = Hung.read(hungFile)
  assert.ok(E.isRight(hung))
  assert.deepEqual(
    hung.right.map(({ from, to }) => [from, to]),
    [[position(1), position(1)]]
  )

  await withHost(HANGS, { ...settings, project }, async (rig) => {
    const child = await rig.shard(0)
    assert.equal(await child.ask(batch(records)), checkpoint(2))
    assert.deepEqual(lettersOf(project), [
      'hang: DeadlineExceeded: the handler did not return within 100 ms when it last had this record; it was not called again'
    ])
    assert.equal(await child.ask(acknowledged(2)), status('processRecords'))
    await child.end()
  })
  assert.deepEqual(Hung.read(hungFile), E.right([]))
})

it('of a batch handler that never returns only the record that hangs by itself is given up', async () => {
  const handler =
    "exports.batchHandler = (rs) => { if (rs.some((r) => r.partitionKey === 'hang')) for (;;); return rs.map(() => false) }\n"
  let project: string | undefined
  for (const expected of [/from the records/, /from the record /]) {
    await withHost(
      handler,
      { config: CONFIG, grace: 400, ...(project === undefined ? {} : { project }) },
      async (rig) => {
        project = rig.project
        const child = await rig.shard(0)
        say(child, batch(records))
        assert.match((await rig.end()).reason, expected)
        await child.left()
      }
    )
  }
  assert.ok(project !== undefined)
  await withHost(handler, { config: CONFIG, grace: 400, project }, async (rig) => {
    const child = await rig.shard(0)
    assert.equal(await child.ask(batch(records)), status('processRecords'))
    await child.end()
  })
  assert.equal(lettersOf(project).length, 1)
})
