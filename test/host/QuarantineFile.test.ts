import * as assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import nodeFs, * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Position from '../../src/protocol/Position'
import * as Quarantine from '../../src/host/Quarantine'
import * as QuarantineFile from '../../src/host/QuarantineFile'
import { project } from '../system/process/Child'
import * as OtherUser from '../system/process/OtherUser'

const at = (sequenceNumber: number): Position.Position => Position.make(String(sequenceNumber), 0)

const entry = (from: Position.Position, to = from, time = 1_000): Quarantine.Entry => ({
  shardId: 'shard-1',
  from,
  to,
  time,
  stream: 'orders',
  part: 'handler',
  how: 'exited'
})

const suspected = (one: Quarantine.Entry): Quarantine.Event => ({ _tag: 'Suspected', entry: one })
const charged = (one: Quarantine.Entry): Quarantine.Event => ({ _tag: 'Charged', entry: one })
const covered = (position: Position.Position, time: number): Quarantine.Event => ({
  _tag: 'Covered',
  stream: 'orders',
  shardId: 'shard-1',
  position,
  time
})

const fresh = (): string => path.join(project({}), 'state', 'app', 'hung.json')
const knownIn = (file: string, now = 1_000): Quarantine.Known => QuarantineFile.read(file, now).known

const MODULE = JSON.stringify(path.join(__dirname, '../../src/host/QuarantineFile.js'))

/** A worker of the application that remembers so many suspects, and clears away after each. */
const worker = (file: string, from: number, count: number): string =>
  `const QuarantineFile = require(${MODULE}), file = ${JSON.stringify(file)}
   for (let n = ${from}; n < ${from + count}; n++) {
     const p = { sequenceNumber: String(n), subSequenceNumber: 0 }
     const entry = { stream: 'orders', shardId: 'shard-1', from: p, to: p, part: 'handler', how: 'exited', time: n }
     const done = QuarantineFile.remember(file, [{ _tag: n % 2 ? 'Suspected' : 'Charged', entry }], n)
     if (done._tag === 'Left') throw new Error(done.left)
     const old = require('fs').existsSync(file + '.journal') && QuarantineFile.tidy(file, n, 1)
     if (old && old._tag === 'Left') throw new Error(old.left)
   }`

describe('the journal', () => {
  it('is made with its folders when there is something to remember, for its user alone', () => {
    const file = fresh()
    assert.deepEqual(QuarantineFile.read(file, 1_000), { known: Quarantine.nothing, problem: null })
    assert.deepEqual(QuarantineFile.tidy(file, 1_000), E.right(undefined))
    assert.equal(fs.existsSync(path.dirname(file)), false)
    assert.deepEqual(QuarantineFile.remember(file, [suspected(entry(at(7)))], 1_000), E.right(undefined))
    assert.deepEqual(knownIn(file), { charged: [], suspects: [entry(at(7))] })
    assert.equal(fs.statSync(QuarantineFile.journalOf(file)).mode & 0o777, 0o600)
    assert.equal(fs.statSync(path.dirname(file)).mode & 0o777, 0o700)
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ['hung.json.journal'])
  })

  it('forgets what is covered, and is removed with the last of it', () => {
    const file = fresh()
    QuarantineFile.remember(file, [suspected(entry(at(7))), charged(entry(at(8)))], 1_000)
    QuarantineFile.remember(file, [covered(at(7), 2_000)], 2_000)
    assert.deepEqual(knownIn(file), { charged: [entry(at(8))], suspects: [] })
    assert.deepEqual(QuarantineFile.tidy(file, 2_000), E.right(undefined))
    assert.deepEqual(knownIn(file), { charged: [entry(at(8))], suspects: [] })
    QuarantineFile.remember(file, [covered(at(8), 3_000)], 3_000)
    assert.deepEqual(QuarantineFile.tidy(file, 3_000), E.right(undefined))
    assert.deepEqual(knownIn(file), Quarantine.nothing)
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ['hung.json'])
  })

  it('is read past a line that a crash has cut', () => {
    const file = fresh()
    QuarantineFile.remember(file, [suspected(entry(at(7)))], 1_000)
    fs.appendFileSync(QuarantineFile.journalOf(file), '{"event":"suspected","entry":{"shardId":"sha')
    QuarantineFile.remember(file, [suspected(entry(at(8)))], 1_000)
    assert.deepEqual(knownIn(file).suspects, [entry(at(7)), entry(at(8))])
  })

  it('is read with what a worker had renamed that was killed while it cleared away', () => {
    const file = fresh()
    QuarantineFile.remember(file, [suspected(entry(at(7)))], 1_000)
    fs.renameSync(QuarantineFile.journalOf(file), `${QuarantineFile.journalOf(file)}.1000-1-1`)
    QuarantineFile.remember(file, [suspected(entry(at(8)))], 1_000)
    assert.deepEqual(knownIn(file).suspects, [entry(at(7)), entry(at(8))])
    assert.deepEqual(QuarantineFile.tidy(file, 1_000), E.right(undefined))
    assert.deepEqual(
      knownIn(file)
        .suspects.map(({ from }) => from.sequenceNumber)
        .sort(),
      ['7', '8']
    )
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ['hung.json.journal'])
  })

  it('that cannot be written is reported', () => {
    const folder = project({ state: 'a file' })
    const file = path.join(folder, 'state', 'hung.json')
    const added = QuarantineFile.remember(file, [suspected(entry(at(7)))], 1_000)
    assert.match(E.isLeft(added) ? added.left : 'it was written', /hung\.json\.journal cannot be written: /)
  })

  it('is written once more by a worker whose line came too late for the one that clears it away', (t) => {
    const file = fresh()
    const journal = QuarantineFile.journalOf(file)
    QuarantineFile.remember(file, [suspected(entry(at(7)))], 1_000)
    let isFirst = true
    t.mock.method(nodeFs, 'fsyncSync', () => {
      if (!isFirst) return
      isFirst = false
      fs.renameSync(journal, `${journal}.1000-1-1`)
      fs.rmSync(`${journal}.1000-1-1`)
    })
    assert.deepEqual(QuarantineFile.remember(file, [suspected(entry(at(8)))], 1_000), E.right(undefined))
    assert.deepEqual(knownIn(file).suspects, [entry(at(8))])
  })

  it('loses nothing when several workers write to it and clear it away at the same time', async () => {
    const file = fresh()
    const workers = [0, 1, 2].map((n) =>
      spawn(process.execPath, ['-e', worker(file, 1 + 100 * n, 60)], {
        stdio: ['ignore', 'inherit', 'inherit']
      })
    )
    const codes = await Promise.all(workers.map(async (one) => ((await once(one, 'exit')) as [number])[0]))
    assert.deepEqual(codes, [0, 0, 0])
    const { charged: all, suspects } = knownIn(file)
    assert.deepEqual(
      [...all, ...suspects].map(({ from }) => from.sequenceNumber).sort(),
      [0, 1, 2].flatMap((n) => Array.from({ length: 60 }, (_, i) => String(1 + 100 * n + i))).sort()
    )
  })
})

describe('the file beside the journal', () => {
  it('holds the charged records, as version 0.1 reads them', () => {
    const file = fresh()
    QuarantineFile.remember(file, [suspected(entry(at(6))), charged(entry(at(7)))], 1_000)
    const { hung } = JSON.parse(fs.readFileSync(file, 'utf8')) as { readonly hung: unknown }
    assert.deepEqual(hung, [entry(at(7))])
    QuarantineFile.remember(file, [covered(at(7), 2_000)], 2_000)
    assert.deepEqual(JSON.parse(fs.readFileSync(file, 'utf8')), { hung: [] })
  })

  it('keeps its owner, its mode and its link', () => {
    const file = fresh()
    const real = path.join(path.dirname(file), 'real.json')
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(real, '{"hung":[]}', { mode: 0o640 })
    fs.chmodSync(real, 0o640)
    fs.symlinkSync(real, file)
    QuarantineFile.remember(file, [charged(entry(at(7)))], 1_000)
    assert.equal(fs.lstatSync(file).isSymbolicLink(), true)
    assert.equal(fs.statSync(real).mode & 0o777, 0o640)
    assert.match(fs.readFileSync(real, 'utf8'), /"sequenceNumber": "7"/)
  })

  it('that is not ours is reported, and does no harm', () => {
    const file = fresh()
    fs.mkdirSync(path.dirname(file), { recursive: true })
    for (const [text, problem] of [
      ['{', /hung\.json cannot be read: SyntaxError/],
      ['{"hung":[{"shardId":3}]}', /hung\.json: hung\[0\]\.shardId: expected string, found 3; /]
    ] as const) {
      fs.writeFileSync(file, text)
      QuarantineFile.remember(file, [suspected(entry(at(7)))], 1_000)
      const read = QuarantineFile.read(file, 1_000)
      assert.match(read.problem ?? 'it was read', problem)
      assert.deepEqual(read.known.suspects, [entry(at(7))])
    }
  })
})

it(
  'what root writes in the folder of another user is read and written by that user',
  { skip: OtherUser.skip },
  () => {
    const [user, other] = [65534, 1234]
    const folder = fs.mkdtempSync('/tmp/kclts-hung-')
    fs.chmodSync(folder, 0o755)
    const state = path.join(folder, 'state')
    fs.mkdirSync(state, { mode: 0o700 })
    fs.chownSync(state, user, user)
    const file = path.join(state, 'hung.json')
    assert.deepEqual(QuarantineFile.remember(file, [charged(entry(at(8)))], 1_000), E.right(undefined))
    const as = (uid: number, from: number): number | null =>
      spawnSync(process.execPath, ['-e', worker(file, from, 2)], { uid, gid: uid, cwd: '/' }).status
    assert.equal(as(user, 1), 0)
    assert.equal(as(other, 3), 1)
    assert.deepEqual(
      [...knownIn(file).charged, ...knownIn(file).suspects].map(({ from }) => from.sequenceNumber).sort(),
      ['1', '2', '8']
    )
    for (const name of fs.readdirSync(state)) assert.equal(fs.statSync(path.join(state, name)).uid, user)
    fs.rmSync(folder, { recursive: true })
  }
)
