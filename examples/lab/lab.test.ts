import { deepStrictEqual } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { withFolder } from '../dev'

const BIN = path.join(__dirname, '../../dist/bin.js')

/** How long the handlers take depends on the machine. */
const withoutTime = (shown: string): string =>
  shown.replace(/(?:The new handler|No difference in speed) .*\n\n/, '')

test('the README shows what kclts diff prints', () =>
  withFolder(async (folder) => {
    // The clone may belong to another user, whose recordings are not read.
    const recording = path.join(folder, 'recording')
    fs.cpSync(path.join(__dirname, 'recording'), recording, { recursive: true })
    const [, command = '', shown = ''] =
      /\n\$ npx kclts (diff .*)\n([^]*?)```/.exec(
        fs.readFileSync(path.join(__dirname, 'README.md'), 'utf8')
      ) ?? []
    const args = command
      .split(' ')
      .map((word) => (word === 'recording' ? recording : word.replaceAll("'", '')))
    const child = spawn(process.execPath, [BIN, ...args], { cwd: __dirname })
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    deepStrictEqual(
      { code: child.exitCode, stderr, shown: withoutTime(stdout.replace(recording, 'recording')) },
      { code: 1, stderr: '', shown: withoutTime(shown) }
    )
  }))
