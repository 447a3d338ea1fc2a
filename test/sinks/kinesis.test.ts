import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { describe, it } from 'node:test'
import * as Kinesis from '../../src/sinks/kinesis'
import type { Entry } from '../../src/sinks/Sink'
import { entry } from './Fake'

const refusal = Kinesis.refusalOf(({ json }: Entry) => json)
const of = (key: string, json = '1'): Entry => ({ ...entry('i', key, Buffer.byteLength(json)), json })

describe('kinesis', () => {
  it('refuses a key that no partition key can be, before it spoils a request', () => {
    assert.equal(refusal(of('k'.repeat(256))), null)
    for (const key of ['', 'k'.repeat(257)]) {
      const refused = refusal(of(key))
      assert.equal(
        refused?.message,
        `the output's key has ${key.length} characters, but a partition key of Kinesis has 1 to 256`
      )
    }
  })

  it('counts the bytes of the text and of the key, in UTF-8', () => {
    assert.equal(refusal(of('ä', 'x'.repeat((1 << 20) - 2))), null)
    assert.equal(
      refusal(of('ä', 'x'.repeat((1 << 20) - 1)))?.message,
      'the output has 1048577 bytes with its key, and a record of Kinesis 1048576'
    )
  })

  it('nothing of the SDK is loaded without a sink that needs it', () => {
    const sinks = JSON.stringify(path.join(__dirname, '../../src/sinks/open.js'))
    const code = `require(${sinks}); console.log(Object.keys(require.cache).filter((file) => /aws-sdk|smithy/.test(file)).length)`
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' })
    assert.deepEqual([stdout, stderr], ['0\n', ''])
  })
})
