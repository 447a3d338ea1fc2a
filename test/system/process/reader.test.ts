/** A reader of stdout that leaves early, as `kclts ... | head` does. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as path from 'node:path'
import { it } from 'node:test'

const bin = path.resolve('dist/bin.js')

/** What is on stderr, and the exit code, of a command whose reader ends before it writes. */
const withoutReader = (args: string): readonly [string, string] => {
  const command = `"$0" "$1" ${args} | true; echo "\${PIPESTATUS[0]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, bin], { encoding: 'utf8' })
  return [stderr, stdout]
}

it('a reader that leaves early ends a command without a stack trace', () =>
  assert.deepEqual(
    ['--help', 'config', 'dead-letters list --help', 'dead-letters --help'].map(withoutReader),
    Array.from({ length: 4 }, () => ['', '0\n'])
  ))
