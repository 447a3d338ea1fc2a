import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, it } from 'node:test'
import { show } from '../../../src/cli/record/show'
import { records } from '../../../src/testing'
import { played, write } from '../../lab/Recordings'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-show-'))
after(() => fs.rmSync(room, { recursive: true }))

const shown = (place: string, isJson = false): readonly [code: number, out: string, err: string] => {
  const [out, err]: [Array<string>, Array<string>] = [[], []]
  const code = show(place, isJson, { print: (text) => out.push(text), tell: (text) => err.push(text) })
  return [code, out.join('').replaceAll(place, 'PLACE'), err.join('').replaceAll(place, 'PLACE')]
}

const life = played({ moves: [{ records: records([{ text: 'one' }, { text: 'three' }]), now: 61_000 }] })

it('kclts record show prints the range, the shards, the policy, the handler, and what is missing', () => {
  const place = fs.mkdtempSync(path.join(room, 'recording-'))
  write(place, {}, life)
  write(place, { shard: 'shardId-000000000001', data: 'none' }, life.slice(0, -1))
  const [code, out, err] = shown(place)
  assert.deepEqual([code, err], [0, ''])
  assert.deepEqual(out.replace(/, [0-9.]+ k?B$/m, ', SIZE').split('\n'), [
    'PLACE',
    '  written by   kclts 0.1.0, 2 files, SIZE',
    '  stream       orders',
    '  application  order-consumer',
    '  range        2023-11-14T22:13:20Z to 2023-11-14T22:14:20Z',
    '  records      4 records on 2 shards, 16 B',
    '  policy       checkpoint.interval 1m, checkpoint.count 0, checkpoint.manual true; failure.then dead-letter',
    '  handler      ./handler.js',
    '  data         payloads and partition keys in full; then none: sizes, and hashes of partition keys',
    '  sampling     all keys',
    '  complete     no: 1 of 2 sessions not',
    '',
    'shard                 from                  for  batches  records  bytes  checkpoints',
    'shardId-000000000000  2023-11-14T22:13:20Z  1m   1        2        8 B    1            complete',
    'shardId-000000000001  2023-11-14T22:13:20Z  1m   1        2        8 B    1            incomplete: PLACE/orders.shardId-000000000001.20261130T020000000Z-1.0000.ndjson.gz is cut: its last line is missing',
    ''
  ])
  const [, json] = shown(place, true)
  const { sessions } = JSON.parse(json) as {
    sessions: ReadonlyArray<{ records: number; isComplete: boolean }>
  }
  assert.deepEqual(
    sessions.map((one) => [one.records, one.isComplete]),
    [
      [2, true],
      [2, false]
    ]
  )
})

it('kclts record show says of each file why it cannot be read, in a line of its own', () => {
  const place = fs.mkdtempSync(path.join(room, 'empty-'))
  for (const name of ['a', 'b']) fs.writeFileSync(path.join(place, `${name}.ndjson.gz`), '')
  assert.deepEqual(shown(place), [
    2,
    '',
    'kclts record: PLACE/a.ndjson.gz is empty\nkclts record: PLACE/b.ndjson.gz is empty\n'
  ])
})

it('kclts record show says why a recording cannot be read', () => {
  const place = path.join(room, 'nowhere')
  assert.deepEqual(shown(place), [
    2,
    '',
    "kclts record: PLACE cannot be read: ENOENT: no such file or directory, stat 'PLACE'\n"
  ])
})
