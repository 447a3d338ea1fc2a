/** `kclts check` refuses what `kclts run` would refuse, and warns of what this machine lacks. */
import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as net from 'node:net'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as Child from './Child'

const BIN = path.join(Child.root, 'dist/bin.js')

const DAEMON = 'daemon: { streamName: orders, applicationName: shop, classpath: ./jars }\n'

/** The exit code, and its problems and warnings about what is not on this page. */
const check = async (
  more: string,
  PATH = '/usr/bin:/bin',
  ...flags: ReadonlyArray<string>
): Promise<readonly [number | null, ReadonlyArray<string>]> => {
  const folder = Child.project({
    'kcl.config.yaml': `handler: ./handler.js\n${more}`,
    'handler.js': Child.ACK,
    'jars/kcl.jar': '',
    'bin/java': '#!/bin/sh\necho \'openjdk version "17.0.9"\' >&2\n',
    file: ''
  })
  fs.chmodSync(path.join(folder, 'bin/java'), 0o755)
  fs.mkdirSync(path.join(folder, 'tools'))
  for (const tool of ['sh', 'mkfifo']) fs.symlinkSync(`/bin/${tool}`, path.join(folder, 'tools', tool))
  const { code, stdout, stderr } = await Child.start(folder, {
    command: [process.execPath, BIN, 'check', ...flags],
    env: { PATH: PATH.replace('~', folder), JAVA_HOME: '', XDG_STATE_HOME: path.join(folder, 'state') }
  }).left()
  const told = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => /java|daemon\.\S+: |status\.listen: /i.test(line))
  return [
    code,
    told.filter((line) => !/ default$|dead letters/.test(line)).map((line) => line.replaceAll(folder, '~'))
  ]
}

const JAVA = '~/bin:/usr/bin:/bin'

describe('kclts check', () => {
  it('refuses a daemon without all that it is to be given, as run does', async () =>
    assert.deepEqual(await check('daemon: { streamName: orders, classpath: ./jars }\n', JAVA), [
      2,
      ['daemon.applicationName: missing, expected a name that all workers of the application share']
    ]))

  it('refuses a folder without jars, as run does', async () =>
    assert.deepEqual(await check(DAEMON.replace('./jars', './bin'), JAVA), [
      2,
      ['daemon.classpath: there is no jar in ~/bin']
    ]))

  it('refuses a place where the status cannot be served, as run does', async () => {
    const [code, told] = await check(`${DAEMON}status: { listen: $PWD/nowhere/kclts.sock }\n`, JAVA)
    assert.equal(code, 2)
    assert.match(told.join('\n'), /status\.listen: cannot listen at \S+: there is no folder \S+nowhere$/)
  })

  it('warns with --ports of a port that is taken, which may be by the worker itself', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const text = `${DAEMON}status: { listen: ${port} }\n`
    const unasked = await check(text, JAVA)
    const [code, told] = await check(text, JAVA, '--ports')
    server.close()
    assert.deepEqual([code, unasked[0]], [0, 0], told.join('\n'))
    assert.doesNotMatch(unasked[1].join('\n'), /cannot listen/)
    assert.match(told.join('\n'), /^warning: .*status\.listen: cannot listen at \S+: listen EADDRINUSE/m)
  })

  it('asks for no daemon where none is configured', async () =>
    assert.deepEqual(await check('', '/nowhere'), [0, []]))

  it('warns where there is no Java: another machine may have it', async () => {
    const [code, told] = await check(DAEMON, '~/tools')
    assert.equal(code, 0, told.join('\n'))
    assert.match(told.join('\n'), /^warning: there is no Java on the PATH/m)
  })
})
