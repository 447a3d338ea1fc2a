/** `kclts jars` as a process, on a machine without Maven and without a network. */
import * as assert from 'node:assert/strict'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as Child from './Child'

const jars = (
  args: ReadonlyArray<string>,
  { files = {}, env = {} }: { readonly files?: Child.Files; readonly env?: Record<string, string> } = {}
): Child.Child => {
  const folder = Child.project(files)
  return Child.start(folder, {
    command: [process.execPath, path.join(Child.root, 'dist/bin.js'), 'jars', ...args],
    env: { HOME: folder, PATH: folder, XDG_CACHE_HOME: '', KCLTS_DAEMON_REPOSITORY: '', ...env }
  })
}

const CACHE = '.cache/kclts/kcl-3.1.3'

describe('kclts jars', () => {
  it('has a help, and one for each of its commands', async () => {
    for (const args of [[], ['fetch'], ['path'], ['verify']]) {
      const { code, stdout, stderr } = await jars([...args, '--help']).left()
      assert.deepEqual([code, stderr], [0, ''])
      assert.ok(stdout.startsWith(`Usage: kclts jars ${args.join('')}`), stdout)
    }
  })

  it('path: 0, and the folder, whether the jars are there or not', async () => {
    for (const [args, env, place] of [
      [[], {}, `~/${CACHE}`],
      [['--kcl', '2.5.4'], {}, '~/.cache/kclts/kcl-2.5.4'],
      [[], { XDG_CACHE_HOME: '/var/cache' }, '/var/cache/kclts/kcl-3.1.3'],
      [[], { KCLTS_HOME: '/srv/kcl', XDG_CACHE_HOME: '/var/cache' }, '/srv/kcl/cache/kcl-3.1.3']
    ] as const) {
      const child = jars(['path', ...args], { env })
      const { code, stdout, stderr } = await child.left()
      assert.deepEqual([code, stdout, stderr], [0, `${place.replace('~', child.folder)}\n`, ''])
    }
  })

  it('fetch: 0, and the folder alone on stdout, when they are there', async () => {
    const child = jars(['fetch'], { files: { [`${CACHE}/complete`]: '' } })
    const { code, stdout, stderr } = await child.left()
    assert.deepEqual([code, stdout, stderr], [0, `${path.join(child.folder, CACHE)}\n`, ''])
  })

  it('fetch --to: 0, and that folder', async () => {
    const child = jars(['fetch', '--to', 'own'], { files: { 'own/complete': '' } })
    const { code, stdout, stderr } = await child.left()
    assert.deepEqual([code, stdout, stderr], [0, `${path.join(child.folder, 'own')}\n`, ''])
  })

  it('fetch: 2 without Maven and an address', async () => {
    const child = jars(['fetch'])
    const { code, stdout, stderr } = await child.left()
    assert.deepEqual(
      [code, stdout, stderr],
      [
        2,
        '',
        "kclts jars: the jars of Amazon's daemon are not here, and there is no Maven to fetch them; install Maven, or set daemon.repository to the address of a Maven repository, or copy jars here and name their folder in daemon.classpath\n"
      ]
    )
    assert.deepEqual(fs.readdirSync(path.join(child.folder, '.cache/kclts')), [])
  })

  it('fetch: 2 when they are not at the address, wherever the address is from', async () => {
    const server = http.createServer((_, response) => response.writeHead(404).end()).unref()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/maven2`
    for (const given of [
      { args: ['--repository', address], env: {} },
      { args: [], env: { KCLTS_DAEMON_REPOSITORY: address } }
    ]) {
      const { code, stdout, stderr } = await jars(['fetch', ...given.args], { env: given.env }).left()
      assert.deepEqual([code, stdout], [2, ''])
      assert.ok(stderr.startsWith(`kclts jars: ${address}/com/`), stderr)
      assert.ok(stderr.endsWith('.jar answers 404; check daemon.repository and the network\n'), stderr)
    }
    server.close()
  })

  it('verify: 2 when they are not there, or are not what they should be', async () => {
    const none = jars(['verify'])
    const { code: without, stderr: why } = await none.left()
    assert.deepEqual(
      [without, why],
      [
        2,
        `kclts jars: the jars of KCL 3.1.3 are not in ${path.join(none.folder, CACHE)}; run \`kclts jars fetch\`\n`
      ]
    )
    const wrong = jars(['verify'], { files: { [`${CACHE}/complete`]: '' } })
    const { code, stdout, stderr } = await wrong.left()
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^kclts jars: .*\/aws-core-[0-9.]+\.jar is missing$/m)
    assert.ok(
      stderr.endsWith(
        `kclts jars: delete the file ${path.join(wrong.folder, CACHE, 'complete')} and run \`kclts jars fetch\`, which repairs the folder\n`
      ),
      stderr.slice(-300)
    )
  })

  for (const [args, text] of [
    [
      ['path', '--kcl', '../../etc'],
      '--kcl: found "../../etc", expected a version of the KCL, such as 3.1.3 or 2.5.4'
    ],
    [['fetch', '--kcl', '3.1'], '--kcl: found "3.1", expected a version of the KCL, such as 3.1.3 or 2.5.4'],
    [
      ['fetch', '--repository', 'ftp://me:x7Qp01mZ@h'],
      '--repository: found "ftp://***@h", expected a URL that begins with http:// or https://'
    ]
  ] as const)
    it(`${args.join(' ')}: 2`, async () => {
      const { code, stdout, stderr } = await jars(args).left()
      assert.deepEqual([code, stdout, stderr], [2, '', `kclts jars: ${text}\n`])
    })

  it('fetch: 2 and one message where the cache cannot be written', async () => {
    const child = jars(['fetch'], { env: { XDG_CACHE_HOME: '/proc/kclts' } })
    const { code, stdout, stderr } = await child.left()
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(
      stderr,
      /^kclts jars: the jars cannot be kept in \/proc\/kclts\/kclts\/kcl-3\.1\.3: [^\n]+set XDG_CACHE_HOME[^\n]+\n$/
    )
  })

  for (const [args, text] of [
    [['fetsh'], "error: unknown command 'fetsh'\n(Did you mean fetch?)\n"],
    [['fetch', '--kc', '3.1.3'], "error: unknown option '--kc'\n(Did you mean --kcl?)\n"],
    [['verify', 'now'], "error: too many arguments for 'verify'. Expected 0 arguments but got 1"]
  ] as const)
    it(`does not know ${args.join(' ')}: 2`, async () => {
      const { code, stdout, stderr } = await jars(args).left()
      assert.deepEqual([code, stdout], [2, ''])
      assert.ok(stderr.startsWith(text), stderr)
    })
})
