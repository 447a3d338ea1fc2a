import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Position from '../../src/core/Position'
import * as Hung from '../../src/host/Hung'
import { record } from '../../src/testing'
import { project } from '../process/Child'

const at = (sequenceNumber: number, sub = 0): Position.Position => Position.make(String(sequenceNumber), sub)

const entry = (from: Position.Position, to = from, shardId = 'shard-1'): Hung.Entry => ({
  shardId,
  from,
  to,
  time: 1_000
})

const of = (sequenceNumber: number, subSequenceNumber = 0, shardId = 'shard-1') =>
  record({ shardId, sequenceNumber: String(sequenceNumber), subSequenceNumber })

describe('a handler is not called', () => {
  it('with a record that hung by itself', () => {
    const entries = [entry(at(7, 1))]
    assert.deepEqual(
      [of(7, 1), of(7, 0), of(8, 1), of(7, 1, 'shard-2')].map((one) => Hung.forbids(entries, [one])),
      [true, false, false, false]
    )
  })

  it('with several records any of which may be the one, but with each by itself', () => {
    const entries = [entry(at(7), at(9))]
    assert.equal(Hung.forbids(entries, [of(5), of(8)]), true)
    assert.equal(Hung.forbids(entries, [of(5), of(6)]), false)
    assert.equal(Hung.forbids(entries, [of(8)]), false)
    assert.equal(Hung.forbids([entry(at(8))], [of(7), of(8)]), true)
  })
})

it('an entry is done with when a checkpoint covers all of it', () => {
  const entries = [entry(at(7), at(9)), entry(at(10)), entry(at(3), at(3), 'shard-2')]
  assert.deepEqual(Hung.uncovered(entries, 'shard-1', at(8)), entries)
  assert.deepEqual(Hung.uncovered(entries, 'shard-1', at(9)), entries.slice(1))
  assert.deepEqual(Hung.uncovered(entries, 'shard-1', at(100)), entries.slice(2))
})

describe('the file', () => {
  const fresh = (): string => path.join(project({}), 'state', 'app', 'hung.json')

  it('is made with its folders when there is something to remember, for its user alone', () => {
    const file = fresh()
    assert.deepEqual(Hung.read(file), E.right([]))
    assert.deepEqual(Hung.cover(file, 'shard-1', at(9), 1_000), E.right(undefined))
    assert.equal(fs.existsSync(path.dirname(file)), false)
    assert.deepEqual(Hung.add(file, entry(at(7))), E.right(undefined))
    assert.deepEqual(Hung.read(file), E.right([entry(at(7))]))
    assert.equal(fs.statSync(file).mode & 0o777, 0o600)
    assert.equal(fs.statSync(path.dirname(file)).mode & 0o777, 0o700)
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ['hung.json'])
  })

  it('loses what is covered, and what is older than Kinesis keeps a record', () => {
    const file = fresh()
    const YEAR = 365 * 24 * 3600 * 1000
    Hung.add(file, entry(at(1), at(1), 'shard-2'))
    Hung.add(file, entry(at(7)))
    Hung.cover(file, 'shard-1', at(7), 1_000)
    assert.deepEqual(Hung.read(file), E.right([entry(at(1), at(1), 'shard-2')]))
    Hung.add(file, { ...entry(at(8)), time: YEAR + 1_000 })
    assert.deepEqual(Hung.read(file), E.right([{ ...entry(at(8)), time: YEAR + 1_000 }]))
  })

  it('that is not ours is told of, and written anew', () => {
    const file = fresh()
    fs.mkdirSync(path.dirname(file), { recursive: true })
    for (const [text, problem] of [
      ['{', /hung\.json cannot be read: SyntaxError/],
      [
        '{"hung":[{"shardId":3}]}',
        /hung\.json: hung\[0\]\.shardId: expected string, found 3; hung\[0\]\.from: expected a position/
      ]
    ] as const) {
      fs.writeFileSync(file, text)
      const read = Hung.read(file)
      assert.match(E.isLeft(read) ? read.left : 'it was read', problem)
      assert.deepEqual(Hung.add(file, entry(at(7))), E.right(undefined))
      assert.deepEqual(Hung.read(file), E.right([entry(at(7))]))
    }
  })

  it('that cannot be written is told of', () => {
    const folder = project({ state: 'a file' })
    const added = Hung.add(path.join(folder, 'state', 'hung.json'), entry(at(7)))
    assert.match(E.isLeft(added) ? added.left : 'it was written', /hung\.json cannot be written: /)
  })
})
