/** `kclts check` in this process: it changes nothing on disk, and says what a newcomer has to know. */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import { check } from '../../../src/cli/check/check'
import { project } from '../../config/Project'

/** Every path below the folder, with what would show a change. */
const tree = (folder: string): ReadonlyArray<string> =>
  fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => {
      const { size, mode, mtimeMs } = fs.lstatSync(path.join(folder, name))
      return `${name} ${size} ${mode} ${mtimeMs}`
    })
    .sort()

const CONFIG = `handler: ./handler.ts
failure: { deadLetters: ./data/letters.ndjson, badRelease: 100, retries: 5 }
concurrency: 16
batch: { count: 10 }
checkpoint: { interval: 3000 }
status: { listen: $PWD/status.sock, stalled: 10m }
daemon: { streamName: orders, applicationName: shop, classpath: ./jars, region: eu-west-1 }
sinks:
  orders: { type: file, path: ./out/orders.ndjson }
`

describe('kclts check', () => {
  it('warns of a recording that would not be made, and of settings that do nothing', async () => {
    const folder = project({
      'kcl.config.yaml':
        'handler: ./handler.ts\ncallbackDeadline: 1m\nrecord: { folder: ./taken/recordings }\ndaemon: { handover: amazon }\n',
      'handler.ts': 'export const handler = (): boolean => true\n',
      taken: ''
    })
    const { code, text } = await check({
      cwd: folder,
      file: null,
      env: { HOME: folder, PATH: '/nowhere' },
      flags: {},
      handlerRequired: true
    })
    const warnings = text.split('\n').filter((line) => /(?:record\.folder|daemon\.handover): /.test(line))
    assert.equal(code, 0, text)
    assert.deepEqual(warnings, [
      `warning: kcl.config.yaml:3:19: record.folder: nothing would be recorded, since it cannot be written to: ${path.join(folder, 'taken')} is no folder`,
      'warning: kcl.config.yaml:3:19: record.folder: it does nothing for a program that uses kclts/compat, as callbackDeadline suggests: such a program is not recorded',
      "warning: kcl.config.yaml:4:21: daemon.handover: it does nothing here, since Amazon's main class runs; it is for KCL 3.5 with the main class of kclts"
    ])
  })

  it('changes nothing on disk, with a home folder that may not be written to', async () => {
    const folder = project({
      'kcl.config.yaml': CONFIG,
      'handler.ts': 'export const handler = (): boolean => true\n',
      'jars/kcl.jar': '',
      'home/kept': '',
      'node_modules/kept': ''
    })
    const home = path.join(folder, 'home')
    fs.chmodSync(home, 0o555)
    const before = tree(folder)
    const { code, text } = await check({
      cwd: folder,
      file: null,
      env: { PWD: folder, HOME: home, XDG_STATE_HOME: path.join(folder, 'state'), PATH: '/nowhere' },
      flags: {},
      handlerRequired: true
    })
    assert.equal(code, 0, text)
    assert.deepEqual(tree(folder), before)
    // Others than root could not remove it otherwise.
    fs.chmodSync(home, 0o755)
    const told = text
      .split('\n')
      .filter((line) => /^(warning|Note)/.test(line) && !/Java|tmpfs|overlayfs/.test(line))
    const idle =
      'it does nothing with a pure handler, and this one seems to be pure: it is not async and takes no context'
    assert.deepEqual(
      told.map((line) => line.replaceAll(folder, '~')),
      [
        'warning: kcl.config.yaml:5:25: checkpoint.interval: found 3000 without a unit, which is 50m; write 3s for milliseconds, or 3000s',
        `warning: kcl.config.yaml:3:14: concurrency: ${idle}`,
        `warning: kcl.config.yaml:2:74: failure.retries: ${idle}`,
        'warning: kcl.config.yaml:4:17: batch.count: it does nothing with a handler of single records; it is for an export `batchHandler`',
        'warning: failure.deadLetters: there is no folder ~/data; a start makes it',
        'Note: the types of handler.ts are not checked when it is loaded; npx tsc --noEmit checks them.'
      ]
    )
  })

  it('refuses what a start would refuse, and changes nothing', async () => {
    const folder = project({
      'kcl.config.yaml': `handler: ./handler.js
failure: { deadLetters: ./file/letters.ndjson }
sinks:
  a: { type: file, path: ./file/orders.ndjson }
  b: { type: http, url: "http://h/", headers: { Content-Length: "5", x: "\${NONE}" } }
  c: { type: http, url: "http://h/", headers: { x: "\${NONE}" } }
`,
      'handler.js': 'exports.handler = () => true\n',
      file: ''
    })
    const before = tree(folder)
    const { code, text } = await check({ cwd: folder, file: null, env: {}, flags: {}, handlerRequired: true })
    assert.equal(code, 2)
    assert.deepEqual(tree(folder), before)
    assert.deepEqual(text.replaceAll(folder, '~').split('\n').slice(0, -2), [
      'kcl.config.yaml:2:25: failure.deadLetters: ENOTDIR: not a directory, looking at ~/file/letters.ndjson; a part of the path is a file: make it a folder, or name another file in failure.deadLetters',
      "kcl.config.yaml:4:26: sinks.a.path: Error: ENOTDIR: not a directory, lstat '~/file/orders.ndjson'",
      'kcl.config.yaml:5:65: sinks.b.headers.Content-Length: follows from the request itself and cannot be set',
      'kcl.config.yaml:6:52: sinks.c.headers.x: the environment variable NONE is not set'
    ])
  })
})
