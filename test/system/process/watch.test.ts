/** A record at which a `kclts-child` ends, or stands still: the next children get past it. */
import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as ActionCodec from '../../../src/protocol/wire/Action'
import * as QuarantineFile from '../../../src/host/QuarantineFile'
import * as Child from './Child'

const CONFIG =
  'handler: ./handler.js\ndeadline: 100ms\ncheckpoint: { interval: 0 }\nfailure: { breaker: 0 }\nlog: { level: warn }\ndaemon: { applicationName: orders }\n'

interface Course {
  readonly lefts: ReadonlyArray<Child.Left>
  readonly letters: ReadonlyArray<string>
  readonly quarantineFile: string
}

/** As the daemon's child, in a folder that is its home, too; brings the same batch until a child answers it. */
const course = async (handler: string, keys: ReadonlyArray<string>): Promise<Course> => {
  const folder = Child.withHandler(handler, CONFIG)
  const state = path.join(folder, 'state')
  const lefts: Array<Child.Left> = []
  for (let isAnswered = false; !isAnswered && lefts.length < 4;) {
    const child = Child.start(folder, { env: { XDG_STATE_HOME: state } })
    await child.ask(Child.initialize)
    child.send(`${ActionCodec.encode(Child.batch(keys.map((partitionKey) => ({ partitionKey }))))}\n`)
    isAnswered = (await child.replyOrEnd()) === Child.status('processRecords')
    lefts.push(await child.end())
  }
  const letters = path.join(folder, 'dead-letters.ndjson')
  return {
    lefts,
    letters: fs
      .readFileSync(letters, 'utf8')
      .trim()
      .split('\n')
      .map((line) => {
        const { partitionKey, reason } = JSON.parse(line) as Record<string, unknown>
        return `${String(partitionKey)}: ${String(reason)}`
      }),
    quarantineFile: path.join(state, 'kclts', 'orders.hung.json')
  }
}

const only = (what: string): string =>
  `exports.handler = (r) => { if (r.partitionKey === 'bad') { ${what} } return false }\n`

const three = ['a', 'bad', 'b']

describe('a record at which a child ends twice is a dead letter', () => {
  it('when its handler never returns', async () => {
    const { lefts, letters, quarantineFile } = await course(only('for (;;);'), three)
    assert.deepEqual(
      lefts.map(({ code, signal }) => signal ?? code),
      ['SIGKILL', 'SIGKILL', 0]
    )
    assert.match(
      lefts[0]?.stderr ?? '',
      /^kclts: the handler has not returned for \d s from the records \d+\/0 to \d+\/0 of shardId-0+; when the records come again, each runs alone; if this happens again, that record is to blame$/m
    )
    assert.match(
      lefts[1]?.stderr ?? '',
      /^kclts: the handler has not returned for \d s from the record \d+\/0 of shardId-0+; this happened before, so when the record comes again, it goes to the failure policy and the handler is not called$/m
    )
    assert.deepEqual(letters, [
      'bad: DeadlineExceeded: the handler did not return within 100 ms when it last had this record; it was not called again'
    ])
    assert.equal(QuarantineFile.read(quarantineFile, Date.now()).known.charged.length, 1)
  })

  it('when its handler calls process.exit', async () => {
    const { lefts, letters } = await course(only('process.exit(0)'), three)
    assert.deepEqual(
      lefts.map(({ code }) => code),
      [1, 1, 0]
    )
    assert.deepEqual(letters, [
      'bad: ThreadEnded: the handler ended its thread when it last had this record; it was not called again'
    ])
  })

  it('when it fails where nothing catches it, while it is at work', async () => {
    const { lefts, letters } = await course(
      only('setTimeout(() => { throw new Error("lost") }); return new Promise((r) => setTimeout(r, 50))'),
      three
    )
    assert.deepEqual([lefts.length, lefts[2]?.code], [3, 0])
    assert.match(letters.join(), /^bad: ThreadEnded: the handler failed with an error that nothing caught/)
  })
})

it('a batch that takes longer than the watch waits, and goes on, is left alone', async () => {
  const folder = Child.withHandler(
    'exports.handler = () => new Promise(() => undefined)\n',
    CONFIG.replace('100ms', '1s').replace('breaker: 0', 'breaker: 0, retries: 3, backoff: 1s')
  )
  const child = Child.start(folder, { env: { XDG_STATE_HOME: path.join(folder, 'state') } })
  await child.ask(Child.initialize)
  assert.equal(await child.ask(Child.batch(1)), Child.status('processRecords'))
  assert.equal((await child.end()).code, 0)
})
