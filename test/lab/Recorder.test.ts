import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { ack, emit, reject } from '../../src/core/Decision'
import * as Input from '../../src/core/Input'
import type { Recorded } from '../../src/edge/Recorder'
import * as Hash from '../../src/lab/Hash'
import type { Mask } from '../../src/lab/Mask'
import * as Reader from '../../src/lab/Reader'
import * as Recorder from '../../src/lab/Recorder'
import type * as Recording from '../../src/lab/Recording'
import * as Retention from '../../src/lab/Retention'
import * as Action from '../../src/protocol/Action'
import * as KinesisRecords from '../../src/protocol/KinesisRecords'
import * as ActionCodec from '../../src/protocol/wire/Action'
import * as BufferPool from '../../src/protocol/wire/BufferPool'
import { records } from '../../src/testing'
import { loadIn, project } from '../config/Project'
import { ENV, HEADER, write } from './Recordings'
import * as Rig from './Rig'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-recorder-'))
after(() => fs.rmSync(room, { recursive: true }))
const folder = (): string => fs.mkdtempSync(path.join(room, 'recording-'))

const entriesOf = (place: string): ReadonlyArray<Recording.Entry> => {
  const found = Reader.open(place)
  if (E.isLeft(found)) throw new Error(found.left)
  return found.right.lives.flatMap((life) => [...Reader.entries(life)].flat())
}

/** What happened, in a word each. */
const outline = (place: string): ReadonlyArray<string> =>
  entriesOf(place).map((entry) => {
    switch (entry._tag) {
      case 'Took':
        if (entry.input._tag !== 'Received') return entry.input._tag
        return entry.input.action._tag === 'ProcessRecords'
          ? `batch of ${entry.input.action.records.length}`
          : entry.input.action._tag
      case 'Wrote':
        return `reply ${entry.reply._tag}`
      case 'Gap':
        return `gap of ${entry.records}: ${entry.why}`
      case 'Closed':
        return `closed ${entry.complete ? 'complete' : 'incomplete'}, ${entry.dropped} dropped`
    }
  })

const recordsOf = (place: string): ReadonlyArray<readonly [key: string, data: string]> =>
  entriesOf(place).flatMap((entry) => {
    if (entry._tag !== 'Took' || entry.input._tag !== 'Received') return []
    const { action } = entry.input
    if (action._tag !== 'ProcessRecords') return []
    return KinesisRecords.toArray(action.records).map(
      ({ partitionKey, data }) => [partitionKey, data.toString()] as const
    )
  })

const TWO = records([
  { text: 'one', partitionKey: 'a' },
  { text: 'two', partitionKey: 'b' }
])

it('sees when a batch is in progress, also while nothing can be sent, and when its session ends', () => {
  const rig = Rig.make(folder())
  const life = Rig.live(rig, ENV, ack())
  const busy: Array<number> = []
  const feed = (input: Input.Input): void => {
    life.feed(input)
    busy.push(rig.busy())
  }
  const batch = (): void => feed(Input.received(Action.processRecords(TWO, 0), 2_000, 0.5))
  batch()
  feed(Input.handled(0, ack(), 2_000))
  feed(Input.handled(1, ack(), 2_000))
  rig.block(true)
  batch()
  feed(Input.handled(0, ack(), 2_000))
  feed(Input.closed)
  feed(Input.handled(1, ack(), 2_000))
  assert.deepEqual(busy, [1, 1, 0, 1, 1, 0, 0])
})

describe('what waits until the event loop turns', () => {
  /** A batch whose line lies in memory of the pool, as the daemon sends it. */
  const sent = (given: typeof TWO): Action.ProcessRecords => {
    const bytes = Buffer.from(ActionCodec.encode(Action.processRecords(given, 0)))
    const place = BufferPool.takeHome(bytes.length)
    bytes.copy(place)
    const action = ActionCodec.read(HEADER.shard, BufferPool.cut(place, 0, bytes.length))
    if (E.isLeft(action) || action.right._tag !== 'ProcessRecords') throw new Error('no batch')
    assert.ok(action.right.records.line)
    return action.right
  }

  it('is written in order, and the line of a batch stays as it was until then', () => {
    const place = folder()
    const rig = Rig.make(place)
    const life = Rig.live(rig, ENV, ack())
    rig.hold()
    const batches = [TWO, records([{ text: 'six', partitionKey: 'c' }, { text: 'ten' }])].map((given) => {
      const action = sent(given)
      life.feed(Input.received(action, 2_000, 0.5))
      life.feed(Input.handled(0, reject('bad'), 2_000))
      life.feed(Input.buried(0, null, 2_000))
      life.feed(Input.handled(1, ack(), 2_000))
      assert.equal(life.state().batch, null)
      action.records.release?.()
      return action
    })
    assert.notEqual(batches[0]?.records.line?.buffer, batches[1]?.records.line?.buffer)
    rig.flush()
    assert.equal(recordsOf(place).length, 0)
    rig.turn()
    const again = sent(TWO)
    again.records.release?.()
    life.feed(Input.closed)
    rig.turn()
    const batch = ['batch of 2', 'Handled', 'Buried', 'Handled', 'reply Status']
    assert.deepEqual(outline(place), [
      'Initialize',
      'reply Status',
      ...batch,
      ...batch,
      'Closed',
      'closed complete, 0 dropped'
    ])
    assert.deepEqual(
      recordsOf(place).map(([, data]) => data),
      ['one', 'two', 'six', 'ten']
    )
  })

  it('is lost in a crash, and the recording is not complete', () => {
    const place = folder()
    const rig = Rig.make(place)
    const life = Rig.live(rig, ENV, ack())
    life.batch(TWO)
    rig.hold()
    life.batch(TWO)
    life.feed(Input.closed)
    rig.flush()
    const [initialize, reply, ...rest] = outline(place)
    assert.deepEqual([initialize, reply], ['Initialize', 'reply Status'])
    assert.deepEqual(rest, [
      'batch of 2',
      'Handled',
      'Handled',
      'reply Status',
      'closed incomplete, 0 dropped'
    ])
  })

  it('has outputs as they were when the handler returned them', () => {
    const place = folder()
    const rig = Rig.make(place)
    const life = Rig.live(rig, ENV, ack())
    rig.hold()
    const value = { n: 1 }
    life.batch(TWO, emit('out', value)(ack()))
    value.n = 2
    life.feed(Input.delivered([0, 1], 3_000))
    rig.turn()
    rig.flush()
    const answers = entriesOf(place).flatMap((entry) =>
      entry._tag === 'Took' && entry.input._tag === 'Handled' ? [entry.input.value] : []
    )
    assert.equal(answers.length, 2)
    assert.ok(JSON.stringify(answers).includes(Hash.plain('{"n":1}')))
    assert.ok(!JSON.stringify(answers).includes(Hash.plain('{"n":2}')))
  })

  it('is incomplete where an answer cannot be read twice', () => {
    const place = folder()
    const rig = Rig.make(place)
    const life = Rig.live(rig, ENV, ack())
    let reads = 0
    const output = {
      sink: 'out',
      get value(): number {
        reads += 1
        throw new Error('no value')
      }
    }
    life.feed(Input.received(Action.processRecords(TWO, 0), 2_000, 0.5))
    life.feed(Input.handled(0, { _tag: 'Ack', outputs: [output] }, 2_000))
    assert.equal(reads, 1)
    life.feed(Input.closed)
    assert.equal(outline(place).at(-1), 'closed incomplete, 0 dropped')
  })
})

describe('a queue without room', () => {
  it('drops and counts records, and recording goes on with the next batch that finds room', () => {
    const place = folder()
    const rig = Rig.make(place)
    const life = Rig.live(rig, ENV, ack())
    rig.block(true)
    life.batch(TWO)
    life.batch(TWO)
    rig.block(false)
    life.batch(TWO)
    life.feed(Input.closed)
    assert.deepEqual(outline(place), [
      'Initialize',
      'reply Status',
      'gap of 4: the recorder could not keep up',
      'Initialize',
      'batch of 2',
      'Handled',
      'Handled',
      'reply Status',
      'Closed',
      'closed incomplete, 4 dropped'
    ])
  })

  it('until the end leaves a recording that is incomplete', () => {
    const place = folder()
    const rig = Rig.make(place)
    const life = Rig.live(rig, ENV, ack())
    rig.block(true)
    life.batch(TWO)
    life.feed(Input.closed)
    assert.deepEqual(outline(place), ['Initialize', 'reply Status', 'closed incomplete, 2 dropped'])
  })
})

describe('a folder that cannot be written', () => {
  it('is reported, and recording goes on once it can be written again', () => {
    const place = path.join(folder(), 'later')
    const rig = Rig.make(place)
    const life = Rig.live(rig, ENV, ack())
    life.batch(TWO)
    assert.equal(rig.problems.length, 1)
    assert.match(rig.problems[0] ?? '', /^the recording cannot be written: .*ENOENT/)
    fs.mkdirSync(place)
    life.batch(TWO)
    rig.spend(10_000)
    life.batch(TWO)
    life.feed(Input.closed)
    assert.deepEqual(
      outline(place).map((one) => one.replace(/: the recording cannot be written.*/, '')),
      [
        'gap of 4',
        'Initialize',
        'batch of 2',
        'Handled',
        'Handled',
        'reply Status',
        'Closed',
        'closed incomplete, 4 dropped'
      ]
    )
  })
})

it('begins a new part where one is large enough, and reads them as one life', () => {
  const place = folder()
  const rig = Rig.make(place, { partSize: 1 })
  const life = Rig.live(rig, ENV, ack())
  life.batch(TWO)
  rig.flush()
  life.batch(TWO)
  life.feed(Input.closed)
  assert.equal(fs.readdirSync(place).length, 3)
  assert.deepEqual(outline(place), [
    'Initialize',
    'reply Status',
    ...Array.from({ length: 2 }, () => ['batch of 2', 'Handled', 'Handled', 'reply Status']).flat(),
    'Closed',
    'closed complete, 0 dropped'
  ])
})

describe('a mask', () => {
  const header = (data: Recording.Data): Recording.Header => ({ ...HEADER, data, masked: true })
  const masked = (data: Recording.Data, mask: Mask, problems: Array<string> = []): string => {
    const place = folder()
    const onProblem = (problem: string): void => void problems.push(problem)
    const rig = Rig.make(place, { mask, header: header(data), onProblem })
    const life = Rig.live(rig, ENV, emit('out', 1)(ack()))
    life.batch(TWO, reject('of one'))
    life.feed(Input.closed)
    return place
  }

  it('changes what is recorded, and takes reasons away, as they may quote what it hides', () => {
    const place = masked('full', ({ partitionKey }) => ({
      data: `${partitionKey} hidden`,
      partitionKey: 'x'
    }))
    assert.deepEqual(recordsOf(place), [
      ['x', 'a hidden'],
      ['x', 'b hidden']
    ])
    const answer = entriesOf(place).find((entry) => entry._tag === 'Took' && entry.input._tag === 'Handled')
    assert.deepEqual(answer, { _tag: 'Took', input: Input.handled(0, { _tag: 'Reject', reason: '' }, 2_000) })
  })

  it('that fails for a record leaves it out, and the recording is incomplete', () => {
    const problems: Array<string> = []
    const failing: Mask = ({ partitionKey }) => {
      if (partitionKey === 'a') throw new Error('of a')
      return {}
    }
    const place = masked('full', failing, problems)
    assert.deepEqual(recordsOf(place), [['b', 'two']])
    assert.deepEqual(outline(place).at(-1), 'closed incomplete, 1 dropped')
    assert.deepEqual(problems, ['the mask failed for a record, which is left out'])
  })
})

it('records a share of the keys with all of their records, and their answers', () => {
  const place = folder()
  const many = records(Array.from({ length: 100 }, (_, i) => ({ text: `${i}`, partitionKey: `k${i % 10}` })))
  const rig = Rig.make(place, { header: { ...HEADER, sampling: 0.5 } })
  const life = Rig.live(rig, ENV, ack())
  life.batch(many)
  life.feed(Input.closed)
  const kept = recordsOf(place)
  const keys = new Set(kept.map(([key]) => key))
  assert.ok(keys.size > 0 && keys.size < 10)
  assert.deepEqual(
    kept.map(([, data]) => data),
    many.filter(({ partitionKey }) => keys.has(partitionKey)).map(({ data }) => data.toString())
  )
  assert.deepEqual(
    entriesOf(place).flatMap((entry) =>
      entry._tag === 'Took' && entry.input._tag === 'Handled' ? [entry.input.index] : []
    ),
    kept.map((_, index) => index)
  )
})

describe('the bounds of a folder', () => {
  const file = (name: string, bytes: number, written: number): Retention.File => ({
    file: name,
    bytes,
    written
  })
  const files = [file('new', 10, 900), file('old', 10, 100), file('middle', 10, 500)]

  it('take the oldest files away, for their age or for the size of all', () => {
    assert.deepEqual(Retention.excess(files, { size: 20, age: 10_000 }, 1_000), ['old'])
    assert.deepEqual(Retention.excess(files, { size: 5, age: 10_000 }, 1_000), ['old', 'middle', 'new'])
    assert.deepEqual(Retention.excess(files, { size: 1_000, age: 600 }, 1_000), ['old'])
    assert.deepEqual(Retention.excess(files, { size: 1_000, age: 1_000 }, 1_000), [])
  })

  it('take no file that is no recording, or is being written', () => {
    const place = folder()
    const other = path.join(place, 'other.ndjson.gz')
    fs.writeFileSync(other, 'something else')
    const [open, over] = ['1', '2'].map((life) => write(place, { life }, []))
    Retention.keep(place, { size: 1, age: 1 }, Date.now() + 1_000_000, new Set([open ?? '']))
    assert.deepEqual(
      [other, open, over].map((name) => fs.existsSync(name ?? '')),
      [true, true, false]
    )
  })
})

/** What a session of its own thread writes, with the handler's module and the configuration of a user. */
const recorded = async (yaml: string, code: string): Promise<readonly [string, ReadonlyArray<string>]> => {
  const place = project({ 'kcl.config.yaml': `handler: ./handler.js\n${yaml}`, 'handler.js': code })
  const loaded = loadIn(place)
  if (E.isLeft(loaded)) throw new Error(JSON.stringify(loaded.left))
  const exports = { mask: code.includes('mask') ? () => ({}) : undefined }
  const warnings: Array<string> = []
  const given: Recorded = {
    loaded: loaded.right,
    module: {
      handler: () => ack(),
      version: '7',
      name: './handler.js',
      exported: (name) => (name === 'mask' ? exports.mask : undefined)
    },
    log: (_level, message) => warnings.push(message),
    idle: null
  }
  const entry = path.join(__dirname, '../../src/lab/entries/recorder.js')
  const recorder = Recorder.opening(entry, 120_000)(given)
  assert.ok(recorder !== null)
  const rig = { observe: recorder.session() } as Rig.Rig
  const life = Rig.live(rig, ENV, emit('out', { n: 1 })(ack()))
  life.batch(TWO)
  life.feed(Input.delivered([0, 1], 3_000))
  life.feed(Input.closed)
  await recorder.close()
  return [path.join(place, 'recordings'), warnings]
}

describe('a thread that records', () => {
  it('writes a life with its header, and an output as the hash of its JSON', async () => {
    const [place, warnings] = await recorded('record: { folder: ./recordings, data: full }\n', '')
    assert.deepEqual(warnings, [])
    const found = Reader.open(place)
    if (E.isLeft(found)) throw new Error(found.left)
    const [life] = found.right.lives
    assert.deepEqual(
      [life?.header.data, life?.header.handler.version, life?.header.shard],
      ['full', '7', HEADER.shard]
    )
    assert.deepEqual(recordsOf(place), [
      ['a', 'one'],
      ['b', 'two']
    ])
    const answers = entriesOf(place).flatMap((entry) =>
      entry._tag === 'Took' && entry.input._tag === 'Handled' ? [entry.input.value] : []
    )
    const answer = { _tag: 'Ack', outputs: [{ sink: 'out', value: { hash: Hash.plain('{"n":1}') } }] }
    assert.deepEqual(answers, [answer, answer])
    assert.equal(outline(place).at(-1), 'closed complete, 0 dropped')
  })

  it('masks with the export of the handler, which it loads for itself', async () => {
    const code = "exports.handler = () => false\nexports.mask = () => ({ data: 'hidden' })\n"
    const [place] = await recorded('record: { folder: ./recordings, data: full }\n', code)
    assert.deepEqual(recordsOf(place), [
      ['a', 'hidden'],
      ['b', 'hidden']
    ])
  })

  it('makes the folder and those above it, and nobody else may look into it', async () => {
    const [place] = await recorded('record: { folder: ./recordings/of/today }\n', '')
    const folder = path.join(place, 'of/today')
    assert.equal(fs.statSync(folder).mode & 0o777, 0o700)
    assert.equal(E.isRight(Reader.open(folder)), true)
  })

  it(
    'goes on where the kernel lets nobody make the folder',
    { skip: !fs.existsSync('/proc/self') },
    async () => {
      const [, warnings] = await recorded('record: { folder: /proc/nowhere/recordings }\n', '')
      assert.equal(warnings.length, 1)
      assert.match(
        warnings[0] ?? '',
        /^the recording cannot be written: .*ENOENT.*; the recording is incomplete/
      )
    }
  )

  it('records nothing, and says so, if it cannot load the mask', async () => {
    const [place, warnings] = await recorded(
      'record: { folder: ./recordings, data: full }\n',
      "throw new Error('no mask here')"
    )
    assert.equal(fs.existsSync(place), false)
    assert.match(warnings[0] ?? '', /nothing is recorded, since the mask cannot be loaded.*no mask here/s)
  })
})
