import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { SinkSettings } from '../../src/sinks/Settings'
import type { DeadLetter } from '../../src/core/DeadLetter'
import type { Output } from '../../src/core/Decision'
import * as Failure from '../../src/core/Failure'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import type { Undelivered } from '../../src/run/Capabilities'
import type { ModuleSink } from '../../src/sinks/module'
import * as Outputs from '../../src/sinks/Outputs'
import * as Sinks from '../../src/sinks/Sinks'
import { record as aRecord } from '../../src/testing'
import * as Time from './Time'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-sinks-'))
after(() => fs.rmSync(room, { recursive: true }))

const record: KinesisRecord = aRecord({
  shardId: 'shard-1',
  sequenceNumber: '7',
  subSequenceNumber: 2,
  partitionKey: 'p'
})

interface Rig {
  readonly sinks: Sinks.Sinks
  readonly time: Time.Time
  /** `sink: id key value` of all that came. */
  readonly came: ReadonlyArray<string>
  readonly warnings: ReadonlyArray<string>
}

/** A sink of type module for each name; those that are named in `down` take nothing. */
const rig = async (
  settings: Readonly<Record<string, Partial<SinkSettings>>>,
  outputs: unknown = undefined,
  down: ReadonlyArray<string> = []
): Promise<Rig> => {
  const time = Time.make()
  const came: Array<string> = []
  const warnings: Array<string> = []
  const store =
    (name: string): ModuleSink =>
    (entries) => {
      if (down.includes(name)) return Promise.reject(new Error('down'))
      for (const { id, key, value } of entries) came.push(`${name}: ${id} ${key} ${JSON.stringify(value)}`)
      return Promise.resolve()
    }
  const all = Object.fromEntries(
    Object.entries(settings).map(([name, more]): [string, SinkSettings] => [
      name,
      { ...more, type: 'module', export: name }
    ])
  )
  const encode = Outputs.read(outputs, { sinks: all, failure: { deadLetters: 'sink:letters' } })
  if (E.isLeft(encode)) throw new Error(encode.left.join('\n'))
  const opened = await Sinks.open(all, {
    ...time,
    wall: time.now,
    env: {},
    exported: store,
    encode: encode.right,
    warn: (warning) => warnings.push(`${time.now()}: ${warning}`)
  })
  if (E.isLeft(opened)) throw new Error(opened.left.join('\n'))
  return { sinks: opened.right, time, came, warnings }
}

const output = (sink: string, value: unknown, key?: string): Output => ({
  sink,
  value,
  ...(key === undefined ? {} : { key })
})

const shown = (end: E.Either<Undelivered, void>): string =>
  E.isRight(end) ? 'delivered' : `${end.left.then}: ${Failure.show(end.left.failure)}`

/** The end of a record with these outputs. */
const deliver = async ({ sinks, time }: Rig, ...outputs: ReadonlyArray<Output>): Promise<string> => {
  const end = sinks.deliver({ record, outputs, recalled: new AbortController().signal })
  await time.run()
  return shown(await end)
}

describe('the outputs of a record', () => {
  it('have ids of its position and their place in it, and its partition key unless they have their own', async () => {
    const all = await rig({ a: {}, b: {} })
    assert.equal(await deliver(all, output('a', 1), output('b', 2, 'k'), output('a', 3)), 'delivered')
    assert.deepEqual(all.came, ['a: shard-1:7:2:0 p 1', 'a: shard-1:7:2:2 p 3', 'b: shard-1:7:2:1 k 2'])
  })

  it('are encoded by the codecs of their sinks', async () => {
    const codec = new t.Type<Date, string>(
      'a date',
      (u): u is Date => u instanceof Date,
      () => t.failure(undefined, []),
      (date) => date.toISOString()
    )
    const all = await rig({ a: {} }, { a: codec })
    assert.equal(await deliver(all, output('a', new Date(0))), 'delivered')
    assert.deepEqual(all.came, ['a: shard-1:7:2:0 p "1970-01-01T00:00:00.000Z"'])
  })

  it('are all sent, or none when one of them cannot be', async () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    const all = await rig({ a: {}, b: {} }, { a: t.unknown, b: t.type({ total: t.number }) })
    const ends = [
      output('b', { total: 'x' }),
      output('a', undefined),
      output('a', () => 1),
      output('a', 1n),
      output('a', circle),
      output('a', 'x'.repeat(64 << 20))
    ].map((bad) => deliver(all, output('a', 1), bad))
    assert.deepEqual(
      (await Promise.all(ends)).map((end) => end.split('\n')[0]),
      [
        'policy: InvalidOutput: sink b: found {"total":"x"}, expected { total: number }',
        'policy: InvalidOutput: sink a: found nothing, which cannot be written as JSON',
        'policy: InvalidOutput: sink a: found a function, which cannot be written as JSON',
        'policy: TypeError: sink a: Do not know how to serialize a BigInt',
        'policy: TypeError: sink a: Converting circular structure to JSON',
        'policy: TooLarge: sink a: the output has 67108866 bytes, and the sink takes 67108864'
      ]
    )
    assert.deepEqual(all.came, [])
  })

  it('for a sink that is not there halt', async () =>
    assert.equal(
      await deliver(await rig({ a: {} }), output('b', 1)),
      'halt: UnknownSink: the handler emitted an output for b, but the configuration has no sinks.b; there is a'
    ))

  it('that one sink gives up may have arrived in others, and that sink says what follows', async () => {
    const all = await rig({ a: {}, b: { then: 'dead-letter', deadline: 500 } }, undefined, ['b'])
    assert.equal(
      await deliver(all, output('a', 1), output('b', 2)),
      'dead-letter: DeadlineExceeded: sink b: not delivered within 500 ms; the last failure: Error: down'
    )
    assert.deepEqual(all.came, ['a: shard-1:7:2:0 p 1'])
    assert.deepEqual(all.warnings, [
      '0: sink b fails; its outputs are sent again until its deadline: Error: down'
    ])
  })

  it('halt when two sinks give them up and one says halt, whichever comes first', async () => {
    const all = await rig({ a: { then: 'dead-letter' }, b: { then: 'halt' } }, undefined, ['a', 'b'])
    assert.match(await deliver(all, output('a', 1), output('b', 2)), /^halt: DeadlineExceeded: sink b: /)
  })

  it('whose value cannot be read make the record fail', async () => {
    const all = await rig({ a: {} })
    const hostile: Output = {
      sink: 'a',
      get value(): never {
        throw new Error('not today')
      }
    }
    assert.match(await deliver(all, output('a', 1), hostile), /^policy: Error: not today/)
    assert.deepEqual(all.came, [])
  })

  it('halt by default when they are given up, after a minute', async () => {
    const all = await rig({ a: {} }, undefined, ['a'])
    assert.equal(
      await deliver(all, output('a', 1)),
      'halt: DeadlineExceeded: sink a: not delivered within 60000 ms; the last failure: Error: down'
    )
  })

  it('that are recalled while they wait are not sent any more', async () => {
    const down = ['a']
    const { sinks, time, came } = await rig({ a: {} }, undefined, down)
    const recalling = new AbortController()
    const first = sinks.deliver({ record, outputs: [output('a', 1)], recalled: recalling.signal })
    const { signal } = new AbortController()
    const second = sinks.deliver({ record, outputs: [output('a', 2)], recalled: signal })
    await time.run(10)
    recalling.abort()
    down.pop()
    await time.run()
    assert.equal(shown(await first), 'halt: Recalled: sink a: the output was recalled before it was sent')
    assert.equal(shown(await second), 'delivered')
    assert.deepEqual(came, ['a: shard-1:7:2:0 p 2'])
    assert.deepEqual(sinks.queued(), { count: 0, bytes: 0 })
  })

  it('are counted while they wait', async () => {
    const { sinks, time } = await rig({ a: {}, b: {} }, undefined, ['a', 'b'])
    const { signal } = new AbortController()
    void sinks.deliver({ record, outputs: [output('a', 'xx'), output('b', 'y')], recalled: signal })
    await time.run(1000)
    assert.deepEqual(sinks.queued(), { count: 2, bytes: 7 })
    await sinks.close()
    assert.deepEqual(
      { held: sinks.queued(), timers: time.timers() },
      { held: { count: 0, bytes: 0 }, timers: 0 }
    )
  })
})

describe('a dead letter', () => {
  const letter: DeadLetter = {
    shardId: 'shard-1',
    sequenceNumber: '7',
    subSequenceNumber: 2,
    partitionKey: 'p',
    approximateArrivalTimestamp: null,
    data: 'e30=',
    reason: 'a test',
    error: null,
    handlerVersion: null,
    time: 0
  }

  it('goes to a sink as it is, which needs no codec', async () => {
    const { sinks, time, came } = await rig({ a: {}, letters: {} }, { a: t.number })
    const end = sinks.bury('letters', letter)
    await time.run()
    assert.deepEqual(await end, E.right(undefined))
    assert.deepEqual(came, [`letters: shard-1:7:2:dead-letter p ${JSON.stringify(letter)}`])
  })

  it('is not buried when its sink gives it up, or is not there', async () => {
    const { sinks, time } = await rig({ letters: {} }, undefined, ['letters'])
    const ends = Promise.all([sinks.bury('letters', letter), sinks.bury('other', letter)])
    await time.run()
    assert.deepEqual((await ends).map(E.mapLeft(({ failure }) => failure.message)), [
      E.left('sink letters: not delivered within 60000 ms; the last failure: Error: down'),
      E.left('there is no sink other')
    ])
  })
})

describe('sinks that cannot be opened', () => {
  it('are reported all at once', async () => {
    fs.mkdirSync(path.join(room, 'folder'))
    const { time } = await rig({})
    const opened = await Sinks.open(
      {
        a: { type: 'module', export: 'store' },
        b: { type: 'http', url: 'http://127.0.0.1/', headers: { authorization: '${NONE}' } },
        c: { type: 'file', path: path.join(room, 'folder') },
        d: { type: 'file', path: path.join(room, 'orders.ndjson') }
      },
      {
        ...time,
        wall: time.now,
        env: {},
        exported: () => undefined,
        encode: (_sink, value) => E.right(value),
        warn: assert.fail
      }
    )
    assert.deepEqual(
      pipe(
        opened,
        E.mapLeft((problems) => problems.map((text) => text.replaceAll(room, '~')))
      ),
      E.left([
        "sinks.a: the handler's module has no export `store` that is a function",
        'sinks.b.headers.authorization: the environment variable NONE is not set',
        "sinks.c.path: ~/folder is a folder, and a sink of type file needs a regular file, which it syncs; to write elsewhere, use a sink of type module (stdout is the daemon's protocol)"
      ])
    )
  })
})
