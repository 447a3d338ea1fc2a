/** `kclts dead-letters` as a process: what it prints, how it ends, and what it leaves in the file. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Codec from '../../../src/deadLetters/DeadLetterCodec'
import type { DeadLetter } from '../../../src/core/DeadLetter'
import * as DeadLetterFile from '../../../src/deadLetters/DeadLetterFile'
import * as Index from '../../../src/deadLetters/DeadLetterIndex'
import * as Taking from '../../../src/deadLetters/DeadLetterTaking'

const bin = path.resolve('dist/bin.js')
const project = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-letters-'))
const at = (name: string): string => path.join(project, name)
after(() => fs.rmSync(project, { recursive: true }))

/**
 * What was handled leaves a trace, so that it can be waited for; what is poison, or an effect, the environment says.
 * A slow one stops before its last records while there is a file `hold`.
 */
const HANDLER = `
const fs = require('node:fs')
const pause = new Int32Array(new SharedArrayBuffer(4))
exports.version = '2'
exports.handler = (record) => {
  const n = JSON.parse(Buffer.from(record.data).toString())
  if (process.env.TRACE) fs.appendFileSync('handled.txt', record.shardId.slice(-1) + ':' + record.sequenceNumber + '\\n')
  if (process.env.SLOW) do Atomics.wait(pause, 0, 0, 3); while (n > 195 && fs.existsSync('hold'))
  if (process.env.EFFECT) return Promise.resolve(true)
  if (process.env.HALT && n === 4) return { _tag: 'Halt', reason: 'four' }
  if (process.env.POISON && n % 5 === 0) throw new RangeError('fives are poison')
  return { _tag: 'Ack', outputs: process.env.SINK ? [{ sink: 'out', value: n }] : [] }
}
`

const SHARD = 'shardId-000000000000'

const letter = (n: number, more: Partial<DeadLetter> = {}): DeadLetter => ({
  shardId: SHARD,
  sequenceNumber: String(n),
  subSequenceNumber: 0,
  partitionKey: `key-${n}`,
  approximateArrivalTimestamp: 1690000000000,
  data: Buffer.from(String(n)).toString('base64'),
  reason: 'an old bug',
  error: null,
  handlerVersion: '1',
  time: 1700000000000,
  ...more
})

const file = at('dead-letters.ndjson')

const put = (letters: ReadonlyArray<DeadLetter>): void =>
  fs.writeFileSync(file, letters.map(Codec.encode).join(''), { mode: 0o600 })

const upTo = (count: number): ReadonlyArray<DeadLetter> =>
  Array.from({ length: count }, (_, i) => letter(i + 1))

/** The newest letter of each record that is not done. */
const left = (): ReadonlyArray<DeadLetter> =>
  Index.read(Taking.places(file)).entries.flatMap((entry) => {
    const one = Index.letterOf(entry)
    return E.isRight(one) ? [one.right] : []
  })

const leftNumbers = (): ReadonlyArray<number> =>
  left()
    .map(({ sequenceNumber }) => Number(sequenceNumber))
    .sort((a, b) => a - b)

const filesOfLetters = (): ReadonlyArray<string> =>
  fs
    .readdirSync(project)
    .filter((name) => name.startsWith('dead-letters'))
    .sort()

const handled = (): ReadonlyArray<string> =>
  fs.existsSync(at('handled.txt')) ? fs.readFileSync(at('handled.txt'), 'utf8').trim().split('\n') : []

const CONFIG = 'handler: ./handler.js\nfailure: { retries: 0 }\nlog: { level: error }\n'

beforeEach(() => {
  fs.rmSync(project, { recursive: true })
  fs.mkdirSync(project)
  fs.writeFileSync(at('handler.js'), HANDLER)
  fs.writeFileSync(at('kcl.config.yaml'), CONFIG)
})

const run = (
  args: ReadonlyArray<string>,
  env: Record<string, string> = {},
  node: ReadonlyArray<string> = []
) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, bin, 'dead-letters', ...args], {
    cwd: project,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 120_000
  })
  return { status, stdout, stderr }
}

/** A replay at work, which does not end by itself; resolves when the handler has got so far. */
const begun = async (count: number) => {
  fs.writeFileSync(at('hold'), '')
  const child = spawn(process.execPath, [bin, 'dead-letters', 'replay'], {
    cwd: project,
    env: { ...process.env, SLOW: '1', TRACE: '1' },
    stdio: 'ignore'
  })
  const exited = once(child, 'exit')
  while (handled().length < count) await new Promise((resolve) => setImmediate(resolve))
  return { child, exited }
}

describe('kclts dead-letters replay', () => {
  it('takes away what finishes, and keeps what fails again with its new reason', () => {
    put(upTo(12))
    const { status, stdout } = run(['replay'], { POISON: '1' })
    assert.deepEqual([status, stdout], [1, '12 letters replayed, 10 finished, 2 failed again, 2 left\n'])
    assert.deepEqual(
      left().map((one) => ({ ...one, error: one.error?.name, time: one.time > letter(1).time })),
      [5, 10].map((n) => ({
        ...letter(n),
        reason: 'RangeError: fives are poison',
        error: 'RangeError',
        handlerVersion: '2',
        time: true
      }))
    )
    assert.deepEqual(run(['replay']).stdout, '2 letters replayed, 2 finished, 0 failed again, 0 left\n')
    assert.equal(run(['list']).stdout.split('\n')[0], `no dead letters in ${file}`)
    assert.equal(fs.readFileSync(file, 'utf8').split('\n').length - 1, 14)
  })

  it('runs each record once, shard by shard in the order of the positions, whatever the filter drops', () => {
    put([letter(10), letter(9), letter(2, { shardId: 'shardId-1' }), letter(1), letter(9, { time: 1 })])
    const filter = { KCLTS_FILTER_MAX_AGE: '1s', KCLTS_FILTER_EXCLUDE: 'key-*' }
    assert.equal(run(['replay'], { TRACE: '1', ...filter }).status, 0)
    assert.deepEqual(handled(), ['0:1', '0:9', '0:10', '1:2'])
  })

  it('of some leaves the others', () => {
    put(upTo(6))
    assert.equal(
      run(['replay', '--only', '2,4-5']).stdout,
      '3 letters replayed, 3 finished, 0 failed again, 3 left\n'
    )
    assert.deepEqual(leftNumbers(), [1, 3, 6])
  })

  it('delivers outputs to the configured sinks', () => {
    fs.writeFileSync(at('kcl.config.yaml'), `${CONFIG}sinks: { out: { type: file, path: out.ndjson } }\n`)
    put(upTo(3))
    assert.equal(run(['replay'], { SINK: '1' }).status, 0)
    assert.equal(fs.readFileSync(at('out.ndjson'), 'utf8'), '1\n2\n3\n')
  })

  it('needs no codec for the sink that dead letters go to', () => {
    put(upTo(2))
    fs.appendFileSync(
      at('handler.js'),
      'const any = { is: () => true, encode: (a) => a }\nexports.outputs = { out: any }\n'
    )
    fs.writeFileSync(
      at('kcl.config.yaml'),
      `handler: ./handler.js
failure: { retries: 0, deadLetters: "sink:dead" }
sinks: { out: { type: file, path: out.ndjson }, dead: { type: file, path: dead-letters.ndjson } }
log: { level: error }
`
    )
    const { status, stderr } = run(['replay', file], { SINK: 'yes' })
    assert.deepEqual([status, stderr], [0, ''])
    assert.equal(fs.readFileSync(at('out.ndjson'), 'utf8'), '1\n2\n')
    assert.deepEqual(leftNumbers(), [])
  })

  it('stops at a halt and keeps the rest', () => {
    put(upTo(8))
    const { status, stderr } = run(['replay'], { HALT: '1' })
    assert.equal(status, 1)
    assert.match(stderr, /halted before the end/)
    assert.deepEqual(leftNumbers(), [4, 5, 6, 7, 8])
  })

  it('loses nothing when an output cannot be delivered', () => {
    put(upTo(3))
    assert.equal(run(['replay'], { SINK: '1' }).status, 1)
    assert.deepEqual(leftNumbers(), [1, 2, 3])
  })

  it('as a dry run changes and delivers nothing, and is refused for an effect', () => {
    put(upTo(12))
    const before = fs.readFileSync(file)
    const dry = run(['replay', '--dry-run'], { POISON: '1', SINK: '1' })
    assert.deepEqual(
      [dry.status, dry.stdout],
      [
        1,
        'dry run, nothing was delivered or changed: 12 letters replayed, 10 finished, 2 failed again, 2 left\n'
      ]
    )
    const log = run(['replay', '--dry-run', '--log-level', 'info'], { POISON: '1' }).stderr
    assert.match(log, /record failed again/)
    assert.doesNotMatch(log, /became a dead letter/)
    const effect = run(['replay', '--dry-run'], { EFFECT: '1' })
    assert.equal(effect.status, 1)
    assert.match(effect.stderr, /even in a dry run, the effects of an effectful handler take place/)
    assert.equal(run(['replay', '--dry-run', '--effects'], { EFFECT: '1' }).status, 0)
    assert.deepEqual(fs.readFileSync(file), before)
    assert.equal(run(['replay'], { EFFECT: '1' }).status, 0)
    assert.deepEqual(leftNumbers(), [])
  })

  for (const count of [1, 40, 190])
    it(`that is killed after ${count} records has lost none, and the next one ends it`, async () => {
      put(upTo(200))
      const { child, exited } = await begun(count)
      child.kill('SIGKILL')
      await exited
      assert.match(run(['list']).stdout, /^200 dead letters in /m)
      const again = run(['replay'], { POISON: '1' })
      assert.deepEqual(
        [again.status, again.stdout],
        [1, '200 letters replayed, 160 finished, 40 failed again, 40 left\n']
      )
      assert.deepEqual(filesOfLetters(), ['dead-letters.ndjson', 'dead-letters.ndjson.done'])
    })

  it('keeps what a worker appends meanwhile, and is locked against a second one', async () => {
    const worker = DeadLetterFile.open(file, () => undefined)
    if (E.isLeft(worker)) throw new Error(worker.left.message)
    for (const one of upTo(200)) worker.right.bury(one)
    const { child, exited } = await begun(20)
    assert.deepEqual(worker.right.bury(letter(1000)), E.right(undefined))
    // It stands still in the middle of its work, however long the second one takes to start.
    child.kill('SIGSTOP')
    const second = run(['replay'])
    child.kill('SIGCONT')
    fs.rmSync(at('hold'))
    assert.equal(second.status, 2)
    assert.match(second.stderr, /is using it/)
    await exited
    assert.deepEqual(worker.right.bury(letter(1001)), E.right(undefined))
    worker.right.close()
    assert.deepEqual(leftNumbers(), [1000, 1001])
  })

  it('takes 40,000 letters, far larger than its heap', () => {
    const fd = fs.openSync(file, 'w')
    const reason = 'r'.repeat(5000)
    for (let i = 0; i < 40; i++)
      fs.writeSync(
        fd,
        Array.from({ length: 1000 }, (_, n) => Codec.encode(letter(i * 1000 + n + 1, { reason }))).join('')
      )
    fs.closeSync(fd)
    const { status, stdout } = run(['replay'], {}, ['--max-old-space-size=160'])
    assert.deepEqual(
      [status, stdout],
      [0, '40000 letters replayed, 40000 finished, 0 failed again, 0 left\n']
    )
  })
})

describe('kclts dead-letters', () => {
  it('lists each record once, with counts by reason, and reports lines that it cannot read', () => {
    put([letter(1), letter(1, { time: 1700000001000 }), letter(2, { reason: '\u001b[31mred' })])
    fs.appendFileSync(file, 'cut\n')
    const { status, stdout, stderr } = run(['list'])
    assert.equal(status, 1)
    assert.match(stdout, /^1 .* 1\/0 .* x2 +an old bug$/m)
    assert.match(stdout, /^2 .* x1 +\\u001b\[31mred$/m)
    assert.match(stderr, /dead-letters\.ndjson:4: not JSON/)
  })

  it('shows data as it is, and nothing that a terminal obeys', () => {
    const bytes = Buffer.from([0, 1, 255, 27])
    put([letter(1, { data: bytes.toString('base64') }), letter(2, { data: '\u001b[2J!' })])
    assert.match(run(['show', '1']).stdout, /data \(4 bytes\)\n00000000 {2}00 01 ff 1b/)
    assert.match(run(['show', '2']).stdout, /data \(not base64, shown as it is\)\n\\u001b\[2J!/)
    assert.equal(run(['show', '2', '--data']).status, 1)
    assert.equal(run(['show', '3']).status, 2)
    assert.equal(run(['show', '1', '--data']).stdout, bytes.toString())
  })

  it('discarded every letter, when --since was a time in seconds or milliseconds since 1970', () => {
    put(upTo(2))
    for (const number of ['1796046000', '1796046000000', '2', '1.5', ' 3 ']) {
      const { status, stderr } = run(['discard', '--since', number, '--yes'])
      assert.equal(status, 2)
      assert.match(stderr, /A number alone may be a time or how long ago.*add a unit, such as 2h/)
    }
    assert.deepEqual(leftNumbers(), [1, 2])
    assert.equal(run(['discard', '--since', '2s', '--yes']).status, 0)
  })

  it('discards by moving, after a yes', () => {
    put(upTo(4))
    assert.equal(run(['discard', '--all']).status, 2)
    assert.deepEqual(leftNumbers(), [1, 2, 3, 4])
    assert.equal(run(['discard', '--only', '2-3', '--yes']).status, 0)
    assert.deepEqual(leftNumbers(), [1, 4])
    const aside = fs.readdirSync(project).find((name) => name.includes('.discarded-')) ?? ''
    assert.deepEqual(
      fs.readFileSync(at(aside), 'utf8'),
      [letter(2), letter(3)].map((one) => Codec.encode(one)).join('')
    )
  })

  it('needs a file: none there, or dead letters that go to a sink, is reported', () => {
    const missing = run(['list'])
    assert.deepEqual(
      [missing.status, missing.stderr],
      [2, `kclts dead-letters list: there is no file ${file}, so there are no dead letters in it\n`]
    )
    fs.writeFileSync(
      at('kcl.config.yaml'),
      'handler: ./handler.js\nfailure: { deadLetters: "sink:out" }\nsinks: { out: { type: file, path: out.ndjson } }\n'
    )
    const sink = run(['list'])
    assert.equal(sink.status, 2)
    assert.match(sink.stderr, /failure\.deadLetters is sink:out, and there is no file/)
    put([])
    assert.deepEqual(run(['list', 'dead-letters.ndjson']), {
      status: 0,
      stdout: `no dead letters in ${file}\n`,
      stderr: ''
    })
  })
})
