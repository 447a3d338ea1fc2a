/** What other programs say, and what a slip on the command line has in it: no secret is printed again. */
import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as ActionCodec from '../../../src/protocol/wire/Action'
import * as Child from './Child'

const SECRET = 'x7Qp/01+mZ%kL'
const FORMS = [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString('base64')]

const isTold = (text: string): boolean => FORMS.some((form) => text.includes(form))

const kclts = (
  folder: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Child.Child =>
  Child.start(folder, { command: [process.execPath, path.join(Child.root, 'dist/bin.js'), ...args], env })

const said = async (child: Child.Child): Promise<string> => {
  const { stdout, stderr } = await child.left()
  return stdout + stderr
}

/** A Java that says this, and then what it was started with. */
const withJava = (said: string): Record<string, string> => ({
  'bin/java': `#!/bin/sh
echo "$JAVA_TOOL_OPTIONS" >&2
case "$*" in *-version*) echo '${said}' >&2; exit 0;; esac
for a in "$@"; do echo "$a"; case $a in *.properties) cat "$a";; esac; done
printf 'ERROR\\tx.Y\\tcannot sign with %s\\t\\n' "$(cat "$HOME/header")"
exit 1
`,
  'jars/x.jar': '',
  header: Buffer.from(`me:${SECRET}`).toString('base64')
})

const started = (files: Record<string, string>): string => {
  const folder = Child.project(files)
  if ('bin/java' in files) fs.chmodSync(path.join(folder, 'bin/java'), 0o755)
  return folder
}

const OPTION = `-Dhttps.proxyPassword=${SECRET}`

describe('a secret is printed', () => {
  it('neither with an option that there is not, nor with a file that is broken', async () => {
    const folder = Child.project({
      'package.json': `{ "password": ${SECRET} }`,
      'kcl.config.yaml': `x: !${SECRET}\n`
    })
    for (const args of [
      ['run', `--daemon-jawa=${OPTION}`],
      ['run', '--daemon-java', '-Xmx1g', OPTION],
      ['check', `--daemon-repositori=https://me:${encodeURIComponent(SECRET)}@h`],
      ['jars', 'fetch', `--repositori=https://me:${encodeURIComponent(SECRET)}@h`],
      ['jars', 'fetch', '--repository', `me:${SECRET}@h`],
      ['config'],
      ['check'],
      ['child']
    ]) {
      const text = await said(kclts(folder, args))
      assert.notEqual(text, '')
      assert.ok(!isTold(text), `${args.join(' ')}\n${text}`)
    }
  })

  it('neither by a Java that repeats its options, nor by the daemon that repeats its properties', async () => {
    const config =
      'handler: ./handler.js\nlog: { format: json, level: debug }\ndaemon:\n  streamName: orders\n  applicationName: order-consumer\n' +
      `  region: eu-central-1\n  restarts: 0\n  classpath: ./jars\n  java: [${JSON.stringify(OPTION)}]\n` +
      `  credentials: ${JSON.stringify(`com.example.P|AKIA|${SECRET}`)}\n`
    for (const version of ['openjdk version "17.0.9"', 'nonsense']) {
      const folder = started({ 'handler.js': Child.ACK, 'kcl.config.yaml': config, ...withJava(version) })
      const text = await said(
        kclts(folder, ['run'], {
          HOME: folder,
          JAVA_HOME: '',
          JAVA_TOOL_OPTIONS: `Picked up ${OPTION}`,
          PATH: `${path.join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
          XDG_STATE_HOME: '',
          XDG_RUNTIME_DIR: folder
        })
      )
      assert.match(
        text,
        version === 'nonsense' ? /does not report its version/ : /cannot sign with \S*\*\*\*/
      )
      assert.ok(!isTold(text), text)
    }
  })

  it('nor by a server that repeats the header it refuses', async () => {
    const server = http.createServer((request, response) => {
      response.writeHead(403, { location: `https://me:${encodeURIComponent(SECRET)}@h/` })
      response.end(`"${request.headers.authorization ?? ''}" is not allowed (${request.url ?? ''})`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    after(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?token=${encodeURIComponent(SECRET)}`
    const child = Child.start(
      Child.withHandler(
        "exports.handler = () => ({ _tag: 'Ack', outputs: [{ sink: 'hook', value: 1 }] })\n",
        `${Child.CONFIG}log: { format: json }\nsinks:\n  hook:\n    type: http\n    url: ${url}\n    headers: { authorization: 'Bearer \${TOKEN}' }\n`
      ),
      { env: { TOKEN: SECRET } }
    )
    await child.ask(Child.initialize)
    // It halts, and gives no answer.
    child.send(`${ActionCodec.encode(Child.batch(1))}\n`)
    await child.seen('403')
    const { stdout, stderr } = await child.left()
    assert.ok(!isTold(stdout + stderr), stderr)
  })
})
