/** Tracing as a configuration asks for it: in a child, in the threads of a host, in check; and where it is refused. */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { it } from 'node:test'
import * as E from 'fp-ts/Either'
import { check } from '../../src/cli/check/check'
import { load } from '../../src/tracing/OpenTelemetry'
import * as Traceparent from '../../src/tracing/Traceparent'
import { batch as batchOf, say, withHost } from '../host/Rig'
import * as Child from '../system/process/Child'

/** Writes each span into a file beside it once the SDK is flushed. */
const SDK = `
  const fs = require('node:fs')
  const need = require('node:module').createRequire(${JSON.stringify(path.join(Child.root, 'package.json'))})
  const { trace, context } = need('@opentelemetry/api')
  const { BasicTracerProvider, BatchSpanProcessor } = need('@opentelemetry/sdk-trace-base')
  const { AsyncLocalStorageContextManager } = need('@opentelemetry/context-async-hooks')
  const exporter = {
    export: (spans, done) => {
      for (const span of spans) {
        const { name, attributes, parentSpanContext } = span
        const parent = parentSpanContext?.spanId ?? null
        const line = JSON.stringify({ name, attributes, parent, ...span.spanContext() })
        fs.appendFileSync(__dirname + '/spans.ndjson', line + '\\n')
      }
      done({ code: 0 })
    },
    shutdown: () => Promise.resolve()
  }
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] }))
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
`

const CONFIG =
  'handler: ./handler.js\ncheckpoint: { interval: 0, count: 0 }\ndaemon: { streamName: orders, applicationName: shop }\n'

interface Written {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly parent: string | null
  readonly attributes: Readonly<Record<string, unknown>>
}

const spansIn = (folder: string): ReadonlyArray<Written> =>
  fs
    .readFileSync(path.join(folder, 'spans.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Written)

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

it('a child sends its spans before it ends, and its http sink the trace of an output', async () => {
  const headers: Array<unknown> = []
  const server = createServer((request, response) => {
    headers.push(request.headers['traceparent'])
    request.resume().on('end', () => response.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    const config =
      `${CONFIG}tracing: { spans: record, parent: traceparent }\nlog: { format: json }\n` +
      `sinks: { out: { type: http, url: "http://127.0.0.1:${port}/" } }\n`
    const folder = Child.project({
      'kcl.config.yaml': config,
      'tracing.js': SDK,
      'handler.js':
        "exports.handler = async (record, { log }) => { log('info', 'seen'); return { _tag: 'Ack', outputs: [{ sink: 'out', value: 1 }] } }\n"
    })
    const child = Child.start(folder, {
      env: { NODE_OPTIONS: `--require ${path.join(folder, 'tracing.js')}` }
    })
    await child.ask(Child.initialize)
    await child.ask(Child.batch([{ json: { traceparent: `00-${TRACE}-${SPAN}-00` } }]))
    const { code, stderr } = await child.end()
    const [span, ...others] = spansIn(folder)
    assert.deepEqual([code, others], [0, []])
    assert.deepEqual(
      [span?.name, span?.traceId, span?.parent, span?.attributes['messaging.consumer.group.name']],
      ['process orders', TRACE, SPAN, 'shop']
    )
    const spanId = span?.spanId ?? ''
    assert.deepEqual(headers, [Traceparent.show({ traceId: TRACE, spanId, isSampled: true })])
    assert.match(stderr, new RegExp(`"trace_id":"${TRACE}","span_id":"${spanId}".*"msg":"seen"`))
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

it('each thread of a host has the SDK that its own module registers', async () => {
  const handler = `require('./tracing.js')\nexports.handler = () => false\n`
  const project = Child.project({
    'kcl.config.yaml': `${CONFIG}tracing: { spans: batch }\n`,
    'tracing.js': SDK,
    'handler.js': handler
  })
  await withHost(handler, { project, threads: 2 }, async ({ shard }) => {
    for (const number of [0, 1]) {
      const child = await shard(number)
      say(child, batchOf(3))
      assert.equal(await child.reply(), Child.status('processRecords'))
    }
  })
  assert.deepEqual(
    spansIn(project)
      .map(({ name, attributes }) => [name, attributes['messaging.batch.message_count']])
      .sort(),
    [
      ['process orders', 3],
      ['process orders', 3]
    ]
  )
})

it('start-up refuses spans where the API is not installed, and says how to install it', () =>
  assert.deepEqual(
    load([path.join(Child.project({}), 'handler.js')]),
    E.left('it needs a package that is not installed: npm install @opentelemetry/api')
  ))

it('check names what has no effect, and wrong values', async () => {
  const reportOf = async (tracing: string): Promise<string> => {
    const folder = Child.withHandler(Child.ACK, `${Child.CONFIG}tracing: ${tracing}\n`)
    const { text } = await check({ cwd: folder, file: null, env: {}, flags: {}, handlerRequired: true })
    return text
  }
  assert.match(
    await reportOf('{ spans: record, parent: a.b, sampling: parent }'),
    /is right, and the handler loads/
  )
  assert.match(await reportOf('{ parent: a }'), /tracing\.parent: without tracing\.spans this has no effect/)
  assert.match(
    await reportOf('{ spans: batch, sampling: 1 }'),
    /tracing\.sampling: without tracing\.parent this has no/
  )
  assert.match(
    await reportOf('{ sampling: 2 }'),
    /tracing\.sampling: found 2, expected a share from 0 to 1, or parent/
  )
})
