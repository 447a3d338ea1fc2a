/** Fetches that are killed, that come two at a time, or that find a JVM at work on what is there. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as JarFolder from '../../src/daemon/JarFolder'
import * as Jars from '../../src/daemon/Jars'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-jar-folder-'))
after(() => fs.rmSync(root, { recursive: true, force: true }))

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const JARS = { 'a/one.jar': 'one', 'b/two.jar': 'two' }

/** A repository; `hung` are the paths that get no answer. */
const repository = async () => {
  const asked: Array<string> = []
  const hung = new Set<string>()
  const server = http.createServer((request, response) => {
    const jar = (request.url ?? '').slice(1)
    asked.push(jar)
    if (hung.has(jar)) server.emit('hung')
    else response.end(Object.entries(JARS).find(([name]) => name === jar)?.[1])
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, asked, hung, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const machine = (name: string, address: string) => {
  const home = path.join(root, name)
  const shipped = path.join(home, 'shipped')
  fs.mkdirSync(path.join(shipped, 'kcl/9.9.9'), { recursive: true })
  const sums = Object.entries(JARS).map(([jar, text]) => `${sha256(text)}  ${jar}\n`)
  fs.writeFileSync(path.join(shipped, 'kcl/9.9.9/sums.txt'), sums.join(''))
  const printed: Array<string> = []
  const request: Jars.Request = {
    version: '9.9.9',
    classpath: null,
    repository: address,
    env: { HOME: home, PATH: '/nowhere' },
    shipped,
    print: (text) => printed.push(text)
  }
  const folder = Jars.folderOf(request)
  return {
    request,
    folder,
    printed,
    cached: () => fs.readdirSync(path.dirname(folder)).sort(),
    fetch: () =>
      spawn(process.execPath, [path.resolve('test/daemon/fetch.js'), home, shipped, address], {
        stdio: ['ignore', 'pipe', 'inherit']
      })
  }
}

const said = async (child: ReturnType<ReturnType<typeof machine>['fetch']>): Promise<string> => {
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await once(child, 'close')
  return text
}

describe('a fetch', () => {
  it('that was killed is continued: what it had got is not fetched again, and nothing is left of it', async () => {
    const { server, asked, hung, address } = await repository()
    const { request, folder, fetch, cached } = machine('killed', address)
    hung.add('b/two.jar')
    const begun = once(server, 'hung')
    const child = fetch()
    await begun
    const isThere = (): boolean =>
      cached().some((name) => {
        const jar = path.join(path.dirname(folder), name, 'a/one.jar')
        return fs.existsSync(jar) && fs.readFileSync(jar, 'utf8') === 'one'
      })
    while (!isThere()) await new Promise((resolve) => setImmediate(resolve))
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.match(cached().join(' '), /kcl-9\.9\.9\.part-/)
    hung.clear()
    asked.length = 0
    assert.deepEqual(await Jars.fetch(request), E.right(folder))
    assert.deepEqual([asked, cached()], [['b/two.jar'], ['kcl-9.9.9']])
    assert.deepEqual(Jars.verify(request), E.right(2))
  })

  it('beside another one waits for it, and takes what it got', async () => {
    const { asked, address } = await repository()
    const { folder, fetch, cached } = machine('two', address)
    const ends = await Promise.all([said(fetch()), said(fetch()), said(fetch())])
    for (const end of ends) assert.ok(end.includes(JSON.stringify(E.right(folder))), end)
    assert.deepEqual([[...asked].sort(), cached()], [['a/one.jar', 'b/two.jar'], ['kcl-9.9.9']])
  })

  it('that failed keeps what it had got', async () => {
    const { asked, address } = await repository()
    const { request, folder, cached } = machine('failed', address)
    const two = `${sha256('two')}  b/two.jar\n${sha256('x')}  c/none.jar\n`
    fs.writeFileSync(path.join(request.shipped, 'kcl/9.9.9/sums.txt'), two)
    const server = http.createServer((incoming, response) =>
      incoming.url === '/b/two.jar' ? response.end('two') : response.writeHead(404).end()
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    after(() => server.close())
    const broken = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    assert.ok(E.isLeft(await Jars.fetch({ ...request, repository: broken })))
    fs.writeFileSync(
      path.join(request.shipped, 'kcl/9.9.9/sums.txt'),
      `${sha256('two')}  b/two.jar\n${sha256('one')}  a/one.jar\n`
    )
    assert.deepEqual(await Jars.fetch(request), E.right(folder))
    assert.deepEqual([asked, cached()], [['a/one.jar'], ['kcl-9.9.9']])
  })

  it('puts right what a folder lacks without taking a file away from a JVM that uses it', async () => {
    const { address } = await repository()
    const { request, folder } = machine('in use', address)
    await Jars.fetch(request)
    const inode = fs.statSync(folder).ino
    const open = fs.openSync(path.join(folder, 'a/one.jar'), 'r')
    fs.writeFileSync(path.join(folder, 'b/two.jar'), 'damaged')
    fs.rmSync(path.join(folder, 'complete'))
    fs.writeFileSync(path.join(folder, 'own.txt'), 'of the user')
    assert.deepEqual(await Jars.fetch(request), E.right(folder))
    assert.deepEqual(Jars.verify(request), E.right(2))
    assert.equal(fs.statSync(folder).ino, inode)
    assert.equal(fs.readFileSync(open, 'utf8'), 'one')
    assert.equal(fs.readFileSync(path.join(folder, 'own.txt'), 'utf8'), 'of the user')
    fs.closeSync(open)
  })

  it('removes what a version without a lock has left, but not what may be its work', async () => {
    const { address } = await repository()
    const { request, folder, cached } = machine('old', address)
    await Jars.fetch(request)
    const young = `${folder}.77.0123abcd`
    const old = `${folder}.78.0123abcd`
    const other = `${folder}.part-another-host-0123abcd`
    for (const left of [young, old, other]) fs.mkdirSync(left)
    fs.utimesSync(old, 1, 1)
    await Jars.fetch(request)
    assert.deepEqual(cached(), ['kcl-9.9.9', path.basename(young), path.basename(other)].sort())
  })

  it('sends the user and the password of a repository in a header, and shows neither', async () => {
    const seen: Array<string | undefined> = []
    const server = http.createServer((incoming, response) => {
      seen.push(incoming.headers.authorization)
      response.writeHead(403).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    after(() => server.close())
    const port = (server.address() as AddressInfo).port
    const { request } = machine('secret', `http://ci:x%407Qp01mZ@127.0.0.1:${port}/maven2?key=x7Qp01mZ`)
    const end = await Jars.fetch(request)
    assert.equal(seen[0], `Basic ${Buffer.from('ci:x@7Qp01mZ').toString('base64')}`)
    assert.match(
      E.isLeft(end) ? end.left : '',
      /^http:\/\/127\.0\.0\.1:\d+\/maven2\/[ab]\/\w+\.jar\?key=\*\*\* answers 403; check daemon\.repository/
    )
  })

  it('that the disk does not take says so once, and leaves nothing', async (t) => {
    const { address } = await repository()
    const { request, folder, cached } = machine('full', address)
    const { writeFileSync } = fs
    t.mock.method(fs, 'writeFileSync', (...args: Parameters<typeof writeFileSync>) => {
      if (!String(args[0]).endsWith('.jar')) return writeFileSync(...args)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    })
    const end = await Jars.fetch(request)
    t.mock.restoreAll()
    assert.equal(
      E.isLeft(end) ? end.left : '',
      `the jars cannot be kept in ${folder}: Error: ENOSPC: no space left on device, write; make room there, set XDG_CACHE_HOME to a folder that this user may write to, or copy jars to this machine and name their folder in daemon.classpath`
    )
    assert.deepEqual(cached(), [])
  })
})

describe('a folder of jars', () => {
  it('is on the disk before its mark is, and its mark before it has its name', (t) => {
    const folder = path.join(root, 'synced/kcl-9.9.9')
    const part = `${folder}.part-x-00000000`
    fs.mkdirSync(path.join(part, 'a'), { recursive: true })
    fs.writeFileSync(path.join(part, 'a/one.jar'), 'one')
    const events: Array<string> = []
    const nameOf = (fd: number): string => path.relative(root, fs.readlinkSync(`/proc/self/fd/${fd}`))
    const { fsyncSync, renameSync } = fs
    t.mock.method(fs, 'fsyncSync', (fd: number) => {
      events.push(`sync ${nameOf(fd)}`)
      fsyncSync(fd)
    })
    t.mock.method(fs, 'renameSync', (from: string, to: string) => {
      events.push(`rename ${path.relative(root, to)}`)
      renameSync(from, to)
    })
    JarFolder.place(part, folder)
    t.mock.restoreAll()
    const name = 'synced/kcl-9.9.9.part-x-00000000'
    assert.deepEqual(events, [
      `sync ${name}/a/one.jar`,
      `sync ${name}/a`,
      `sync ${name}`,
      `sync ${name}/complete`,
      `sync ${name}`,
      'rename synced/kcl-9.9.9',
      'sync synced'
    ])
  })
})
