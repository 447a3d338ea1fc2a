import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { Writable } from 'node:stream'
import { after, beforeEach, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import type { Item } from '../../../src/aws/Item'
import { explain, type Options } from '../../../src/cli/explain/explain'
import { placeOf } from '../../../src/cli/explain/Facts'
import type { Surroundings } from '../../../src/edge/Surroundings'
import * as QuarantineFile from '../../../src/host/QuarantineFile'
import * as Clock from '../../../src/run/Clock'
import * as Turn from '../../../src/run/Turn'

const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-explain-')))
after(() => fs.rmSync(folder, { recursive: true }))
const at = (name: string): string => path.join(folder, name)
const write = (name: string, text: string): void => {
  fs.mkdirSync(path.dirname(at(name)), { recursive: true })
  fs.writeFileSync(at(name), text)
}

const SHARD = 'shardId-000000000000'
const HANDLER = `exports.handler = (record) => {
  console.log('printed')
  const { total } = JSON.parse(Buffer.from(record.data).toString())
  return total < 0
    ? { _tag: 'Reject', reason: 'total: below 0' }
    : { _tag: 'Ack', outputs: [{ sink: 'audit', value: { total } }] }
}
`
const CONFIG = `handler: ./handler.js
daemon: { streamName: orders, applicationName: consumer, region: eu-west-1 }
sinks:
  audit: { type: file, path: ./audit.ndjson, ids: true }
  plain: { type: file, path: ./plain.ndjson }
`

const letterAt = (sequenceNumber: string, stream = 'orders'): string =>
  `${JSON.stringify({
    stream,
    shardId: SHARD,
    sequenceNumber,
    subSequenceNumber: 0,
    partitionKey: 'a',
    approximateArrivalTimestamp: null,
    data: Buffer.from('{"total":-1}').toString('base64'),
    reason: 'total: below 0',
    error: null,
    handlerVersion: null,
    time: Date.UTC(2026, 0, 1)
  })}\n`

beforeEach(() => {
  fs.rmSync(folder, { recursive: true })
  write('kcl.config.yaml', CONFIG)
  write('handler.js', HANDLER)
  write('package.json', '{}')
})

interface Told {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const leaseAt = (checkpoint: string, sub = 0): Item => ({
  leaseKey: { S: SHARD },
  checkpoint: { S: checkpoint },
  checkpointSubSequenceNumber: { N: String(sub) },
  leaseOwner: { S: 'worker-1' }
})

const told = async (
  which: string,
  more: Partial<Options> = {},
  rows: ReadonlyArray<Item> | string = [leaseAt('100')]
): Promise<Told> => {
  const place = placeOf(which)
  assert.ok(place !== null)
  let [stdout, stderr] = ['', '']
  const around: Surroundings = {
    cwd: folder,
    env: { HOME: folder },
    stdin: process.stdin,
    stdout: (text) => {
      stdout += text
    },
    stderr: new Writable({
      write: (chunk, _encoding, done) => {
        stderr += String(chunk)
        done()
      }
    }),
    isTerminal: false,
    capture: (print) => {
      const { log } = console
      console.log = (text: string) => print(`${text}\n`)
      return () => {
        console.log = log
      }
    },
    onStop: () => () => undefined,
    onCrash: () => () => undefined,
    clock: Turn.clock
  }
  const options: Options = {
    request: { cwd: folder, file: null, env: { HOME: folder }, flags: {}, handlerRequired: false },
    place,
    letters: null,
    record: null,
    run: false,
    leases: true,
    json: false,
    ...more
  }
  const code = await explain(options, around, () =>
    Promise.resolve(
      typeof rows === 'string'
        ? E.left(rows)
        : E.right({ scan: () => Promise.resolve(rows), close: () => undefined })
    )
  )
  return { code, stdout: stdout.replaceAll(folder, '~'), stderr }
}

const ALWAYS = [
  '- What was decided when the record was handled, and when: kclts keeps no trace of a record that is finished. The log has it at log.level debug for a skip, and whatever the handler printed.',
  '- Files of other machines: letters, notes and outputs are looked for here alone.',
  ''
]
const PLAIN =
  '- Which lines of ~/plain.ndjson (sink plain) are of this record: without ids: true, lines do not say it.'
const NOT_CALLED =
  '- What the handler would decide: it was not called; --run calls it with the data of the letter, --record FILE with those in a file.'

describe('what is known of a record', () => {
  it('with a letter: reason, checkpoint, and what the handler makes of its data now', async () => {
    write('dead-letters.ndjson', letterAt('49') + letterAt('50'))
    const { code, stdout, stderr } = await told(`${SHARD}/49`, { run: true })
    assert.deepEqual([code, stderr], [0, 'printed\n'])
    assert.deepEqual(stdout.split('\n'), [
      `${SHARD}/49 of orders`,
      'checkpoint        100/0 in consumer, which covers the record; the owner is worker-1',
      'dead letters      at 2026-01-01T00:00:00.000Z, in ~/dead-letters.ndjson: total: below 0',
      'thread ends       none in ~/.local/state/kclts/consumer.hung.json',
      'outputs of audit  none in ~/audit.ndjson',
      'decision          reject: total: below 0 (the handler as it is now, called with the data of the letter)',
      '',
      'It failed for good and is a dead letter. The checkpoint has passed it, so it comes again only by kclts dead-letters replay.',
      '',
      'Not known:',
      PLAIN,
      ...ALWAYS
    ])
  })

  it('that is finished: its outputs in files that have ids, also in one that was rotated', async () => {
    const line = (place: string): string => `{"id":"${place}","key":"a","value":{"total":3}}\n`
    write('audit.ndjson', line(`${SHARD}:7:0:0`) + line(`orders:${SHARD}:49:0:0`))
    write('audit-1.ndjson', `{"id":\n${line(`${SHARD}:49:0:1`)}${line(`${SHARD}:1:49:1`)}`)
    const { stdout } = await told(`${SHARD}/49/0`)
    assert.deepEqual(stdout.split('\n').slice(4, 10), [
      `outputs of audit  ${line(`${SHARD}:49:0:1`).trim()}`,
      `                  ${line(`orders:${SHARD}:49:0:0`).trim()}`,
      '',
      'It is finished, and it does not come again: acknowledged or skipped, its outputs delivered; or it failed, and its letter was sent or moved elsewhere, or failure.then is skip.',
      '',
      'Not known:'
    ])
  })

  it('by the checkpoint alone: covered, not covered, or covered in part', async () => {
    const cover = async (which: string, row: Item): Promise<unknown> => {
      const { stdout } = await told(`${SHARD}/${which}`, { json: true }, [row])
      return (JSON.parse(stdout) as { readonly cover: unknown }).cover
    }
    assert.deepEqual(
      [
        await cover('49', leaseAt('50')),
        await cover('49', leaseAt('49', 2)),
        await cover('49/2', leaseAt('49', 2)),
        await cover('49/3', leaseAt('49', 2)),
        await cover('100', leaseAt('99')),
        await cover('49', leaseAt('SHARD_END')),
        await cover('49', leaseAt('TRIM_HORIZON')),
        await cover('49', { ...leaseAt('50'), leaseKey: { S: 'shardId-000000000001' } })
      ],
      ['covered', 'partly', 'covered', 'open', 'open', 'covered', 'open', 'unknown']
    )
  })

  it('of a letter that was replayed, of one of another stream, and without a client for DynamoDB', async () => {
    write('dead-letters.ndjson', letterAt('49', 'other'))
    write(
      'dead-letters.ndjson.done',
      `{"done":"replayed","offset":9,"digest":"x","stream":"orders","shardId":"${SHARD}","sequenceNumber":"49","subSequenceNumber":0,"time":0}\n{"cut`
    )
    const { stdout } = await told(`${SHARD}/49`, {}, 'install @aws-sdk/client-dynamodb')
    assert.deepEqual(stdout.split('\n'), [
      `${SHARD}/49 of orders`,
      'dead letters      replayed at 1970-01-01T00:00:00.000Z',
      'thread ends       none in ~/.local/state/kclts/consumer.hung.json',
      'outputs of audit  none in ~/audit.ndjson',
      '',
      'It was a dead letter, which was replayed.',
      '',
      'Not known:',
      '- The lease table was not read: install @aws-sdk/client-dynamodb.',
      PLAIN,
      NOT_CALLED,
      '- ~/dead-letters.ndjson has a letter of a record at this place of the stream other, which is not shown; --daemon-stream-name names another stream.',
      ...ALWAYS
    ])
  })

  it('without the secrets of the configuration, whatever repeats them', async () => {
    const secret = 'Bearer 0123456789abcdef'
    const sink = `  web: { type: http, url: "http://127.0.0.1/", headers: { authorization: "${secret}" } }\n`
    write('kcl.config.yaml', `${CONFIG}${sink}`)
    write('dead-letters.ndjson', letterAt('49').replace('total: below 0', `refused ${secret}`))
    for (const json of [false, true]) {
      const { stdout } = await told(`${SHARD}/49`, { json })
      assert.deepEqual([stdout.includes('refused'), stdout.includes('0123456789abcdef')], [true, false])
    }
  })

  it('at which a thread ended', async () => {
    const position = { sequenceNumber: '49', subSequenceNumber: 0 }
    const time = Clock.wall()
    const entry = { shardId: SHARD, from: position, to: position, time, stream: 'orders' }
    const noted = QuarantineFile.remember(
      at('.local/state/kclts/consumer.hung.json'),
      [{ _tag: 'Charged', entry: { ...entry, part: 'handler', how: 'hung' } }],
      time
    )
    assert.ok(E.isRight(noted))
    const { stdout } = await told(`${SHARD}/49`, {}, [leaseAt('1')])
    assert.match(
      stdout,
      /^thread ends {7}charged \(handler: hung at [0-9TZ:.-]+\); no user code is called with it any more$/m
    )
  })
})

describe('what the handler decides', () => {
  /** A module is loaded once, so that each handler has a file of its own. */
  let handlers = 0
  const decision = async (
    handler: string,
    record = '{"partitionKey":"a","data":{"total":3}}'
  ): Promise<unknown> => {
    const name = `handler-${(handlers += 1)}.js`
    write(name, handler)
    write('kcl.config.yaml', CONFIG.replace('handler.js', name))
    write('record.json', record)
    const { code, stdout, stderr } = await told(`${SHARD}/49`, { record: at('record.json'), json: true })
    if (code !== 0) return stderr.replaceAll(folder, '~')
    const report = JSON.parse(stdout) as {
      readonly decision: unknown
      readonly unknown: ReadonlyArray<string>
    }
    return report.decision ?? report.unknown.find((sentence) => sentence.includes('the handler decides'))
  }
  const of = (decided: string, reason: string | null, outputs: ReadonlyArray<unknown> = []): unknown => ({
    data: '~/record.json',
    decision: decided,
    reason,
    outputs
  })
  const EFFECT =
    'What the handler decides: it is an effect, which explain does not begin; kclts dead-letters replay --dry-run --effects does.'

  it('is shown with its outputs, which are not delivered', async () => {
    assert.deepEqual(await decision(HANDLER), of('ack', null, [{ sink: 'audit', value: { total: 3 } }]))
    assert.equal(fs.existsSync(at('audit.ndjson')), false)
  })

  it('is a failure where it throws, and of a batch handler that of a batch of one', async () =>
    assert.deepEqual(
      [
        await decision("exports.handler = () => { throw new RangeError('no') }\n"),
        await decision('exports.batchHandler = (records) => records.map(() => true)\n'),
        await decision('exports.handler = () => 7\n')
      ],
      [
        of('failed', 'RangeError: no'),
        of('checkpoint', null),
        of(
          'failed',
          'the handler returned a number; expected ack(), checkpoint(), skip(reason), reject(reason), halt(reason), true or false'
        )
      ]
    ))

  it('is not asked of an effect, whatever its form', async () =>
    assert.deepEqual(
      [
        await decision('exports.handler = async () => true\n'),
        await decision('exports.handler = () => Promise.reject(new Error())\n'),
        await decision("exports.handler = () => () => { throw new Error('begun') }\n")
      ],
      [EFFECT, EFFECT, EFFECT]
    ))

  it('takes the line of the input of kclts dev that the sequence number names, and no other file of several', async () =>
    assert.equal(
      await decision(HANDLER, '{"partitionKey":"a","data":1}\n{"partitionKey":"b","data":2}\n'),
      'kclts explain: ~/record.json has 2 records; expected one, in the form of the input of kclts dev\n'
    ))
})
