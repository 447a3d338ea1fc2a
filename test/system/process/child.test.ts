import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as ActionCodec from '../../../src/protocol/wire/Action'
import * as Action from '../../../src/protocol/Action'
import {
  ACK,
  CONFIG,
  acknowledged,
  assertReplies,
  batch,
  checkpoint,
  initialize,
  start,
  status,
  withHandler
} from './Child'

const BOTH = [status('initialize'), status('processRecords')]

describe('a conversation', () => {
  it('from initialize to the end of stdin', async () => {
    const child = start(withHandler(ACK))
    assert.equal(await child.ask(initialize), status('initialize'))
    assert.equal(await child.ask(batch(3)), status('processRecords'))
    assert.equal(await child.ask(batch(0)), status('processRecords'))
    assert.equal(await child.ask(Action.shutdownRequested), checkpoint(2))
    assert.equal(await child.ask(acknowledged(2)), status('shutdownRequested'))
    assert.equal(await child.ask(Action.leaseLost), status('leaseLost'))
    const left = await child.end()
    assert.deepEqual([left.code, left.signal], [0, null])
    assertReplies(left, [
      status('initialize'),
      status('processRecords'),
      status('processRecords'),
      checkpoint(2),
      status('shutdownRequested'),
      status('leaseLost')
    ])
  })

  it('whose line is longer than any buffer', async () => {
    const child = start(
      withHandler(
        "exports.handler = (r) => { console.log('got', r.data.length); return true }\n",
        `${CONFIG}log: { console: raw }\n`
      )
    )
    await child.ask(initialize)
    assert.equal(await child.ask(batch([{ data: Buffer.alloc(5_000_000, 'x') }])), checkpoint(0))
    const left = await child.end()
    assert.match(left.stderr, /^got 5000000$/m)
    assert.equal(left.code, 0)
  })

  it('with a dead letter, which is on disk when its checkpoint is asked for', async () => {
    const child = start(
      withHandler(
        "exports.version = '1.4.0'\nexports.handler = () => { throw new RangeError('no') }\n",
        'handler: ./handler.js\ncheckpoint: { interval: 0, count: 1 }\nfailure: { breaker: 0 }\n'
      )
    )
    await child.ask(initialize)
    assert.equal(await child.ask(batch([{ text: 'a' }])), checkpoint(0))
    const file = path.join(child.folder, 'dead-letters.ndjson')
    const { reason, handlerVersion, data } = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<
      string,
      unknown
    >
    assert.deepEqual(
      { reason, handlerVersion, data },
      { reason: 'RangeError: no', handlerVersion: '1.4.0', data: 'YQ==' }
    )
    assert.equal((await child.end()).code, 0)
  })
})

describe("stdout is the daemon's alone:", () => {
  const FAKE = '{"action":"status","responseFor":"processRecords"}'
  const noise = `
    const fs = require('node:fs')
    const { spawnSync } = require('node:child_process')
    const print = (where) => {
      console.log(null)
      console.info('info at', where)
      process.stdout.write('\\n${FAKE}\\n')
      fs.writeSync(1, '\\nnull\\n')
      spawnSync('sh', ['-c', 'echo null; echo grandchild at ' + where], { stdio: 'inherit' })
      spawnSync('sh', ['-c', 'echo detached at ' + where], { stdio: ['ignore', 1, 2], detached: true })
    }
    print('load')
    exports.handler = () => { print('record'); return false }
  `

  const printed = (stderr: string): ReadonlyArray<ReadonlyArray<unknown>> =>
    stderr
      .split('\n')
      .filter((line) => line.startsWith('{"level"'))
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      .filter(({ msg }) => msg !== 'shard initialized')
      .map(({ level, msg, shard, sequenceNumber }) => [level, msg, shard, sequenceNumber])

  it('what user code, native code and grandchildren print lands on stderr, and what console prints in its log', async () => {
    const child = start(withHandler(noise))
    assert.equal(await child.ask(initialize), status('initialize'))
    assert.equal(await child.ask(batch(2)), status('processRecords'))
    const left = await child.end()
    assertReplies(left, BOTH)
    for (const text of [FAKE, 'null', 'grandchild at load', 'detached at record'])
      assert.ok(left.stderr.split('\n').includes(text), `${text} is on stderr`)
    const shard = 'shardId-000000000000'
    const [first, second] = [checkpoint(0), checkpoint(1)].map(
      (asked) => (JSON.parse(asked) as { readonly sequenceNumber: unknown }).sequenceNumber
    )
    assert.deepEqual(printed(left.stderr), [
      ['info', 'null', undefined, undefined],
      ['info', 'info at load', undefined, undefined],
      ['info', 'null', shard, first],
      ['info', 'info at record', shard, first],
      ['info', 'null', shard, second],
      ['info', 'info at record', shard, second]
    ])
    assert.equal(left.code, 0)
  })

  it('a grandchild that reads its stdin finds it empty, and swallows nothing', async () => {
    const child = start(
      withHandler(`
        const { spawnSync } = require('node:child_process')
        const read = () => spawnSync('sh', ['-c', 'cat; echo it read all'], { stdio: 'inherit' })
        read()
        exports.handler = () => { read(); return false }
      `)
    )
    // Both lines are in the pipe before the first is answered.
    child.send(
      '{"action":"initialize","shardId":"shardId-000000000000","sequenceNumber":"TRIM_HORIZON","subSequenceNumber":0}\n'
    )
    assert.equal(await child.reply(), status('initialize'))
    assert.equal(await child.ask(batch(1)), status('processRecords'))
    assert.equal(await child.ask(batch(1)), status('processRecords'))
    const left = await child.end()
    assertReplies(left, [...BOTH, status('processRecords')])
    assert.equal(left.stderr.match(/^it read all$/gm)?.length, 3)
  })

  it('user code that reads process.stdin finds it empty, and the child hears the daemon nevertheless', async () => {
    const child = start(
      withHandler(`
        process.stdin.on('data', () => console.log('stole a byte')).on('end', () => console.log('nothing there'))
        exports.handler = () => false
      `)
    )
    await child.ask(initialize)
    await child.seen('nothing there')
    assert.equal(await child.ask(batch(1)), status('processRecords'))
    const left = await child.end()
    assert.doesNotMatch(left.stderr, /stole a byte/)
    assertReplies(left, BOTH)
  })

  it('a grandchild has no descriptor of the conversation', async () => {
    const child = start(
      withHandler(`
        const { spawnSync } = require('node:child_process')
        exports.handler = () => {
          spawnSync('sh', ['-c', 'for fd in 3 4 5 6 7 8 9; do (echo null >&$fd) 2>/dev/null && echo wrote to $fd; (cat <&$fd) 2>/dev/null; done; echo tried all'], { stdio: 'inherit', timeout: 5000 })
          return false
        }
      `)
    )
    await child.ask(initialize)
    assert.equal(await child.ask(batch(1)), status('processRecords'))
    const left = await child.end()
    assert.match(left.stderr, /^tried all$/m)
    assert.doesNotMatch(left.stderr, /wrote to/)
    assertReplies(left, BOTH)
  })

  it('a handler that takes away process.stdout.write and console changes nothing', async () => {
    const child = start(
      withHandler(`
        process.stdout.write = () => { throw new Error('taken') }
        console.log = undefined
        exports.handler = () => false
      `)
    )
    await child.ask(initialize)
    assert.equal(await child.ask(batch(1)), status('processRecords'))
    assert.equal((await child.end()).code, 0)
  })
})

describe('the C library of the child', () => {
  const NAME = 'MALLOC_ARENA_MAX'
  /** What user code sees, what a process that it starts sees, and, on Linux, what the child itself was started with. */
  const saying = withHandler(`
    const { execSync } = require('node:child_process')
    console.log('mine', String(process.env.${NAME}))
    console.log('theirs', execSync('echo "\${${NAME}-undefined}"').toString().trim())
    if (process.platform === 'linux')
      console.log('at first', /${NAME}=(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/environ', 'utf8'))[1])
    exports.handler = () => false
  `)

  const said = async (env: Readonly<Record<string, string>>, first: string): Promise<void> => {
    const child = start(saying, { env })
    await child.ask(initialize)
    const { stderr } = await child.end()
    const seen = env[NAME] ?? 'undefined'
    assert.ok(stderr.includes(`"mine ${seen}"`) && stderr.includes(`"theirs ${seen}"`), stderr)
    if (process.platform === 'linux') assert.ok(stderr.includes(`"at first ${first}"`), stderr)
  }

  it('has two arenas, and no process that user code starts is told so', () => said({}, '2'))

  it('does what the environment says, if it says something', () => said({ [NAME]: '5' }, '5'))
})

describe('signals', () => {
  it('SIGINT, SIGTERM and SIGHUP do not end the child while the daemon drives it', async () => {
    const child = start(withHandler(ACK, `${CONFIG}log: { level: debug, format: json }\n`))
    await child.ask(initialize)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      child.process.kill(signal)
      await child.seen(`${signal} is left to the daemon`)
      assert.equal(await child.ask(batch(1)), status('processRecords'))
    }
    assert.equal((await child.end()).code, 0)
  })

  it('do not end it while it loads the handler', async () => {
    const child = start(
      withHandler(`
        process.kill(process.pid, 'SIGTERM')
        const until = Date.now() + 50
        while (Date.now() < until);
        exports.handler = () => false
      `)
    )
    assert.equal(await child.ask(initialize), status('initialize'))
    assert.equal((await child.end()).code, 0)
  })
})

describe('the end of stdin', () => {
  const HANDLES = `
    const { spawn } = require('node:child_process')
    setInterval(() => {}, 1000)
    require('node:net').createServer().listen(0)
    require('node:fs').watch(__dirname, () => {})
    new (require('node:worker_threads').Worker)('setInterval(() => {}, 1000)', { eval: true })
    const grandchild = spawn('sleep', ['60'], { stdio: 'inherit' })
    process.on('exit', () => grandchild.kill('SIGKILL'))
    exports.handler = () => false
  `
  const DEADLINE_MS = 10_000

  const endsInTime = async (handler: string, lines: ReadonlyArray<Action.Action>): Promise<void> => {
    const child = start(withHandler(handler))
    for (const line of lines) await child.ask(line)
    const began = performance.now()
    const left = await child.end()
    const took = performance.now() - began
    assert.deepEqual([left.code, left.signal], [0, null])
    assert.ok(took < DEADLINE_MS, `it took ${took} ms`)
  }

  it('between actions ends it with 0', () => endsInTime(ACK, [initialize, batch(1)]))
  it('before any action ends it with 0', () => endsInTime(ACK, []))
  it('after leaseLost ends it with 0 soon, whatever handles user code left open', () =>
    endsInTime(HANDLES, [initialize, batch(1), Action.leaseLost]))
  it('ends it with 0 though user code set another exit code', () =>
    endsInTime('process.exitCode = 7\nexports.handler = () => false\n', [initialize]))

  it('in the middle of a batch ends it with 3 and a message, and nothing is acknowledged', async () => {
    const child = start(
      withHandler(`
        exports.handler = ({ partitionKey }) => {
          console.error('handles', partitionKey)
          const until = Date.now() + 100
          while (Date.now() < until);
          return true
        }
      `)
    )
    await child.ask(initialize)
    child.send(`${ActionCodec.encode(batch(50))}\n`)
    await child.seen('handles pk-0')
    const left = await child.end()
    assert.equal(left.code, 3)
    assert.match(left.stderr, /stdin ended in the middle of processRecords; it is not acknowledged/)
    assert.doesNotMatch(left.stdout, /responseFor":"processRecords/)
    assert.doesNotMatch(left.stderr, /handles pk-49/)
  })

  it('in the middle of a line ends it with 3 and a message', async () => {
    const child = start(withHandler(ACK))
    await child.ask(initialize)
    child.send('{"action":"processRecords","rec')
    const left = await child.end()
    assert.equal(left.code, 3)
    assert.match(left.stderr, /stdin ended in the middle of a line, after 31 bytes of it/)
    assertReplies(left, [status('initialize')])
  })
})

describe('a conversation that breaks', () => {
  it('a closed stdout ends it with 3 and a message', async () => {
    const child = start(withHandler(ACK))
    await child.ask(initialize)
    child.process.stdout.destroy()
    child.send('{"action":"processRecords","records":[],"millisBehindLatest":0}\n')
    const left = await child.left()
    assert.equal(left.code, 3)
    assert.match(left.stderr, /the daemon no longer reads our replies: .*EPIPE/)
  })

  for (const [what, line, message] of [
    ['a line that is no JSON', 'hello', /a line from the daemon cannot be read \(not JSON/],
    ['an action that is not known', '{"action":"rebalance"}', /the action \\"rebalance\\" is not known/],
    [
      'an action out of turn',
      '{"action":"initialize","shardId":"s","sequenceNumber":null,"subSequenceNumber":null}',
      /the daemon sent Initialize out of turn/
    ]
  ] as const)
    it(`${what} ends it with 3 and a message, and nothing is acknowledged`, async () => {
      const child = start(withHandler(ACK))
      await child.ask(initialize)
      child.send(`${line}\n`)
      const left = await child.left()
      assert.equal(left.code, 3)
      assert.match(left.stderr, message)
      assertReplies(left, [status('initialize')])
    })
})

describe('user code that fails outside a record', () => {
  const fails = (deed: string): string => `
    exports.handler = ({ partitionKey }) => {
      if (partitionKey === 'pk-0') ${deed}
      const until = Date.now() + 50
      while (Date.now() < until);
      return false
    }
  `
  for (const [what, deed] of [
    ['an uncaught exception', "setImmediate(() => { throw new RangeError('outside') })"],
    ['an unhandled rejection', "setImmediate(() => { void Promise.reject(new RangeError('outside')) })"]
  ] as const)
    it(`${what} halts it: what is finished is checkpointed, the batch is not acknowledged`, async () => {
      const child = start(withHandler(fails(deed)))
      await child.ask(initialize)
      const { sequenceNumber } = JSON.parse(await child.ask(batch(100))) as { sequenceNumber: string }
      child.send(`${ActionCodec.encode(Action.checkpointed(sequenceNumber, 0, null))}\n`)
      const left = await child.left()
      assert.equal(left.code, 1)
      assert.match(left.stderr, /halting: user code failed outside a record/)
      assert.match(left.stderr, /RangeError: outside/)
      assert.doesNotMatch(left.stdout, /responseFor":"processRecords/)
    })
})

describe('user code that calls process.exit', () => {
  it('leaves with 1 and a message, though it asked for 0: the batch is not acknowledged', async () => {
    const child = start(withHandler('exports.handler = () => process.exit(0)\n'))
    await child.ask(initialize)
    child.send(`${ActionCodec.encode(batch(1))}\n`)
    const left = await child.left()
    assert.equal(left.code, 1)
    assert.match(left.stderr, /user code ended the process; the work in progress is not acknowledged/)
    assert.doesNotMatch(left.stdout, /responseFor":"processRecords/)
  })
})
