import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as zlib from 'node:zlib'
import * as E from 'fp-ts/Either'
import { ack, emit, reject, skip } from '../../src/core/Decision'
import * as Failure from '../../src/core/Failure'
import * as Input from '../../src/core/Input'
import * as Columns from '../../src/lab/Columns'
import * as Hash from '../../src/lab/Hash'
import * as Member from '../../src/lab/Member'
import * as Reader from '../../src/lab/Reader'
import * as Recording from '../../src/lab/Recording'
import * as Action from '../../src/protocol/Action'
import * as KinesisRecord from '../../src/protocol/KinesisRecord'
import * as KinesisRecords from '../../src/protocol/KinesisRecords'
import { record, records } from '../../src/testing'
import { HEADER, played, write } from './Recordings'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-lab-'))
after(() => fs.rmSync(room, { recursive: true }))
const folder = (): string => fs.mkdtempSync(path.join(room, 'recording-'))

const opened = (place: string): Reader.Opened => {
  const found = Reader.open(place)
  if (E.isLeft(found)) throw new Error(found.left)
  return found.right
}

const entriesOf = (place: string): ReadonlyArray<Recording.Entry> =>
  opened(place).lives.flatMap((life) => [...Reader.entries(life)].flat())

const closedOf = (place: string): Recording.Entry | undefined => entriesOf(place).at(-1)

const batch = (data: Recording.Data, given: KinesisRecords.KinesisRecords): KinesisRecords.KinesisRecords => {
  const columns = Columns.of(given, { data, hash: Hash.plain })
  return new Columns.Records(
    HEADER.shard,
    JSON.parse(JSON.stringify(columns)) as Columns.Columns,
    data === 'full'
  )
}

const GIVEN = records([
  { json: { id: 1 }, partitionKey: 'a' },
  { json: { id: 2, note: 'longer' }, partitionKey: 'b' },
  { text: '', partitionKey: 'a', approximateArrivalTimestamp: null }
])

describe('the records of a batch', () => {
  it('are the same again where the data is kept', () => {
    const again = batch('full', GIVEN)
    assert.deepEqual(
      KinesisRecords.toArray(again).map((one) => ({ ...one, data: one.data.toString() })),
      GIVEN.map((one) => ({ ...one, shardId: HEADER.shard, data: one.data.toString() }))
    )
  })

  it('have their sizes and equal keys where it is not kept', () => {
    for (const data of ['none', 'hash'] as const) {
      const again = KinesisRecords.toArray(batch(data, GIVEN))
      assert.deepEqual(again.map(KinesisRecord.size), GIVEN.map(KinesisRecord.size))
      assert.deepEqual(
        again.map(({ data }) => data.length),
        GIVEN.map(KinesisRecord.size)
      )
      assert.deepEqual(
        again.map(({ partitionKey }) => partitionKey),
        ['a', 'b', 'a'].map(Hash.plain)
      )
    }
  })

  it('keep numbers that differ in length, and none at all', () => {
    const numbers = ['8', '10', '10', '9007199254740993']
    const given = numbers.map((sequenceNumber, subSequenceNumber) =>
      record({ sequenceNumber, subSequenceNumber })
    )
    assert.deepEqual(
      KinesisRecords.toArray(batch('none', given)).map((one) => [one.sequenceNumber, one.subSequenceNumber]),
      numbers.map((number, i) => [number, i])
    )
    assert.equal(batch('none', []).length, 0)
  })
})

it('keeps what a handler answered, without its texts unless the data is kept', () => {
  const moves = [{ records: records([{ text: 'a' }, { text: 'b' }, { text: 'c' }]), now: 2_000 }]
  const answers = [emit('out', { n: 1 }, { key: 'k' })(ack()), skip('of 7'), reject('of 8')]
  const valuesOf = (data: Recording.Data): ReadonlyArray<unknown> => {
    let index = 0
    const life = played({ handler: () => answers[index++], moves })
    return entriesOf(write(folder(), { data }, life)).flatMap((entry) =>
      entry._tag === 'Took' && entry.input._tag === 'Handled' ? [entry.input.value] : []
    )
  }
  const withTexts = (key: string, one: string, other: string): ReadonlyArray<unknown> => [
    { _tag: 'Ack', outputs: [{ sink: 'out', key, value: { hash: Hash.plain('{"n":1}') } }] },
    { _tag: 'Skip', reason: one, outputs: [] },
    { _tag: 'Reject', reason: other }
  ]
  assert.deepEqual(valuesOf('full'), withTexts('k', 'of 7', 'of 8'))
  assert.deepEqual(valuesOf('none'), withTexts(Hash.plain('k'), '', ''))
})

it('keeps the messages of failures only where the data is kept', () => {
  const threw = Input.threw(0, Failure.make('RangeError', 'of 7', 'at 7'), 2_000)
  const failureOf = (data: Recording.Data): unknown =>
    entriesOf(write(folder(), { data }, [Recording.took(threw)])).flatMap((entry) =>
      entry._tag === 'Took' && entry.input._tag === 'Threw' ? [entry.input.failure] : []
    )
  assert.deepEqual(failureOf('full'), [threw.failure])
  assert.deepEqual(failureOf('hash'), [Failure.make('RangeError', '')])
})

describe('a recording', () => {
  it('has its lives by stream, shard and time, and is readable by its owner alone', () => {
    const place = folder()
    const life = played({ moves: [] })
    const files = [
      write(place, { shard: 'shardId-1', life: '2' }, life),
      write(place, { shard: 'shardId-1', life: '1' }, life),
      write(place, { shard: 'shardId-0', life: '3' }, life)
    ]
    for (const file of files) assert.equal(fs.statSync(file).mode & 0o777, 0o600)
    assert.deepEqual(
      opened(place).lives.map(({ header }) => [header.shard, header.life]),
      [
        ['shardId-0', '3'],
        ['shardId-1', '1'],
        ['shardId-1', '2']
      ]
    )
  })

  it('is plain gzip, with a header that says what it is', () => {
    const text = zlib.gunzipSync(fs.readFileSync(write(folder(), {}, played({ moves: [] })))).toString()
    assert.deepEqual(JSON.parse(text.slice(0, text.indexOf('\n'))), HEADER)
  })

  it('of another version is refused with what to do', () => {
    const file = write(folder(), { version: 2 as 1, kclts: '9.9.9' }, [])
    assert.deepEqual(
      Reader.open(file),
      E.left(
        `${file} was written by kclts 9.9.9 in version 2.1 of the format, and this kclts reads version 1.1; read it with kclts 9.9.9, or record again`
      )
    )
  })

  it('is refused if the file is not a recording', () => {
    const place = folder()
    assert.deepEqual(
      Reader.open(place),
      E.left(`${place} has no recording: none of its files ends in .ndjson.gz`)
    )
    const file = path.join(place, 'other.ndjson.gz')
    fs.writeFileSync(file, zlib.gzipSync('{}\n'))
    assert.deepEqual(Reader.open(file), E.left(`${file} is not a recording of kclts: is damaged at byte 0`))
    const settings = path.join(place, 'settings.ndjson.gz')
    fs.writeFileSync(settings, Member.write(Buffer.from('{}\n')))
    assert.deepEqual(
      Reader.open(settings),
      E.left(`${settings} is not a recording of kclts: its first line is no header`)
    )
  })

  it('leaves out a file that cannot be read, and says so', () => {
    const place = folder()
    write(place, {}, played({ moves: [] }))
    const file = path.join(place, 'other.ndjson.gz')
    fs.writeFileSync(file, '')
    const { lives, problems } = opened(place)
    assert.deepEqual([lives.length, problems], [1, [`${file} is empty`]])
  })
})

describe('damage', () => {
  const whole = played({ moves: [{ records: records([{ text: 'a' }]), now: 2_000 }] })

  it('that cuts a file is found: everything before it is read', () => {
    const file = write(folder(), {}, whole.slice(0, -1))
    assert.deepEqual(closedOf(file), Recording.closed(false, 0, `${file} is cut: its last line is missing`))
    assert.equal(entriesOf(file).length, whole.length)
    const header = Member.write(Buffer.from(`${JSON.stringify(HEADER)}\n`)).length
    fs.truncateSync(file, fs.statSync(file).size - 1)
    assert.deepEqual(entriesOf(file), [Recording.closed(false, 0, `${file} is cut at byte ${header}`)])
  })

  it('inside a file is found by its checksum', () => {
    const file = write(folder(), {}, whole)
    const bytes = fs.readFileSync(file)
    const at = bytes.length - 20
    bytes[at] = (bytes[at] ?? 0) ^ 1
    fs.writeFileSync(file, bytes)
    const closed = closedOf(file)
    assert.match(closed?._tag === 'Closed' ? (closed.damage ?? '') : '', /is damaged at byte \d+$/)
  })

  it('that takes a part away leaves a gap, and the session begins again from the checkpoint', () => {
    const place = folder()
    const from = { sequenceNumber: '7', subSequenceNumber: 0 }
    const last = [Recording.took(Input.ticked(9_000)), Recording.closed(true, 0, null)]
    write(place, { part: 0 }, whole)
    write(place, { part: 2, from, started: { wall: 0, monotonic: 8_000 } }, last)
    const [life] = opened(place).lives
    assert.equal(life?.isWhole, false)
    assert.deepEqual(entriesOf(place).slice(-4), [
      Recording.gap(0, 'part 1 of the life is missing'),
      Recording.took(Input.received(Action.initialize(HEADER.shard, '7', 0), 8_000, 0)),
      Recording.took(Input.ticked(9_000)),
      Recording.closed(false, 0, null)
    ])
  })

  it('to a line is found', () => {
    const place = folder()
    const file = path.join(place, 'a.ndjson.gz')
    const text = [JSON.stringify(HEADER), '{"steps":[99,1]}', ''].join('\n')
    fs.writeFileSync(file, Member.write(Buffer.from(text)))
    assert.deepEqual(entriesOf(file), [Recording.closed(false, 0, `${file} is no line of a recording`)])
  })
})
