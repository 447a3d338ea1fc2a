import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, cpSync, mkdirSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import * as Sqs from '../../src/sinks/sqs'
import { entry } from './Fake'

const open = (queueUrl: string) => Sqs.transport({ type: 'sqs', queueUrl, region: 'eu-central-1' })

describe('sqs', () => {
  it('a group is the key where SQS takes it, and else the hash of the key', () => {
    assert.equal(Sqs.short('shardId-000:12:0:1'), 'shardId-000:12:0:1')
    for (const key of ['', 'two words', 'ä', 'k'.repeat(129)])
      assert.match(Sqs.short(key), /^[0-9a-f]{64}$/, key)
    assert.notEqual(Sqs.short('two words'), Sqs.short('two  words'))
  })

  it('messages of a key go one after the other to a FIFO queue, and together to another', async () => {
    const fifo = await open('https://sqs.eu-central-1.amazonaws.com/1/orders.fifo')
    const standard = await open('https://sqs.eu-central-1.amazonaws.com/1/orders')
    assert.equal(fifo.laneOf, undefined)
    assert.equal(standard.laneOf?.(entry('id', 'key')), 'id')
    await fifo.close()
    await standard.close()
  })

  it('counts what is sent: the text with its escapes, and the attribute', async () => {
    const { refusal, close } = await open('https://sqs.eu-central-1.amazonaws.com/1/orders')
    const most = (1 << 20) - Buffer.byteLength('kclts-idStringid')
    const of = (json: string) => refusal?.({ ...entry('id'), json, bytes: Buffer.byteLength(json) })
    assert.equal(of('x'.repeat(most)), null)
    assert.equal(
      of('x'.repeat(most + 1))?.message,
      'the output has 1048577 bytes with its attribute, and a message of SQS 1048576'
    )
    // Three bytes become the six of an escape.
    assert.equal(of('x'.repeat(most - 6) + '\uFFFE'), null)
    assert.equal(of('x'.repeat(most - 5) + '\uFFFE')?.name, 'TooLarge')
    await close()
  })

  it('a package that is missing is an error that names its install command', () => {
    const project = mkdtempSync(path.join(tmpdir(), 'kclts-peers-'))
    const root = path.join(__dirname, '../..')
    try {
      cpSync(path.join(root, 'src'), path.join(project, 'src'), { recursive: true })
      mkdirSync(path.join(project, 'node_modules'))
      for (const name of ['fp-ts', 'io-ts'])
        symlinkSync(path.join(root, '../node_modules', name), path.join(project, 'node_modules', name))
      const code = `require('./src/sinks/Sinks.js').open(
        { a: { type: 'sqs', queueUrl: 'http://127.0.0.1/q' }, b: { type: 'kinesis', streamName: 's', endpoint: 'http://127.0.0.1' } }, { env: {} }
      ).then((opened) => console.log(JSON.stringify(opened.left)))`
      const { stdout } = spawnSync(process.execPath, ['-e', code], { cwd: project, encoding: 'utf8' })
      assert.deepEqual(JSON.parse(stdout || 'null'), [
        'sinks.a: type sqs needs a package that is not installed: npm install @aws-sdk/client-sqs',
        'sinks.b: type kinesis needs a package that is not installed: npm install @aws-sdk/client-kinesis'
      ])
    } finally {
      rmSync(project, { recursive: true, force: true })
    }
  })
})
