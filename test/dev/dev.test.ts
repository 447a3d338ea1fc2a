/** `kclts dev` as a process: what it prints, how it ends, and what it leaves for the next run. */
import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import * as KinesisRecord from '../../src/protocol/KinesisRecord'
import { HEADER, played, write } from '../lab/Recordings'

const bin = path.resolve('dist/bin.js')
const project = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-dev-'))
const at = (name: string): string => path.join(project, name)
after(() => fs.rmSync(project, { recursive: true }))

/**
 * Appends what it handled to a file, so that a killed run leaves a trace. A slow one waits a little at each record, and
 * stops before its last records while there is a file `hold`, so that it does not end before it is killed.
 */
const HANDLER = `
const fs = require('node:fs')
const pause = new Int32Array(new SharedArrayBuffer(4))
exports.handler = (record) => {
  const n = JSON.parse(Buffer.from(record.data).toString())
  while (process.env.SLOW && n > 330 && fs.existsSync('hold')) Atomics.wait(pause, 0, 0, 2)
  console.error('handling', n)
  fs.appendFileSync('handled.txt', n + '\\n')
  if (process.env.SLOW) Atomics.wait(pause, 0, 0, 2)
  if (process.env.CRASH && n === 5) setImmediate(() => { throw new Error('outside') })
  if (process.env.HALT && n === 7) return { _tag: 'Halt', reason: 'seven', outputs: [] }
  return n % 10 === 0 ? { _tag: 'Reject', reason: 'tens are poison' } : false
}
`

const RECORDS = 400

beforeEach(() => {
  fs.rmSync(project, { recursive: true })
  fs.mkdirSync(project)
  fs.writeFileSync(at('handler.js'), HANDLER)
  fs.writeFileSync(
    at('kcl.config.yaml'),
    'handler: ./handler.js\ncheckpoint: { count: 10 }\nlog: { level: error }\n'
  )
  fs.writeFileSync(
    at('events.ndjson'),
    Array.from({ length: RECORDS }, (_, i) => `{"partitionKey":"k${i % 9}","data":${i + 1}}\n`).join('')
  )
})

const env = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({ ...process.env, ...more })

const run = (args: ReadonlyArray<string>, more: Record<string, string> = {}, input?: string) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'dev', ...args], {
    cwd: project,
    env: env(more),
    encoding: 'utf8',
    timeout: 300_000,
    ...(input === undefined ? {} : { input })
  })
  return { status, stdout, stderr }
}

/** A run that does not end while there is the file `hold`. */
const begin = (args: ReadonlyArray<string>): ChildProcess => {
  fs.writeFileSync(at('hold'), '')
  return spawn(process.execPath, [bin, 'dev', ...args], {
    cwd: project,
    env: env({ SLOW: '1' }),
    stdio: 'ignore'
  })
}

const handled = (): ReadonlyArray<number> =>
  fs.existsSync(at('handled.txt'))
    ? fs.readFileSync(at('handled.txt'), 'utf8').trim().split('\n').map(Number)
    : []

/** Resolves when the handler has got so far. */
const reached = async (count: number): Promise<void> => {
  while (handled().length < count) await new Promise((resolve) => setImmediate(resolve))
}

const all = Array.from({ length: RECORDS }, (_, i) => i + 1)
const distinct = (numbers: ReadonlyArray<number>): ReadonlyArray<number> =>
  [...new Set(numbers)].sort((a, b) => a - b)

interface Told {
  readonly exitCode: number
  readonly records: Readonly<Record<string, number | null>>
  readonly checkpoints: Readonly<Record<string, number | null>>
  readonly replay: number
  readonly shards: ReadonlyArray<{ readonly position: string | null; readonly consumed: number }>
}

const told = (stdout: string): Told => JSON.parse(stdout) as Told

describe('kclts dev', () => {
  it('consumes a file, and prints nothing but the summary on stdout, as JSON when asked', () => {
    const { status, stdout, stderr } = run(['events.ndjson', '--shards', '2', '--json'])
    const { exitCode, records, replay, shards } = told(stdout)
    assert.equal(status, 0)
    assert.deepEqual(
      { exitCode, records, replay, consumed: shards.reduce((sum, { consumed }) => sum + consumed, 0) },
      {
        exitCode: 0,
        records: { consumed: 400, delivered: 400, again: 0, skipped: 0, deadLetters: 40, unreadable: 0 },
        replay: 0,
        consumed: 400
      }
    )
    assert.match(
      stderr,
      /"shard":"shardId-\d+","sequenceNumber":"\d+","subSequenceNumber":0,"msg":"handling 1"/
    )
    assert.equal(fs.readFileSync(at('dead-letters.ndjson'), 'utf8').trim().split('\n').length, 40)
    assert.deepEqual(distinct(handled()), all)
  })

  it('ends with 5 and a sentence when every record became a dead letter, also when they came again', () => {
    fs.writeFileSync(at('handler.js'), "exports.handler = () => ({ _tag: 'Reject', reason: 'no' })\n")
    const { status, stdout } = run(['events.ndjson'])
    assert.deepEqual(
      [status, stdout.split('\n')[0]],
      [5, 'Every record became a dead letter: the handler accepted none. kclts dead-letters list shows why.']
    )
    const again = run([
      'events.ndjson',
      '--fresh',
      '--checkpoint-count',
      '0',
      '--kill-after',
      '100',
      '--json'
    ])
    assert.deepEqual([again.status, told(again.stdout).exitCode], [5, 5])
    assert.ok(Number(told(again.stdout).records.again) > 0)
  })

  it('runs a built-in example where nothing is configured, leaves nothing behind, and says what to do next', () => {
    for (const file of fs.readdirSync(project)) fs.rmSync(at(file))
    for (const more of [[], ['--spawn']]) {
      const { status, stdout, stderr } = run(['--generate', '100', '--log-level', 'error', ...more])
      assert.deepEqual([status, stdout.split('\n')[0]], [0, 'Everything was consumed.'], stderr)
      assert.match(stdout, /\nThat was a built-in example\. .*\n {2}npx kclts init my-consumer\n$/)
      assert.match(stderr, /^kclts dev: there is no configuration here/)
    }
    assert.deepEqual(fs.readdirSync(project), [])
    assert.match(run(['events.ndjson']).stderr, /begin a project with kclts init/)
  })

  it('plays a recording each time from its beginning, and records nothing itself', () => {
    const records = [3, 10].map((n) =>
      KinesisRecord.make({
        shardId: HEADER.shard,
        sequenceNumber: `${n}00`,
        subSequenceNumber: 0,
        partitionKey: 'k',
        approximateArrivalTimestamp: null,
        base64: Buffer.from(`${n}`).toString('base64')
      })
    )
    fs.mkdirSync(at('recordings'))
    write(at('recordings'), {}, played({ moves: [{ now: 1_100, records }] }).slice(0, -1))
    const before = fs.readdirSync(at('recordings'))
    const { status, stdout, stderr } = run([
      '--from',
      'recordings',
      '--record-folder',
      'recordings',
      '--json'
    ])
    const { records: counted, shards } = told(stdout)
    assert.deepEqual(
      [status, counted, shards, handled(), fs.readdirSync(at('recordings'))],
      [
        0,
        { consumed: 2, delivered: 2, again: 0, skipped: 0, deadLetters: 1, unreadable: 0 },
        [{ shard: HEADER.shard, parent: null, position: '1000/0', consumed: 2, replay: 0 }],
        [3, 10],
        before
      ]
    )
    assert.match(stderr, /kclts dev: nothing is recorded while a recording is played\n/)
    assert.match(stderr, /kclts dev: the recording is incomplete: shardId-000000000000: \S+ is cut/)
    assert.match(
      run(['--from', 'recordings', '--shards', '2']).stderr,
      /--from .* cannot be used with .*--shards/
    )
    assert.match(
      run(['--from', 'recordings', 'events.ndjson']).stderr,
      /a file and --from exclude each other/
    )
  })

  it('goes on where the last run was, and says when there is nothing new', () => {
    run(['events.ndjson'])
    const again = run(['events.ndjson'])
    assert.deepEqual([again.status, handled().length], [0, RECORDS])
    assert.match(
      again.stdout,
      /There was nothing new since the last run; --fresh starts from the beginning\.\n$/
    )
    fs.appendFileSync(at('events.ndjson'), '{"partitionKey":"a","data":401}\n')
    run(['events.ndjson'])
    assert.deepEqual(handled().slice(RECORDS), [401])
    run(['events.ndjson', '--fresh'])
    assert.equal(handled().length, 2 * RECORDS + 2)
  })

  for (const spawned of [[], ['--spawn']])
    it(`resumes after SIGKILL with nothing lost, and repeats only what no checkpoint covered ${spawned.join('')}`, async () => {
      const args = ['events.ndjson', '--shards', '2', '--batch', '20', ...spawned]
      const child = begin(args)
      await reached(130)
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
      fs.rmSync(at('hold'))
      const before = handled().length
      assert.equal(before < RECORDS, true)
      const { status, stdout } = run([...args, '--json'])
      assert.equal(status, 0)
      assert.deepEqual(distinct(handled()), all)
      // Two shards, each with the batch in progress and the one whose checkpoint was not stored yet.
      assert.equal((told(stdout).records['consumed'] ?? 0) + before <= RECORDS + 2 * 40, true)
    })

  it('is locked no longer when `acquire` has failed', () => {
    fs.appendFileSync(at('handler.js'), "exports.acquire = () => { throw new Error('no database') }\n")
    const { status, stderr } = run(['events.ndjson'])
    assert.equal(status, 2)
    assert.match(stderr, /^kclts dev: `acquire` of handler\.js failed: Error: no database\n/)
    assert.deepEqual(
      fs.readdirSync(at('.kclts')).filter((name) => name.includes('lock')),
      []
    )
  })

  it('is locked against a second run', async () => {
    const child = begin(['events.ndjson'])
    await reached(1)
    const { status, stderr } = run(['events.ndjson'])
    assert.equal(status, 2)
    assert.match(stderr, new RegExp(`is locked: process ${child.pid} is using it`))
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  })

  it('stops gracefully at SIGINT: what is finished is checkpointed, exit code 4, and the next run goes on', async () => {
    const child = begin(['events.ndjson'])
    await reached(20)
    const exited = once(child, 'exit')
    child.kill('SIGINT')
    fs.rmSync(at('hold'))
    assert.deepEqual(await exited, [4, null])
    const { status } = run(['events.ndjson'])
    assert.deepEqual([status, handled()], [0, all])
  })

  it('reads stdin, and reports a line that is not a record by its number: exit code 4', () => {
    const { status, stdout, stderr } = run(['--json'], {}, '1\n{"partitionKey":1}\n3\n')
    assert.equal(status, 4)
    assert.deepEqual(handled(), [1, 3])
    assert.equal(told(stdout).records['unreadable'], 1)
    assert.match(
      stderr,
      /^kclts: line 2 of the input is not a record: partitionKey: expected text of 1 to 256 characters, found 1$/m
    )
  })

  it('halts when the handler does: exit code 1, with the reason in the log', () => {
    const { status, stdout, stderr } = run(['events.ndjson'], { HALT: '1' })
    assert.equal(status, 1)
    assert.match(stdout, /^ {2}records +6 consumed/m)
    assert.match(stderr, /halting: seven/)
    assert.match(stdout, /^shardId-000000000000: the child halted; its log says why\n/)
  })

  it('reports the records a second that were consumed, not of all that were delivered', () => {
    const { stdout } = run(['events.ndjson', '--json'], { HALT: '1' })
    const { records, seconds, recordsPerSecond } = JSON.parse(stdout) as Record<string, number> & {
      readonly records: Record<string, number>
    }
    assert.deepEqual([records['consumed'], records['delivered']], [6, RECORDS])
    // Both are rounded.
    assert.ok(Number(recordsPerSecond) < 12 / Math.max(Number(seconds), 0.001))
  })

  it('halts when user code fails outside a record', () => {
    fs.appendFileSync(
      at('handler.js'),
      "setImmediate(() => setImmediate(() => { throw new Error('outside') }))\n"
    )
    const { status, stderr } = run(['--generate', '100000'], { SLOW: '1' })
    assert.equal(status, 1)
    assert.match(stderr, /Error: outside.*halting: user code failed outside a record/)
  })

  for (const [what, code] of [
    ['in a record', 'exports.handler = () => process.exit(0)\n'],
    ['while it is loaded', 'process.exit(0)\n']
  ] as const)
    it(`a handler that calls process.exit ${what} ends it with 1 and a message, though it asked for 0`, () => {
      fs.writeFileSync(at('exiting.js'), code)
      const { status, stdout, stderr } = run(['--generate', '10', '--handler', 'exiting.js'])
      assert.deepEqual([status, stdout], [1, ''])
      assert.match(stderr, /^kclts: the process ended before the run did: the handler calls process\.exit/m)
    })

  it('goes through a split, throttling, lost leases and a crash with every record handled', () => {
    const trouble = '--split-after 150 --throttle 0.3 --lose-lease 0.2 --kill-after 200 --batch 15 --seed 3'
    const { status, stdout } = run(['events.ndjson', '--shards', '2', '--json', ...trouble.split(' ')])
    const { records, shards } = told(stdout)
    assert.deepEqual(
      [status, records['consumed'], shards.length, shards[0]?.position],
      [0, 400, 4, 'SHARD_END']
    )
    assert.deepEqual(distinct(handled()), all)
  })

  const mistakes: ReadonlyArray<readonly [string, RegExp]> = [
    ['--shards 0', /Expected a whole number of 1 or more/],
    ['--throttle 2', /Expected a number from 0 to 1/],
    ['--shrads 2', /Did you mean --shards\?/],
    ['nothing.ndjson', /nothing\.ndjson cannot be read/],
    ['.', /is a folder/],
    ['events.ndjson --generate 5', /exclude each other/],
    ['--follow --generate 5', /--follow is for a file that grows/],
    ['events.ndjson --checkpoint-interval soon', /checkpoint\.interval: found "soon"/],
    ['events.ndjson --handler nothing.js', /nothing\.js/]
  ]
  for (const [args, expected] of mistakes)
    it(`explains a wrong use with exit code 2: ${args}`, () => {
      const { status, stdout, stderr } = run(args.split(' '))
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(stderr, expected)
    })
})

describe('kclts dev with records of 10 MiB', () => {
  it('hands them to the handler, and with --spawn through the codecs of a child', () => {
    const size = 10 << 20
    const line = JSON.stringify({
      partitionKey: 'p',
      dataBase64: Buffer.alloc(size, 0xfb).toString('base64')
    })
    const text = JSON.stringify({ partitionKey: 'p', data: { text: 'x'.repeat(size) } })
    fs.writeFileSync(at('large.ndjson'), `${line}\n${text}\n`)
    fs.writeFileSync(
      at('handler.js'),
      "exports.handler = (r) => { require('fs').appendFileSync('handled.txt', r.data.length + '\\n'); return true }\n"
    )
    for (const spawned of [[], ['--spawn']]) {
      const { status } = run(['large.ndjson', '--fresh', ...spawned])
      assert.equal(status, 0)
    }
    assert.deepEqual(handled(), [size, size + 11, size, size + 11])
  })

  it('writes a dead letter of one whose codec finds a million errors, and says where the first are', () => {
    fs.writeFileSync(
      at('handler.js'),
      `const { decodeJson } = require(${JSON.stringify(path.resolve('.'))})
const t = require(${JSON.stringify(path.resolve('node_modules/io-ts'))})
exports.handler = decodeJson(t.array(t.string))(() => false)\n`
    )
    fs.writeFileSync(at('large.ndjson'), `[${'7,'.repeat(1_000_000)}7]\n`)
    const { status } = run(['large.ndjson'])
    const letter = JSON.parse(fs.readFileSync(at('dead-letters.ndjson'), 'utf8')) as {
      readonly reason: string
    }
    assert.equal(status, 5)
    assert.match(letter.reason, /^\[0\]: expected string, found 7; .* \[19\]: .*; and 999981 more errors$/)
  })
})
