/** Users that the system knows nothing of, as containers have them: no HOME, or one that they may not write to. */
import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as Child from './Child'
import * as OtherUser from './OtherUser'

const BIN = path.join(Child.root, 'dist/bin.js')

const skip = OtherUser.skip

const INITIALIZE =
  '{"action":"initialize","shardId":"shardId-000000000000","sequenceNumber":"TRIM_HORIZON","subSequenceNumber":0}\n'

const OURS = /^(?:HOME|XDG_.*|KCLTS_.*|JAVA_HOME)$/

/** Runs node in the folder, which every user may write to, as this user, with nothing of ours in the environment. */
const as = (
  uid: number,
  folder: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>
) => {
  fs.chmodSync(folder, 0o777)
  const others = Object.entries(process.env).filter(([name]) => !OURS.test(name))
  return spawnSync(process.execPath, args, {
    cwd: folder,
    env: { ...Object.fromEntries(others), ...env },
    uid,
    gid: uid,
    input: INITIALIZE,
    encoding: 'utf8',
    timeout: 30_000
  })
}

describe('a user without HOME and without an entry in passwd', () => {
  const COMPAT =
    "require('kclts/compat')({ initialize(i, c) { c() }, processRecords(i, c) { c() }, leaseLost(i, c) { c() }, shardEnded(i, c) { c() } }).run()"

  /** Each way into kclts, as a user that nothing knows. */
  const ways: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ['kclts check', [BIN, 'check']],
    ['kclts config', [BIN, 'config']],
    ['kclts dev', [BIN, 'dev', 'one.ndjson']],
    ['kclts child', [BIN, 'child']],
    ['start', ['own.js']],
    ['kclts/compat', ['compat.js']]
  ]

  for (const uid of [54_321, 1234])
    for (const [way, args] of ways)
      it(`may use ${way} (as ${uid})`, { skip }, () => {
        const folder = Child.project({
          'kcl.config.yaml': 'handler: ./handler.js\n',
          'handler.js': 'exports.handler = () => true',
          'one.ndjson': '{"id":1}\n',
          'own.js': `require('${Child.root}/dist/index.js').start(() => true)`,
          'compat.js': COMPAT.replace('kclts/compat', `${Child.root}/dist/compat/index.js`)
        })
        const { status, stderr } = as(uid, folder, args, {})
        assert.deepEqual([status, stderr.includes('uv_os_homedir')], [0, false], stderr)
      })
})

describe('a user whose HOME is /', () => {
  const RUN = 'daemon: { streamName: orders, applicationName: shop, region: eu-west-1, restarts: 0 }\n'

  const files = (dead: string): Child.Files => ({
    'kcl.config.yaml': `handler: ./handler.js\nfailure: { deadLetters: ${dead} }\n${RUN}`,
    'handler.js': Child.ACK,
    'closed/.keep': '',
    'bin/java': '#!/bin/sh\necho \'openjdk version "17.0.9"\' >&2\n[ "$1" = -version ]\n',
    'jars/kcl.jar': ''
  })

  const told = (text: string, folder: string): ReadonlyArray<string> =>
    text
      .split('\n')
      .filter((line) =>
        /^(?:kclts run: )?(?:not ready|the jars|no state|kcl\.config\.yaml|no private)/.test(line)
      )
      .map((line) => line.replace('kclts run: ', '').replaceAll(folder, '.'))

  const SUMMARY =
    'not ready to start; correct all of these: XDG_CACHE_HOME, XDG_STATE_HOME, failure.deadLetters (or KCLTS_FAILURE_DEAD_LETTERS)'

  const MISSING = [
    "the jars of Amazon's daemon are not here, and cannot be kept: Error: EACCES: permission denied, access '/'; set XDG_CACHE_HOME to a folder that this user may write to, or put a folder of jars into daemon.classpath",
    "no state can be kept: Error: EACCES: permission denied, access '/'; set XDG_STATE_HOME to a folder that this user may write to",
    'kcl.config.yaml:2:25: failure.deadLetters: EACCES: permission denied, opening ./closed/dead.ndjson; let this user read and write the file and enter its folder, or name another file in failure.deadLetters'
  ]

  for (const uid of [54_321, 1234])
    for (const command of ['run', 'check'])
      it(`is reported all that is missing at once by kclts ${command} (as ${uid})`, { skip }, () => {
        const folder = Child.project(files('./closed/dead.ndjson'))
        fs.chmodSync(path.join(folder, 'closed'), 0o755)
        fs.chmodSync(path.join(folder, 'bin/java'), 0o755)
        const PATH = `${path.join(folder, 'bin')}:/usr/bin:/bin`
        const { status, stderr } = as(uid, folder, [BIN, command], { HOME: '/', PATH })
        assert.deepEqual(
          [status, told(stderr, folder)],
          [2, [SUMMARY, ...(command === 'run' ? MISSING : [MISSING[2], ...MISSING.slice(0, 2)])]],
          stderr
        )
      })

  it('is reported all that is missing at once by kclts dev', { skip }, () => {
    const folder = Child.project({ ...files('./dead.ndjson'), 'one.ndjson': '{"id":1}\n' })
    const closed = path.join(folder, 'closed')
    for (const name of ['kcl.config.yaml', 'handler.js', 'one.ndjson'])
      fs.copyFileSync(path.join(folder, name), path.join(closed, name))
    fs.chmodSync(closed, 0o755)
    const missing = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
      const { status, stderr } = as(
        54_321,
        folder,
        [BIN, 'dev', '--config', 'closed/kcl.config.yaml', ...args],
        {
          HOME: '/',
          TMPDIR: path.join(folder, 'none')
        }
      )
      const lines = stderr
        .split('\n')
        .flatMap((line) => /^kclts dev: (?:kcl\S+ )?(.{23})/.exec(line)?.[1] ?? [])
      return [String(status), ...lines]
    }
    const letters = 'closed/kcl.config.yaml:'
    assert.deepEqual(missing(['--state', 'closed/state', 'one.ndjson']), [
      '2',
      letters,
      'no state can be kept in'
    ])
    assert.deepEqual(missing([]), ['2', letters, 'the input cannot be kep'])
  })

  it(
    'starts with the folders of the README: jars of root, and one folder that all may write to',
    { skip },
    () => {
      const folder = Child.project(files('./state/dead.ndjson'))
      fs.chmodSync(path.join(folder, 'bin/java'), 0o755)
      const jars = path.join(folder, 'cache/kclts/kcl-3.1.3')
      fs.mkdirSync(jars, { recursive: true })
      fs.writeFileSync(path.join(jars, 'complete'), '')
      fs.mkdirSync(path.join(folder, 'state'))
      fs.chmodSync(path.join(folder, 'state'), 0o1777)
      const { stderr } = as(54_321, folder, [BIN, 'run'], {
        HOME: '/',
        PATH: `${path.join(folder, 'bin')}:/usr/bin:/bin`,
        XDG_CACHE_HOME: path.join(folder, 'cache'),
        XDG_STATE_HOME: path.join(folder, 'state')
      })
      assert.match(stderr, /"msg":"starting"/)
      assert.deepEqual(told(stderr, folder), [])
    }
  )
})
