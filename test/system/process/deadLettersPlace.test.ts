/** Where dead letters are, and whose: other users, links, containers, workers that write meanwhile. */
import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, beforeEach, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Codec from '../../../src/deadLetters/DeadLetterCodec'
import type { DeadLetter } from '../../../src/core/DeadLetter'
import * as Index from '../../../src/deadLetters/DeadLetterIndex'
import * as Taking from '../../../src/deadLetters/DeadLetterTaking'
import * as OtherUser from './OtherUser'

const bin = path.resolve('dist/bin.js')
const project = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-letters-'))
const folder = path.join(project, 'shared')
const file = path.join(folder, 'dead.ndjson')
const at = (name: string): string => path.join(project, name)
after(() => fs.rmSync(project, { recursive: true }))

const HANDLER = `
const fs = require('node:fs')
exports.acquire = async () => { while (process.env.WAIT && !fs.existsSync(process.env.WAIT)) await new Promise((r) => setTimeout(r, 10)) }
exports.handler = async (record) => {
  if (process.env.TRACE) fs.appendFileSync(process.env.TRACE, Buffer.from(record.data).toString() + '\\n')
  if (process.env.POISON) throw new RangeError('still')
  return { _tag: 'Ack', outputs: process.env.SINK ? [{ sink: 'out', value: record.sequenceNumber }] : [] }
}
`
const CONFIG =
  'handler: ./handler.js\nfailure: { retries: 0, deadLetters: ./shared/dead.ndjson }\nlog: { level: error }\n'

const letter = (n: number, more: Partial<DeadLetter> = {}): DeadLetter => ({
  shardId: 'shardId-000000000000',
  sequenceNumber: String(n),
  subSequenceNumber: 0,
  partitionKey: 'key',
  approximateArrivalTimestamp: null,
  data: Buffer.from(String(n)).toString('base64'),
  reason: 'an old bug',
  error: null,
  handlerVersion: null,
  time: 1700000000000,
  ...more
})

const put = (letters: ReadonlyArray<DeadLetter>): void =>
  fs.writeFileSync(file, letters.map(Codec.encode).join(''), { mode: 0o600 })

const index = (): Index.Index => Index.read(Taking.places(file))

const left = (): ReadonlyArray<string> => index().entries.map(({ sequenceNumber }) => sequenceNumber)

interface As {
  readonly uid?: number
  readonly env?: Record<string, string>
}

const run = (args: ReadonlyArray<string>, { uid, env = {} }: As = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'dead-letters', ...args], {
    cwd: project,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 60_000,
    ...(uid === undefined ? {} : { uid, gid: uid })
  })
  return { status, stdout, stderr }
}

beforeEach(() => {
  fs.rmSync(project, { recursive: true })
  fs.mkdirSync(folder, { recursive: true })
  fs.chmodSync(project, 0o755)
  fs.writeFileSync(at('handler.js'), HANDLER)
  fs.writeFileSync(at('kcl.config.yaml'), CONFIG)
})

const asRoot = { skip: OtherUser.skip }
const mayUnshare = spawnSync('unshare', ['-pf', '--mount-proc', 'true']).status === 0
const inNamespaces = { skip: !mayUnshare && 'this user may not make PID namespaces' }

const NOBODY = 65534

/** A worker of the user nobody, which has the file open all the time and buries a letter for each line that it is sent. */
const WORKER = `
process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY})
const File = require(${JSON.stringify(path.resolve('.build/src/deadLetters/DeadLetterFile.js'))})
const opened = File.open(process.argv[1], () => {})
if (opened._tag === 'Left') { console.log(opened.left.message); process.exit(1) }
console.log('open')
const letter = ${JSON.stringify(letter(0))}
let n = 100
process.stdin.on('data', () => console.log(opened.right.bury({ ...letter, sequenceNumber: String(n++) })._tag))
`

const worker = async () => {
  const child: ChildProcess = spawn(process.execPath, ['-e', WORKER, file], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const next = async (): Promise<string> => {
    const [text] = (await once(child.stdout ?? child, 'data')) as [Buffer]
    return text.toString().trim()
  }
  assert.equal(await next(), 'open')
  return {
    bury: async (): Promise<string> => {
      child.stdin?.write('\n')
      return next()
    },
    end: async (): Promise<void> => {
      child.stdin?.end()
      await once(child, 'close')
    }
  }
}

const owner = (name: string): readonly [number, number, string] => {
  const { uid, gid, mode } = fs.statSync(name)
  return [uid, gid, (mode & 0o777).toString(8)]
}

const OF_NOBODY = [NOBODY, NOBODY, '600']

describe("letters of the worker's user, after a command of root", asRoot, () => {
  const journal = `${file}.done`
  const prepared = async () => {
    fs.chownSync(folder, NOBODY, NOBODY)
    const one = await worker()
    assert.deepEqual([await one.bury(), await one.bury()], ['Right', 'Right'])
    return one
  }

  it('stay where they are with their owner and mode, the journal has the same, and the worker goes on', async () => {
    const one = await prepared()
    const { ino } = fs.statSync(file)
    assert.equal(
      run(['replay', '--only', '1']).stdout,
      '1 letter replayed, 1 finished, 0 failed again, 1 left\n'
    )
    assert.equal(run(['discard', '--only', '1', '--yes']).status, 0)
    const aside = fs.readdirSync(folder).find((name) => name.includes('.discarded-')) ?? ''
    assert.deepEqual([file, journal, path.join(folder, aside)].map(owner), [OF_NOBODY, OF_NOBODY, OF_NOBODY])
    assert.equal(fs.statSync(file).ino, ino)
    assert.equal(await one.bury(), 'Right')
    await one.end()
    assert.match(run(['list'], { uid: NOBODY }).stdout, /^1 dead letter in/m)
    assert.equal(
      run(['replay'], { uid: NOBODY, env: { HOME: folder } }).stdout,
      '1 letter replayed, 1 finished, 0 failed again, 0 left\n'
    )
  })

  it('keep their owner and mode through a compaction, and the worker that has them open writes to the new file', async () => {
    const one = await prepared()
    assert.equal(run(['replay', '--only', '1']).status, 0)
    assert.match(run(['compact']).stdout, /^1 letter that was done removed from /)
    assert.deepEqual(owner(file), OF_NOBODY)
    assert.equal(await one.bury(), 'Right')
    await one.end()
    assert.deepEqual(left(), ['101', '102'])
    assert.deepEqual(fs.readdirSync(folder), ['dead.ndjson'])
  })

  it('are refused to another user with the reason, and nothing is changed', async () => {
    const one = await prepared()
    await one.end()
    fs.chmodSync(folder, 0o777)
    fs.chmodSync(file, 0o666)
    const before = fs.readFileSync(file)
    const refused = run(['compact'], { uid: 1234 })
    assert.equal(refused.status, 2)
    assert.match(
      refused.stderr,
      /this user cannot make a file with the owner and the mode of .*; run it as that user or as root/
    )
    assert.deepEqual(fs.readFileSync(file), before)
    assert.deepEqual(fs.readdirSync(folder), ['dead.ndjson'])
  })
})

describe('a journal that letters cannot be marked in', () => {
  const journal = `${file}.done`

  it('is refused before anything runs or is copied', asRoot, () => {
    put([letter(1), letter(2)])
    fs.chmodSync(folder, 0o777)
    fs.chmodSync(file, 0o666)
    fs.writeFileSync(journal, '', { mode: 0o644 })
    fs.writeFileSync(at('trace'), '')
    fs.chmodSync(at('trace'), 0o666)
    for (const args of [['replay'], ['discard', '--all', '--yes']]) {
      const { status, stdout, stderr } = run(args, { uid: 1234, env: { TRACE: at('trace') } })
      assert.deepEqual([status, stdout], [1, ''], stderr)
      assert.match(stderr, /EACCES: permission denied, open '.*dead\.ndjson\.done'/)
    }
    assert.equal(fs.readFileSync(at('trace'), 'utf8'), '')
    assert.deepEqual(fs.readdirSync(folder), ['dead.ndjson', 'dead.ndjson.done'])
  })

  it('is refused when it is not a regular file, and nothing waits for the other end of a pipe', () => {
    put([letter(1)])
    spawnSync('mkfifo', [journal])
    for (const command of ['list', 'replay', 'compact']) {
      const { status, stderr } = run([command])
      assert.deepEqual(
        [status === 0, /\.done, the journal .*, is a named pipe; move it away/.test(stderr)],
        [false, true]
      )
    }
  })
})

describe('a letter that is done', () => {
  it('is counted where nothing else is left', () => {
    put([letter(1)])
    assert.equal(run(['replay']).status, 0)
    assert.equal(run(['replay']).stdout, 'there is nothing to replay: 1 letter in the file is done already\n')
  })
})

describe("what root makes in another user's project", asRoot, () => {
  const kclts = (args: ReadonlyArray<string>, uid: number) => {
    const { status, stderr } = spawnSync(process.execPath, [bin, ...args], {
      cwd: project,
      encoding: 'utf8',
      uid,
      gid: uid
    })
    return { status, stderr }
  }

  it('belongs to that user, who goes on with it', () => {
    fs.rmdirSync(folder)
    fs.writeFileSync(
      at('handler.js'),
      `${HANDLER}\nexports.outputs = { out: { is: () => true, encode: (a) => a } }\n`
    )
    fs.writeFileSync(
      at('kcl.config.yaml'),
      `${CONFIG}sinks: { out: { type: file, path: ./out/lines.ndjson } }\n`
    )
    fs.writeFileSync(at('in'), '1\n')
    for (const name of ['.', 'handler.js', 'kcl.config.yaml', 'in']) fs.chownSync(at(name), NOBODY, NOBODY)
    assert.deepEqual(kclts(['check'], 0).status, 0)
    assert.deepEqual(kclts(['dev', 'in'], 0).status, 0)
    const made = fs.readdirSync(project, { recursive: true }).map((name) =>
      owner(at(String(name)))
        .slice(0, 2)
        .join()
    )
    assert.deepEqual([made.length, [...new Set(made)]], [9, [`${NOBODY},${NOBODY}`]])
    fs.appendFileSync(at('in'), '2\n')
    const { status, stderr } = kclts(['dev', 'in'], NOBODY)
    assert.deepEqual([status, stderr.includes('continuing after line 1')], [0, true], stderr)
  })
})

describe('a file of letters that is a symbolic link', () => {
  const target = at('release/dead.ndjson')

  it('stays one, whatever is done to the letters', () => {
    fs.mkdirSync(path.dirname(target))
    put([letter(1), letter(2), letter(3)])
    fs.renameSync(file, target)
    fs.symlinkSync('../release/dead.ndjson', file)
    assert.equal(run(['replay', '--only', '1']).status, 0)
    assert.equal(run(['discard', '--only', '1', '--yes']).status, 0)
    assert.equal(run(['compact']).status, 0)
    assert.equal(fs.readlinkSync(file), '../release/dead.ndjson')
    assert.equal(fs.readFileSync(target, 'utf8'), Codec.encode(letter(3)))
    assert.deepEqual(fs.readdirSync(folder), ['dead.ndjson'])
  })

  it('may lead nowhere as yet when a worker starts', asRoot, async () => {
    fs.mkdirSync(path.dirname(target))
    fs.chownSync(path.dirname(target), NOBODY, NOBODY)
    fs.symlinkSync('../release/dead.ndjson', file)
    const one = await worker()
    assert.equal(await one.bury(), 'Right')
    await one.end()
    assert.equal(fs.readlinkSync(file), '../release/dead.ndjson')
    assert.match(fs.readFileSync(target, 'utf8'), /"sequenceNumber":"100"/)
  })
})

describe('two replays in two containers of one host name, which share the folder', () => {
  it('do not run at the same time, and no letter is lost', inNamespaces, async () => {
    put([1, 2, 3].map((n) => letter(n)))
    const go = at('go')
    const first = spawn(
      'unshare',
      ['-pf', '--mount-proc', process.execPath, bin, 'dead-letters', 'replay', '--only', '1'],
      { cwd: project, env: { ...process.env, WAIT: go }, stdio: ['ignore', 'pipe', 'inherit'] }
    )
    const ended = once(first, 'close')
    const isLocked = (): boolean => fs.existsSync(`${file}.lock`)
    while (!isLocked()) await new Promise((resolve) => setImmediate(resolve))
    const second = spawnSync(
      'unshare',
      ['-pf', '--mount-proc', process.execPath, bin, 'dead-letters', 'replay', '--only', '2'],
      { cwd: project, encoding: 'utf8', timeout: 60_000 }
    )
    assert.deepEqual(
      [second.status, second.stderr],
      [2, 'kclts dead-letters replay: process 1 is using it\n']
    )
    fs.writeFileSync(go, '')
    assert.deepEqual(await ended, [0, null])
    assert.deepEqual(left(), ['2', '3'])
  })
})

describe('letters of two streams that have one shard and one position', () => {
  const two = [letter(7, { stream: 'a', data: 'YQ==' }), letter(7, { stream: 'b', data: 'Yg==' })]
  const unnamed = [letter(7, { data: 'YQ==' }), letter(7, { data: 'Yg==' })]

  for (const [name, letters] of [
    ['', two],
    [' and do not name their streams', unnamed]
  ] as const)
    it(`are two${name}: both are replayed, and each has an end of its own`, () => {
      put(letters)
      const failed = run(['replay'], { env: { POISON: '1' } })
      assert.deepEqual(
        [failed.status, failed.stdout],
        [1, '2 letters replayed, 0 finished, 2 failed again, 2 left\n']
      )
      assert.deepEqual(
        index().entries.map((entry) => [entry.stream, entry.reason, entry.letters]),
        letters.map(({ stream = null }) => [stream, 'RangeError: still', 1])
      )
      assert.equal(run(['replay'], { env: { TRACE: at('trace') } }).status, 0)
      assert.equal(fs.readFileSync(at('trace'), 'utf8'), 'a\nb\n')
      assert.deepEqual(left(), [])
    })

  it('give outputs whose keys begin with their streams, or else with a hash of their data', () => {
    fs.writeFileSync(
      at('kcl.config.yaml'),
      `${CONFIG}daemon: { streamName: today }\nsinks: { out: { type: file, path: out.ndjson, ids: true, keys: 2 } }\n`
    )
    put([...two, letter(8), letter(8, { data: 'OQ==' })])
    assert.equal(run(['replay'], { env: { SINK: '1' } }).status, 0)
    assert.deepEqual(
      fs
        .readFileSync(at('out.ndjson'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly id: string }).id)
        .sort(),
      [
        'a:shardId-000000000000:7:0:0',
        'b:shardId-000000000000:7:0:0',
        'data-11zj1PKT5KkwhtKd:shardId-000000000000:8:0:0',
        'data-Y9gqRo1iH1_7GThB:shardId-000000000000:8:0:0'
      ]
    )
  })
})

describe('a compaction beside workers', () => {
  it('loses no letter that they bury', async () => {
    put([])
    const writers = ['a', 'b', 'c'].map((name) => {
      const child = spawn(
        process.execPath,
        [path.resolve('.build/test/deadLetters/buryMany.js'), file, name, '40'],
        {
          stdio: ['ignore', 'pipe', 'inherit']
        }
      )
      child.stdout.resume()
      return once(child, 'close')
    })
    let isOver = false
    const ended = Promise.all(writers).then((codes) => {
      isOver = true
      return codes
    })
    let compactions = 0
    while (!isOver) {
      const child = spawn(process.execPath, [bin, 'dead-letters', 'compact', file], {
        cwd: project,
        stdio: 'ignore'
      })
      const [code] = (await once(child, 'close')) as [number | null]
      assert.equal(code, 0)
      compactions += 1
    }
    assert.deepEqual(await ended, [
      [0, null],
      [0, null],
      [0, null]
    ])
    assert.equal(compactions > 0, true)
    const found = Codec.read(fs.readFileSync(file)).filter(E.isRight)
    const names = new Set(found.map(({ right }) => `${right.shardId} ${right.sequenceNumber}`))
    assert.equal(names.size, 120)
  })
})
