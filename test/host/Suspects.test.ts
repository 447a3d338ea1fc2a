/** A record at which its thread ends, or stands still: how the shard gets past it, and what becomes of the others. */
import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as v8 from 'node:v8'
import * as QuarantineFile from '../../src/host/QuarantineFile'
import * as Action from '../../src/protocol/Action'
import { acknowledged, checkpoint, status, type Child } from '../system/process/Child'
import { batch, position, say, shardId, withHost, type Rig } from './Rig'

const UNTIMED = 'handler: ./handler.js\ncheckpoint: { interval: 0 }\nfailure: { breaker: 0 }\n'
const SETTINGS = `${UNTIMED}deadline: 200ms\n`

const KCLTS = JSON.stringify(path.join(__dirname, '../../src/index.js'))

/** Each line that a handler wrote with `note`, and what ends a thread. */
const PRELUDE = `
const fs = require('fs'), path = require('path'), { threadId } = require('worker_threads')
const { ack, emit } = require(${KCLTS})
const note = (text) => fs.appendFileSync(path.join(__dirname, 'notes'), text + '\\n')
const soon = () => new Promise((resolve) => setTimeout(resolve, 20))
// Never returns, as a loop does not, and leaves the core to other tests.
const hang = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
const exhaust = () => { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)) }
`

interface Options {
  readonly settings?: string
  /** Further settings. */
  readonly config?: string
  readonly lives?: number
}

interface Course {
  /** The reasons of the ends, and null for a life that got past the batch. */
  readonly ends: ReadonlyArray<string | null>
  readonly letters: ReadonlyArray<string>
  readonly notes: ReadonlyArray<string>
}

const linesOf = (file: string): ReadonlyArray<string> =>
  fs.existsSync(file)
    ? fs
        .readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []

const lettersOf = (project: string): ReadonlyArray<string> =>
  linesOf(path.join(project, 'dead-letters.ndjson')).map((line) => {
    const { partitionKey, reason } = JSON.parse(line) as Record<string, unknown>
    return `${String(partitionKey)}: ${String(reason)}`
  })

/** Acknowledges checkpoints, such as that of a session that halts. Whether the batch is answered. */
const isAnswered = async (child: Child): Promise<boolean> => {
  for (;;) {
    const reply = await child.replyOrEnd()
    if (reply === null || reply === status('processRecords')) return reply !== null
    const { sequenceNumber } = JSON.parse(reply) as { readonly sequenceNumber: string }
    say(child, Action.checkpointed(sequenceNumber, 0, null))
  }
}

/** Brings the same batch to one life after the other, until one answers it. */
const course = async (
  handler: string,
  keys: ReadonlyArray<string>,
  { settings = SETTINGS, config = '', lives = 8 }: Options = {}
): Promise<Course> => {
  const ends: Array<string | null> = []
  let project: string | undefined
  const live = async (rig: Rig): Promise<void> => {
    project = rig.project
    const child = await rig.shard(0)
    say(child, batch(keys.map((partitionKey) => ({ partitionKey }))))
    ends.push((await isAnswered(child)) ? null : (await rig.end()).reason)
    await child.end()
  }
  while (ends.length < lives && ends[ends.length - 1] !== null)
    await withHost(
      PRELUDE + handler,
      { config: settings + config, grace: 400, ...(project === undefined ? {} : { project }) },
      live
    )
  assert.ok(project !== undefined)
  return { ends, letters: lettersOf(project), notes: linesOf(path.join(project, 'notes')) }
}

const only = (key: string, what: string): string =>
  `exports.handler = (r) => { note(r.partitionKey); if (r.partitionKey === '${key}') { ${what} } return false }\n`

const three = ['a', 'bad', 'b']
const named = `the record ${position(1).sequenceNumber}/0 of ${shardId(0)}`

describe('a record at which its thread ends, twice', () => {
  it('is a dead letter when the handler calls process.exit', async () => {
    const { ends, letters, notes } = await course(only('bad', 'process.exit(1)'), three)
    assert.deepEqual(ends, [
      `user code ended its thread (process.exit, code 1), while the handler was at work on ${named}; when the record comes again, it runs alone; if this happens again, the record is to blame`,
      `user code ended its thread (process.exit, code 1), while the handler was at work on ${named}; this happened before, so when the record comes again, it goes to the failure policy and the handler is not called`,
      null
    ])
    assert.deepEqual(letters, [
      'bad: ThreadEnded: the handler ended its thread when it last had this record; it was not called again'
    ])
    assert.deepEqual(notes, ['a', 'bad', 'a', 'bad', 'a', 'b'])
  })

  it('is a dead letter when the handler never returns', async () => {
    const { ends, letters } = await course(only('bad', 'for (;;);'), three)
    assert.match(
      ends[0] ?? '',
      /^the handler has not returned for \d s from the record \d+\/0 of shardId-0+; /
    )
    assert.deepEqual([ends.length, ends[2]], [3, null])
    assert.deepEqual(letters, [
      'bad: DeadlineExceeded: the handler did not return within 200 ms when it last had this record; it was not called again'
    ])
  })

  for (const [what, handler] of Object.entries({
    'a getter of what it returns': only('bad', 'return { get _tag() { process.exit(1) } }'),
    'a getter of what it throws': only('bad', 'throw { get message() { hang() } }'),
    'a getter of what its promise comes to': only(
      'bad',
      'return soon().then(() => ({ get _tag() { hang() } }))'
    ),
    'a rejection that nothing catches': only('bad', 'Promise.reject(new Error("lost")); return soon()'),
    'an exception in a timer': only('bad', 'setTimeout(() => { throw new Error("lost") }); return soon()'),
    'process.exit after an await': only('bad', 'return soon().then(() => process.exit(1))'),
    'a loop after an await': only('bad', 'return soon().then(() => { for (;;); })'),
    'a Task that never returns': only('bad', 'return () => { hang() }'),
    'a thenable that never returns': only('bad', 'return { then: () => { hang() } }'),
    'a loop after its deadline has passed': only(
      'bad',
      'return new Promise((resolve) => setTimeout(resolve, 350)).then(() => { for (;;); })'
    )
  }))
    it(`is a dead letter: ${what}`, async () => {
      const { ends, letters } = await course(handler, three, { config: 'concurrency: 4\n' })
      assert.deepEqual([ends.length, ends[ends.length - 1]], [3, null], JSON.stringify(ends))
      assert.deepEqual(
        letters.map((letter) => letter.split(':')[0]),
        ['bad']
      )
    })

  for (const [what, code] of Object.entries({
    'ends its thread': 'process.exit(1)',
    'ends it by a getter of what it returns': 'return { get _tag() { process.exit(1) } }'
  }))
    it(`is named among many records that are quick, when the handler ${what}`, async () => {
      const many = Array.from({ length: 60 }, (_, i) => (i === 37 ? 'bad' : `key-${i}`))
      const { ends, letters } = await course(only('bad', code), many)
      assert.match(
        ends[0] ?? '',
        new RegExp(`at work on the record ${position(37).sequenceNumber}/0 of ${shardId(0)}; when the record`)
      )
      assert.deepEqual([ends.length, ends[2]], [3, null])
      assert.deepEqual(
        letters.map((letter) => letter.split(':')[0]),
        ['bad']
      )
    })

  for (const [what, code] of Object.entries({
    hangs: 'hang()',
    'calls process.exit': 'process.exit(1)'
  })) {
    const codec = (part: string): string => `
      const t = { name: 'text', is: (u) => true, encode: (u) => u, ...${part} }
      exports.outputs = { o: t }
      exports.handler = (r) => emit('o', r.partitionKey)(ack())\n`
    const file = 'sinks: { o: { type: file, path: ./o.ndjson } }\n'
    it(`is a dead letter when its output's codec ${what}`, async () => {
      for (const part of [
        `{ encode: (u) => { if (u === 'bad') { ${code} } return u } }`,
        `{ is: (u) => { if (u === 'bad') { ${code} } return true } }`,
        `{ encode: (u) => ({ toJSON: () => { if (u === 'bad') { ${code} } return u } }) }`
      ]) {
        const { ends, letters } = await course(codec(part), three, { config: file })
        assert.deepEqual([ends.length, ends[2]], [3, null], `${part}: ${JSON.stringify(ends)}`)
        assert.match(letters.join(), /^bad: .*: the outputs' codec or sink [^,]*; it was not called again$/)
      }
    })

    it(`is a dead letter when the function of a module sink ${what}`, async () => {
      const { ends, letters } = await course(
        `exports.store = async (all) => { await soon(); if (all.some(({ value }) => value === 'bad')) { ${code} } }
         exports.handler = (r) => emit('o', r.partitionKey)(ack())\n`,
        three,
        { config: 'sinks: { o: { type: module, export: store } }\n' }
      )
      assert.deepEqual([ends.length, ends[2]], [3, null], JSON.stringify(ends))
      assert.match(letters.join(), /^bad: .*: the outputs' codec or sink [^,]*; it was not called again$/)
    })
  }
})

describe('of several records at work', () => {
  const slow = (what: string): string =>
    `exports.handler = async (r) => { note('begin ' + r.partitionKey); await soon(); if (r.partitionKey.startsWith('bad')) { ${what} } await soon(); note('end ' + r.partitionKey); return false }\n`

  it('only the one that ends its thread is given up; the others run alone once more', async () => {
    const { ends, letters, notes } = await course(slow('process.exit(1)'), ['a', 'bad', 'b', 'c', 'd', 'e'], {
      settings: UNTIMED,
      config: 'concurrency: 4\n'
    })
    assert.equal(ends.length, 3)
    assert.match(
      ends[0] ?? '',
      /while the handler was at work on .* and 1 more; when the records come again, each runs alone/
    )
    assert.deepEqual(letters, [
      'bad: ThreadEnded: the handler ended its thread when it last had this record; it was not called again'
    ])
    assert.deepEqual(notes, [
      ...['begin a', 'begin bad', 'begin b', 'begin c'],
      ...['begin a', 'end a', 'begin bad'],
      ...['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c', 'begin d', 'begin e', 'end d', 'end e']
    ])
  })

  it('each that ends its thread costs two lives at most, however many there are', async () => {
    const keys = ['bad1', 'a', 'bad2', 'b', 'bad3', 'c']
    const { ends, letters } = await course(slow('process.exit(1)'), keys, {
      settings: UNTIMED,
      config: 'concurrency: 4\n'
    })
    assert.equal(ends[ends.length - 1], null)
    assert.ok(ends.length <= 7, `${ends.length} lives`)
    assert.deepEqual([...new Set(letters.map((letter) => letter.split(':')[0]))], ['bad1', 'bad2', 'bad3'])
  })

  it('records of another shard of the thread wait while a suspect runs', async () => {
    const handler = `${PRELUDE}exports.handler = async (r) => { note('begin ' + r.partitionKey); await soon(); if (r.partitionKey === 'bad') process.exit(1); note('end ' + r.partitionKey); return false }\n`
    const settings = { config: `${UNTIMED}concurrency: 4\n`, grace: 400 }
    let project = ''
    for (const isSecond of [false, true])
      await withHost(handler, { ...settings, ...(isSecond ? { project } : {}) }, async (rig) => {
        project = rig.project
        const [one, other] = [await rig.shard(0), await rig.shard(1)]
        say(other, batch([{ partitionKey: 'x' }, { partitionKey: 'y' }]))
        say(one, batch([{ partitionKey: 'bad' }]))
        await rig.end()
        await Promise.all([one.left(), other.left()])
      })
    await withHost(handler, { ...settings, project }, async (rig) => {
      const one = await rig.shard(0)
      assert.equal(await one.ask(batch([{ partitionKey: 'bad' }])), status('processRecords'))
      await one.end()
    })
    assert.deepEqual(
      lettersOf(project).map((letter) => letter.split(':')[0]),
      ['bad']
    )
    const notes = linesOf(path.join(project, 'notes')).join(' ')
    assert.match(notes, /begin bad$/)
    assert.doesNotMatch(notes.slice(notes.indexOf('begin bad') + 9), /begin bad (begin|end) [xy]/)
  })
})

describe('a suspect that is innocent', () => {
  it('runs, and is forgotten with the checkpoint that covers it', async () => {
    const handler = `${PRELUDE}exports.handler = (r) => { if (r.partitionKey === 'once' && !fs.existsSync(path.join(__dirname, 'notes'))) { note('ended'); process.exit(1) } return r.partitionKey === 'b' }\n`
    let project = ''
    let quarantineFile = ''
    const keys = batch(['a', 'once', 'b'].map((partitionKey) => ({ partitionKey })))
    await withHost(handler, { config: SETTINGS, grace: 400 }, async (rig) => {
      project = rig.project
      quarantineFile = rig.quarantineFile
      const child = await rig.shard(0)
      say(child, keys)
      await rig.end()
      await child.left()
    })
    assert.deepEqual(
      QuarantineFile.read(quarantineFile, Date.now()).known.suspects.map(({ from }) => from),
      [position(1)]
    )
    await withHost(handler, { config: SETTINGS, grace: 400, project }, async (rig) => {
      const child = await rig.shard(0)
      assert.equal(await child.ask(keys), checkpoint(2))
      assert.equal(await child.ask(acknowledged(2)), status('processRecords'))
      await child.end()
    })
    assert.deepEqual(lettersOf(project), [])
    assert.deepEqual(QuarantineFile.read(quarantineFile, Date.now()).known, { charged: [], suspects: [] })
  })
})

it('of a batch handler that ends its thread only the record that does it is given up', async () => {
  for (const code of ['process.exit(1)', 'for (;;);']) {
    const { ends, letters } = await course(
      `exports.batchHandler = (rs) => { note(rs.map((r) => r.partitionKey).join('+')); if (rs.some((r) => r.partitionKey === 'bad')) { ${code} } return rs.map(() => false) }\n`,
      three
    )
    assert.deepEqual([ends.length, ends[2]], [3, null], JSON.stringify(ends))
    assert.match(
      ends[0] ?? '',
      /the records \d+\/0 to \d+\/0 of shardId-0+; when the records come again, each runs alone/
    )
    assert.deepEqual(
      letters.map((letter) => letter.split(':')[0]),
      ['bad']
    )
  }
})

it('a thread that is out of memory ends at a record, too', async () => {
  // For the threads that are started from here on.
  v8.setFlagsFromString('--max-old-space-size=30')
  const { ends, letters } = await course(only('bad', 'exhaust()'), three, { settings: UNTIMED })
  assert.deepEqual([ends.length, ends[2]], [3, null], JSON.stringify(ends))
  assert.match(ends[0] ?? '', /out of memory|memory limit/i)
  assert.deepEqual(letters, [
    'bad: ThreadEnded: the handler ran out of memory when it last had this record; it was not called again'
  ])
})
