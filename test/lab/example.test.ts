import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { it } from 'node:test'
import { plan } from '../../src/cli/plan/plan'
import * as Price from '../../src/lab/plan/Price'

const example = path.resolve('examples/lab')

/** The clone may belong to another user, whose recordings are not read. */
const copied = (): string => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-lab-'))
  fs.cpSync(example, folder, { recursive: true })
  return folder
}

it('the README of examples/lab shows what kclts plan prints', async () => {
  const readme = fs.readFileSync(path.join(example, 'README.md'), 'utf8')
  const shown = /\n\$ npx kclts plan recording --policy proposed\.yaml\n(.*?)```/s.exec(readme)?.[1]
  const cwd = copied()
  const out: Array<string> = []
  try {
    const code = await plan(
      {
        recording: 'recording',
        policies: ['proposed.yaml'],
        sweep: [],
        rate: Price.ON_DEMAND,
        most: null,
        json: false,
        page: null
      },
      {
        cwd,
        env: {},
        print: (text) => void out.push(text),
        tell: (text) => void out.push(text),
        screen: null,
        signal: new AbortController().signal
      }
    )
    assert.deepEqual({ code, text: out.join('') }, { code: 0, text: shown })
  } finally {
    fs.rmSync(cwd, { recursive: true, force: true })
  }
})
