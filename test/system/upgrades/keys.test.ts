/** Sinks that remember idempotency keys remember those of 426a8b2, whose bytes `keys/keys.json` has. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { describe, it } from 'node:test'

const read = (text: string): unknown => JSON.parse(text)

describe('the keys of outputs', () => {
  it('are those of 426a8b2, to the byte, in each kind of sink', () =>
    assert.deepEqual(
      read(
        execFileSync(process.execPath, ['test/system/upgrades/keys/sent.js', '.build/src'], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore']
        })
      ),
      read(fs.readFileSync('test/system/upgrades/keys/keys.json', 'utf8'))
    ))
})
