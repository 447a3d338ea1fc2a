/** Where the name of the stream comes from that dead letters and idempotency keys have. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import { project } from '../../config/Project'

const bin = path.resolve('dist/bin.js')

const HANDLER = `
exports.handler = (record) => {
  if (Buffer.from(record.data).toString().includes('bad')) throw new RangeError('bad')
  return { _tag: 'Ack', outputs: [{ sink: 'out', value: 1 }] }
}
`
const SINKS = 'sinks: { out: { type: file, path: out.ndjson, ids: true, keys: 2 } }\n'
const CONFIG = `handler: ./handler.js\nfailure: { retries: 0 }\nlog: { level: error, format: json }\n${SINKS}`
const ORDERS = '{"n":1}\n{"n":2,"bad":true}\n'

const made = (config: string): string =>
  project({ 'kcl.config.yaml': config, 'handler.js': HANDLER, 'a.ndjson': ORDERS, 'b.ndjson': ORDERS })

const run = (cwd: string, ...args: ReadonlyArray<string>) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000
  })
  return { status, text: stdout + stderr }
}

const values = (file: string, key: string): ReadonlyArray<unknown> =>
  fs
    .readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as Readonly<Record<string, unknown>>)[key])

describe('a sink with keys: 2', () => {
  const missing = /sinks\.out: keys is 2, which needs the name of the stream; set daemon\.streamName/

  it('is refused by check and by a child where the stream is not known, with its place', () => {
    const cwd = made(CONFIG)
    const { status, text } = run(cwd, 'check')
    assert.equal(status, 2)
    assert.match(text, missing)
    assert.match(text, /kcl\.config\.yaml:4:\d+: sinks\.out/)
    const child = run(cwd, 'child')
    assert.equal(child.status, 2)
    assert.match(child.text, missing)
  })

  it('is accepted with the name of the stream, or its ARN', () => {
    for (const stream of [
      'streamName: orders',
      'streamArn: "arn:aws:kinesis:eu-central-1:123456789012:stream/orders"'
    ])
      assert.equal(
        run(made(`${CONFIG}daemon: { ${stream}, applicationName: consumer }\n`), 'check').status,
        0
      )
  })
})

describe('kclts dev', () => {
  for (const spawned of [[], ['--spawn']])
    it(`names a stream after its input, in letters and keys, whatever the configuration says ${spawned.join('')}`, () => {
      const cwd = made(
        `${CONFIG}daemon: { streamArn: "arn:aws:kinesis:eu-central-1:123456789012:stream/orders", applicationName: consumer }\n`
      )
      for (const name of ['a.ndjson', 'b.ndjson']) {
        const { status, text } = run(cwd, 'dev', name, ...spawned)
        assert.equal(status, 0, text)
      }
      const [a, b] = values(path.join(cwd, 'dead-letters.ndjson'), 'stream').map(String)
      assert.match(a ?? '', /^dev\.[A-Za-z0-9_.-]+$/)
      assert.match(b ?? '', /^dev\.[A-Za-z0-9_.-]+$/)
      assert.notEqual(a, b)
      const [first, second] = values(path.join(cwd, 'out.ndjson'), 'id').map(String)
      assert.deepEqual(
        [first?.startsWith(`${a}:shardId-`), second?.startsWith(`${b}:shardId-`)],
        [true, true]
      )
    })
})
