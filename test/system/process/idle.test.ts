/**
 * A child whose stdin is a pipe that waits, as the daemon's is (that of a child of Node does not): its read holds the
 * process up while nothing else waits for the event loop. What does is run as if it did not.
 */
import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { afterEach, describe, it } from 'node:test'
import * as ActionCodec from '../../../src/protocol/wire/Action'
import * as Action from '../../../src/protocol/Action'
import { records } from '../../../src/testing'
import * as Child from './Child'

const initialize = Action.initialize('shardId-000000000000', 'TRIM_HORIZON', 0)
const batch = (count: number): Action.Action => Action.processRecords(records(count), 0)
const status = (name: string): string => `{"action":"status","responseFor":"${name}"}`

const THROUGH_PIPE = ['sh', '-c', `cat | exec "${Child.WRAPPER}" --config '~/kcl.config.yaml'`]

const started: Array<Child.Child> = []
afterEach(() => {
  // A failed test has not ended its `cat`, which would keep all of them from ending.
  for (const child of started.splice(0)) child.process.stdin.end()
})

const start = (handler: string, config = Child.CONFIG): Child.Child => {
  const child = Child.start(Child.withHandler(handler, config), { command: THROUGH_PIPE })
  started.push(child)
  return child
}

const PRINT = "const print = (text) => require('node:fs').writeSync(2, `${text}\\n`)\n"

/** The daemon says nothing after the records, so what is printed later was not held up. */
const printsWhileIdle = async (handler: string, text: string): Promise<void> => {
  const child = start(PRINT + handler)
  await child.ask(initialize)
  assert.equal(await child.ask(batch(3)), status('processRecords'))
  await child.seen(text)
  assert.equal(await child.ask(batch(2)), status('processRecords'))
  assert.equal((await child.end()).code, 0)
}

const childrenOf = (pid: number): ReadonlyArray<number> =>
  fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)

/** The shell has two children: this one, and a `cat`, which is a `sh` until it has begun. */
const nodeOf = (child: Child.Child): number => {
  const pids = childrenOf(child.process.pid ?? assert.fail())
  const isNode = (pid: number): boolean => !/^(cat|sh)$/m.test(fs.readFileSync(`/proc/${pid}/comm`, 'utf8'))
  return pids.find(isNode) ?? assert.fail()
}

/** The system call in which its main thread waits; NaN: in none. */
const systemCallOf = (child: Child.Child): number =>
  Number(fs.readFileSync(`/proc/${nodeOf(child)}/syscall`, 'utf8').split(' ')[0])

/** Only there the number of a system call is known here. */
const IS_TOLD = process.platform === 'linux' && process.arch === 'x64'
const READ = 0

const PATIENCE_MS = 120_000

const comes = async (is: () => boolean): Promise<void> => {
  const until = performance.now() + PATIENCE_MS
  while (!is()) {
    assert.ok(performance.now() < until, 'it does not come')
    await new Promise(setImmediate)
  }
}

describe('a child that nothing waits in', () => {
  it('answers, and ends with its stdin', async () => {
    const child = start('exports.handler = () => true\n')
    assert.equal(await child.ask(initialize), status('initialize'))
    assert.match(await child.ask(batch(1)), /^\{"action":"checkpoint"/)
    const { sequenceNumber, subSequenceNumber } = records(1)[0] ?? assert.fail()
    assert.equal(
      await child.ask(Action.checkpointed(sequenceNumber, subSequenceNumber, null)),
      status('processRecords')
    )
    assert.equal((await child.end()).code, 0)
  })

  it('hears answers to its checkpoints in the middle of a batch', async () => {
    const child = start(`
      exports.handler = () => {
        const until = Date.now() + 5
        while (Date.now() < until);
        return true
      }
    `)
    await child.ask(initialize)
    let checkpoints = 0
    let reply = await child.ask(batch(100))
    while (reply !== status('processRecords')) {
      checkpoints += 1
      const [, sequenceNumber = null] = /"sequenceNumber":"(\d+)"/.exec(reply) ?? []
      reply = await child.ask(Action.checkpointed(sequenceNumber, 0, null))
    }
    assert.ok(checkpoints >= 2, `${checkpoints} checkpoints before the status`)
    assert.equal((await child.end()).code, 0)
  })

  it('ends in the middle of a batch when its stdin does', async () => {
    const child = start(`${PRINT}
      exports.handler = () => {
        print('one')
        const until = Date.now() + 5
        while (Date.now() < until);
        return false
      }
    `)
    await child.ask(initialize)
    child.send(`${ActionCodec.encode(batch(5000))}\n`)
    await child.seen('one')
    const { code, stderr } = await child.end()
    assert.equal(code, 3)
    assert.match(stderr, /stdin ended in the middle of processRecords; it is not acknowledged/)
  })

  it('reports that stdin ended in the middle of a line', async () => {
    const child = start(Child.ACK)
    await child.ask(initialize)
    child.send('{"action":"proc')
    const { code, stderr } = await child.end()
    assert.equal(code, 3)
    assert.match(stderr, /stdin ended in the middle of a line, after 15 bytes of it/)
  })
})

describe('a child whose handler leaves something to the event loop runs it while the daemon says nothing:', () => {
  for (const [what, handler] of [
    [
      'a timer of its module that does not keep a process alive',
      "setInterval(() => print('later'), 10).unref(); exports.handler = () => false"
    ],
    [
      'a timer that a record sets',
      "let n = 0; exports.handler = () => { if (++n === 2) setTimeout(() => print('later'), 20); return false }"
    ],
    [
      'a promise that nobody waits for',
      "let n = 0; exports.handler = () => { if (++n === 3) Promise.resolve().then(() => print('later')); return false }"
    ],
    [
      'a promise that was made before, and is kept now',
      "let keep; new Promise((resolve) => { keep = resolve }).then(() => print('later')); let n = 0; exports.handler = () => { if (++n === 3) keep(); return false }"
    ],
    [
      'a function that waits for an event',
      "const { once, EventEmitter } = require('node:events'); const bus = new EventEmitter(); void (async () => { for (;;) { await once(bus, 'x'); print('later') } })(); let n = 0; exports.handler = () => { if (++n === 3) bus.emit('x'); return false }"
    ],
    [
      'a promise of V8, which tells nobody when it is kept',
      "let n = 0; exports.handler = () => { if (++n === 3) Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20).value.then(() => print('later')); return false }"
    ],
    [
      'a callback of setImmediate that begins another one',
      "let n = 0; exports.handler = () => { if (++n === 3) setImmediate(() => setImmediate(() => print('later'))); return false }"
    ],
    [
      'a file that is read',
      "let n = 0; exports.handler = () => { if (++n === 3) require('node:fs').readFile(__filename, () => print('later')); return false }"
    ],
    [
      'a process that it starts',
      "let n = 0; exports.handler = () => { if (++n === 3) require('node:child_process').exec('true', () => print('later')); return false }"
    ]
  ] as const)
    it(what, () => printsWhileIdle(handler, 'later'))

  it('a record that takes its time, and the ones after it', () =>
    printsWhileIdle(
      "let n = 0; exports.handler = () => { n += 1; return n === 2 ? new Promise((resolve) => setTimeout(() => { print('later'); resolve(false) }, 10)) : false }",
      'later'
    ))

  for (const [what, before] of [
    ['a timer of code that Node was told to run before', "setInterval(() => print('later'), 10).unref()"],
    [
      'a listener of code that Node was told to run before',
      "setTimeout(() => process.kill(process.pid, 'SIGTERM'), 300).unref(); process.on('SIGTERM', () => print('later'))"
    ]
  ] as const)
    it(what, async () => {
      const folder = Child.withHandler(Child.ACK)
      const file = path.join(folder, 'before.js')
      fs.writeFileSync(file, PRINT + before)
      const child = Child.start(folder, { command: THROUGH_PIPE, env: { NODE_OPTIONS: `--require ${file}` } })
      started.push(child)
      await child.ask(initialize)
      assert.equal(await child.ask(batch(3)), status('processRecords'))
      await child.seen('later')
      assert.equal((await child.end()).code, 0)
    })

  it('a promise that is broken later, which halts it', async () => {
    const child = start(
      "let breaks; const made = new Promise((_, reject) => { breaks = reject }); let n = 0; exports.handler = () => { if (++n === 3) breaks(new Error('broken')); return false }"
    )
    await child.ask(initialize)
    await child.ask(batch(3))
    await child.seen('halting: user code failed outside a record')
    assert.equal((await child.end()).code, 1)
  })

  it("a signal of Node's own, SIGUSR1, which does not end the read for good", async () => {
    const child = start(Child.ACK)
    await child.ask(initialize)
    await comes(() => systemCallOf(child) === READ || !IS_TOLD)
    process.kill(nodeOf(child), 'SIGUSR1')
    assert.equal(await child.ask(batch(3)), status('processRecords'))
    assert.equal((await child.end()).code, 0)
  })

  it('a listener of a signal', async () => {
    const child = start(`${PRINT}process.on('SIGTERM', () => print('heard')); exports.handler = () => false`)
    await child.ask(initialize)
    await child.ask(batch(1))
    process.kill(nodeOf(child), 'SIGTERM')
    await child.seen('heard')
    assert.equal((await child.end()).code, 0)
  })

  it('our own word on a signal, at level debug', async () => {
    const child = start(Child.ACK, `${Child.CONFIG}log: { level: debug, format: json }\n`)
    await child.ask(initialize)
    process.kill(nodeOf(child), 'SIGTERM')
    await child.seen('SIGTERM is left to the daemon')
    assert.equal((await child.end()).code, 0)
  })
})

describe(
  'where a child waits',
  { skip: IS_TOLD ? false : 'only Linux on x64 tells the number of a system call' },
  () => {
    for (const [where, handler, isRead] of [
      ['is a read of the pipe while nothing else is to do', Child.ACK, true],
      ['is the event loop where a timer is', `setInterval(() => {}, 60_000).unref()\n${Child.ACK}`, false]
    ] as const)
      it(where, async () => {
        const child = start(handler)
        await child.ask(initialize)
        await child.ask(batch(1))
        await comes(() => !Number.isNaN(systemCallOf(child)))
        await comes(() => (systemCallOf(child) === READ) === isRead)
        assert.equal((await child.end()).code, 0)
      })
  }
)
