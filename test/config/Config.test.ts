import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Config from '../../src/config/Config'
import { page } from './configurationPage'
import { defaults } from './defaultConfig'
import { example } from './exampleConfig'
import { jsonSchema } from './jsonSchema'

const root = path.resolve('.')

const paths = Config.keys.map(({ path }) => path)

const decodedBy = (path: string, value: unknown): unknown => {
  const decoded = Config.keyOf(path)?.codec.decode(value)
  return decoded !== undefined && E.isRight(decoded) ? decoded.right : 'refused'
}

describe('the table of keys', () => {
  it('has a default that its own codec takes, for each key but the handler', () =>
    assert.deepEqual(
      Config.keys
        .filter(({ codec, fallback }) => fallback !== null && E.isLeft(codec.decode(fallback)))
        .map(({ path }) => path),
      ['handler']
    ))

  it('has an example that its own codec takes, for each key without a default', () =>
    assert.deepEqual(
      Config.keys
        .filter(({ fallback }) => fallback === null || fallback === undefined)
        .filter(({ codec, example }) => E.isLeft(codec.decode(example)))
        .map(({ path }) => path),
      []
    ))

  it('gives each key a variable and a flag of its own', () => {
    assert.deepEqual(
      ['handler', 'checkpoint.shardEndDeadline', 'failure.deadLetters'].map((path) => [
        Config.variableOf(path),
        Config.flagOf(path)
      ]),
      [
        ['KCLTS_HANDLER', 'handler'],
        ['KCLTS_CHECKPOINT_SHARD_END_DEADLINE', 'checkpoint-shard-end-deadline'],
        ['KCLTS_FAILURE_DEAD_LETTERS', 'failure-dead-letters']
      ]
    )
    assert.equal(new Set(paths.map(Config.variableOf)).size, paths.length)
    assert.equal(new Set(paths.map(Config.flagOf)).size, paths.length)
  })

  it('knows keys by their whole path alone', () => {
    assert.equal(Config.keyOf('log.level')?.path, 'log.level')
    assert.deepEqual(
      ['log', 'level', 'toString', '__proto__', ''].map(Config.keyOf),
      Array(5).fill(undefined)
    )
  })

  it('has the sections of its keys, once each', () =>
    assert.deepEqual(Config.sections, [
      'checkpoint',
      'failure',
      'filter',
      'batch',
      'daemon',
      'host',
      'status',
      'tracing',
      'record',
      'log'
    ]))
})

describe('a value', () => {
  it('that is a count is a whole number of 0 or more', () =>
    assert.deepEqual(
      [0, 1, 1.0, 2 ** 53 - 1, -1, 0.5, NaN, Infinity, 2 ** 53, '1', true, null, [1]].map((value) =>
        decodedBy('checkpoint.count', value)
      ),
      [0, 1, 1, 2 ** 53 - 1, ...Array<string>(9).fill('refused')]
    ))

  it('that is a truth is true or false, not a word or a number for it', () =>
    assert.deepEqual(
      [true, false, 'true', 'yes', 'on', 1, 0, null].map((value) => decodedBy('checkpoint.manual', value)),
      [true, false, ...Array<string>(6).fill('refused')]
    ))

  it('that is one of some names is written exactly so', () =>
    assert.deepEqual(
      ['dead-letter', 'skip', 'halt', 'Skip', 'deadletter', '', null].map((value) =>
        decodedBy('failure.then', value)
      ),
      ['dead-letter', 'skip', 'halt', ...Array<string>(4).fill('refused')]
    ))

  it('that is a path is text, not empty and without a NUL', () =>
    assert.deepEqual(
      ['./a b.js', 'ü', '', 'a\0b', 5, null].map((value) => decodedBy('handler', value)),
      ['./a b.js', 'ü', ...Array<string>(4).fill('refused')]
    ))

  it('that is refused is reported by what is expected, in words', () =>
    assert.deepEqual(
      [...new Set(Config.keys.map(({ codec }) => codec.name))],
      [
        'the path of a file',
        'a duration such as 250ms, 30s, 5m, 1h, 1d or a number of seconds',
        'a whole number of 0 or more',
        'true or false',
        'dead-letter, skip or halt',
        'the path of a file, or sink:NAME',
        'a duration above 0, such as 250ms, 30s, 5m, 1h, 1d or a number of seconds',
        'a pattern such as "eu-*", of up to 256 characters, or a list of them',
        'the path of a folder',
        'a whole number of 1 or more',
        'a size above 0, such as 500kB, 16MiB or a number of bytes',
        'the name of a stream',
        'the ARN of a stream with an account of 12 digits, such as arn:aws:kinesis:eu-central-1:123456789012:stream/orders',
        '3 to 255 letters, digits, underscores, hyphens and dots',
        'the name of a region, such as eu-central-1',
        'latest, trim-horizon, or a time such as 2026-01-31T12:00:00Z',
        'polling or fan-out',
        'text without spaces',
        'the ARN of a consumer of a stream, with an account of 12 digits',
        'default, environment, profile:NAME, or classes of credentials providers',
        'a URL that begins with http:// or https://',
        'none, summary or detailed',
        'a duration of 1ms or more, such as 250ms, 30s, 5m, 1h, 1d or a number of seconds',
        'a whole number from 1 to 10000',
        'a version of the KCL, such as 3.1.3 or 2.5.4',
        'kclts or amazon',
        'fast or amazon',
        'options such as "-Xmx512m -Dname=value", or a list of them',

        'host or process',
        'auto, direct or fifo',
        'none, a port, host:port, or the absolute path of a unix socket',
        'host names without a port, such as "status.example.com worker.local", or a list of them',
        'none, batch or record',
        'names joined by dots, such as traceparent or meta.traceparent',
        'a share from 0 to 1, or parent',
        'none, hash or full',
        'a share above 0, up to 1',
        'debug, info, warn or error',
        'auto, json or pretty',
        'lines or raw'
      ]
    ))
})

describe('a configuration', () => {
  it('has these defaults', () =>
    assert.deepEqual(defaults, {
      handler: '',
      checkpoint: {
        interval: 60_000,
        count: 0,
        manual: true,
        onShutdown: true,
        shutdownDeadline: 8000,
        shardEndDeadline: 300_000
      },
      failure: {
        then: 'dead-letter',
        deadLetters: './dead-letters.ndjson',
        fallback: './dead-letters.ndjson',
        breaker: 20,
        badRelease: null,
        retries: 3,
        backoff: 500
      },
      home: null,
      concurrency: 1,
      deadline: 30_000,
      undelivered: 1000,
      callbackDeadline: 300_000,
      batch: { count: 100, bytes: 1_000_000, linger: 0 },
      sinks: {},
      daemon: {
        streamName: null,
        streamArn: null,
        applicationName: null,
        region: null,
        initialPosition: 'trim-horizon',
        retrieval: 'polling',
        consumerName: null,
        consumerArn: null,
        credentials: 'default',
        kinesisEndpoint: null,
        dynamoDbEndpoint: null,
        cloudWatchEndpoint: null,
        metrics: 'none',
        tableName: null,
        failoverTime: 10_000,
        maxLeases: null,
        maxRecords: null,
        idleTimeBetweenReads: null,
        workerId: null,
        version: '3.1.3',
        main: null,
        handover: 'fast',
        java: ['-XX:MaxRAMPercentage=25', '-XX:+UseSerialGC', '-XX:MaxNewSize=32m'],
        classpath: null,
        repository: null,
        shutdownGrace: 20_000,
        restarts: 5,
        properties: {}
      },
      host: { mode: 'host', threads: 1, memory: 256_000_000, relay: 'auto', watch: true },
      status: { listen: null, hosts: null, stalled: 300_000 },
      tracing: { spans: 'none', parent: null, sampling: null },
      record: { folder: null, data: 'none', sampling: 1, size: 1_000_000_000, age: 604_800_000 },
      filter: { maxAge: null, include: null, exclude: null },
      log: { level: 'info', format: 'auto', console: 'lines', summary: 60_000 }
    }))

  it('gives a session what it needs to know', () =>
    assert.deepEqual(Config.toEnv(defaults, { name: 'handler.js', version: '1.4.0', isBatch: false }), {
      group: null,
      policy: { interval: 60_000, count: 0, manual: true },
      onShutdown: true,
      shutdownDeadline: 8000,
      shardEndDeadline: 300_000,
      onFailure: 'dead-letter',
      breaker: 20,
      badRelease: 0,
      retries: 3,
      backoff: 500,
      deadline: 30_000,
      limits: { concurrency: 1, undelivered: 1000 },
      handlerName: 'handler.js',
      handlerVersion: '1.4.0'
    }))

  it('gives the session of a batch handler how many records it gets at once', () =>
    assert.deepEqual(Config.toEnv(defaults, { name: 'a.js', version: null, isBatch: true }).group, {
      count: 100,
      bytes: 1_000_000,
      linger: 0
    }))
})

/** UPDATE_EXAMPLE=1 writes it anew. */
const isWritten = (name: string, text: string): void => {
  const file = path.join(root, name)
  if (process.env['UPDATE_EXAMPLE'] === '1') fs.writeFileSync(file, text)
  assert.equal(fs.readFileSync(file, 'utf8'), text)
}

describe('the table of keys is written', () => {
  it('as kcl.config.example.yaml: each key with its meaning, default, variable and flag', () =>
    isWritten('kcl.config.example.yaml', example()))

  it('as the tables of docs/configuration.md', () =>
    isWritten(
      'docs/configuration.md',
      page(fs.readFileSync(path.join(root, 'docs/configuration.md'), 'utf8'))
    ))

  it('as kcl.schema.json', () => isWritten('kcl.schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`))
})
