/** A reader of stdout that leaves early. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { it } from 'node:test'
import * as DeadLetterCodec from '../../src/deadLetters/DeadLetterCodec'
import { letter } from '../edge/letter'

const bin = path.resolve('dist/bin.js')

/** More than a pipe holds, so that the command writes after the reader has left. */
const MANY = 3000

it('a reader that takes one line of many ends a command without a stack trace', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-reader-'))
  try {
    const file = path.join(folder, 'letters.ndjson')
    const lines = Array.from({ length: MANY }, (_, index) =>
      DeadLetterCodec.encode({ ...letter, sequenceNumber: String(index + 1) })
    )
    fs.writeFileSync(file, lines.join(''))
    const command = '"$0" "$1" dead-letters list "$2" | head -n 1; echo "${PIPESTATUS[0]}"'
    const { stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, bin, file], {
      encoding: 'utf8'
    })
    assert.deepEqual([stdout.split('\n').slice(1), stderr], [['0', ''], ''])
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
})
