import * as assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Folder from '../../src/host/Folder'
import { ACK, CONFIG, project, start, status, withHandler } from '../system/process/Child'
import { initialize, RELAY, withHost } from './Rig'

const made = (place: string): Folder.Folder => {
  const folder = Folder.make([place], RELAY)
  return E.isRight(folder) ? folder.right : assert.fail(folder.left)
}

const close = (folder: Folder.Folder): void => {
  fs.closeSync(folder.announce)
  folder.remove()
}

const modeOf = (...parts: ReadonlyArray<string>): string =>
  (fs.statSync(path.join(...parts)).mode & 0o777).toString(8)

const age = (folder: string): void => fs.utimesSync(folder, new Date(0), new Date(0))

describe('the private folder', () => {
  it('is its user’s alone, with all that is in it, and has another name each time', () => {
    const place = project({})
    const [one, other] = [made(place), made(place)]
    assert.notEqual(one.path, other.path)
    assert.match(path.basename(one.path), /^kclts-host-[A-Za-z0-9]{6}$/)
    assert.deepEqual(
      [[], ['relay'], ['announce']].map((name) => modeOf(one.path, ...name)),
      ['700', '700', '600']
    )
    close(one)
    close(other)
    assert.deepEqual(
      fs.readdirSync(place).filter((name) => name.startsWith('kclts-')),
      []
    )
  })

  it('has that mode whatever the umask is', () => {
    const before = process.umask(0)
    const folder = made(project({}))
    process.umask(before)
    assert.deepEqual([modeOf(folder.path), modeOf(folder.path, 'announce')], ['700', '600'])
    close(folder)
  })

  it('is made where it can be made, the first place first', () => {
    const [first, second] = [project({}), project({})]
    const folder = Folder.make([path.join(first, 'is not there'), second, first], RELAY)
    assert.ok(E.isRight(folder))
    assert.equal(path.dirname(folder.right.path), second)
    close(folder.right)
  })

  it('is refused with the reason of each place', () => {
    const place = project({ file: '' })
    const folder = Folder.make([path.join(place, 'none'), path.join(place, 'file')], RELAY)
    const text = E.isLeft(folder) ? folder.left : assert.fail('it was made')
    assert.match(
      text,
      /^no private folder can be made .*; set XDG_RUNTIME_DIR or TMPDIR .*: .*none: Error: ENOENT.*; .*file: Error: ENOTDIR/
    )
  })

  it('goes where the system keeps what is a user’s, when it is known where that is', () => {
    assert.equal(Folder.places({ XDG_RUNTIME_DIR: '/run/user/1000' })[0], '/run/user/1000')
    assert.deepEqual(Folder.places({ XDG_RUNTIME_DIR: 'relative' }), Folder.places({}))
  })
})

const NOBODY = 65534

it(
  'another user of the machine can neither start what is in the folder, nor read it, nor write there',
  { skip: process.getuid?.() === 0 ? false : 'only root can be another user' },
  () =>
    withHost(ACK, {}, async ({ host, shard }) => {
      const child = await shard(0)
      const attempts = [
        ['ls', host.folder],
        ['cat', path.join(host.folder, 'relay')],
        [path.join(host.folder, 'relay')],
        ['sh', '-c', 'echo 1 >"$0"', path.join(host.folder, 'announce')],
        ['sh', '-c', 'mkdir "$0"', path.join(host.folder, 'mine')]
      ].map(([program = '', ...args]) => {
        const { status: code, error } = spawnSync(program, args, { uid: NOBODY, gid: NOBODY, cwd: '/' })
        return error === undefined ? code !== 0 : 'code' in error && error.code === 'EACCES'
      })
      assert.deepEqual(attempts, [true, true, true, true, true])
      assert.equal((await child.end()).code, 0)
    })
)

const byRoot = { skip: process.getuid?.() === 0 ? false : 'only root can give a folder away' }

describe('a place that belongs to another user', () => {
  it('is passed over, as the runtime folder of one who became another user is', byRoot, () => {
    const [theirs, ours] = [project({}), project({})]
    fs.chownSync(theirs, NOBODY, NOBODY)
    const folder = Folder.make([theirs, ours], RELAY)
    assert.ok(E.isRight(folder))
    assert.equal(path.dirname(folder.right.path), ours)
    close(folder.right)
    const refused = Folder.make([theirs], RELAY)
    assert.ok(E.isLeft(refused))
    assert.ok(refused.left.endsWith(`: ${theirs}: it belongs to another user (65534)`), refused.left)
  })

  it('is taken when it is sticky, as /tmp is', byRoot, () => {
    const theirs = project({})
    fs.chownSync(theirs, NOBODY, NOBODY)
    fs.chmodSync(theirs, 0o1777)
    close(made(theirs))
  })
})

describe('what a host that died has left', () => {
  it('is removed, and what one that lives uses is not', () => {
    const place = project({})
    const [dead, alive] = [made(place), made(place)]
    fs.closeSync(dead.announce)
    fs.writeFileSync(path.join(dead.path, '77.in'), '')
    Folder.clean(place)
    assert.deepEqual([fs.existsSync(dead.path), fs.existsSync(alive.path)], [false, true])
    close(alive)
  })

  it('is left for a minute when it may be in the making', () => {
    const place = project({})
    const young = fs.mkdtempSync(path.join(place, 'kclts-host-'))
    Folder.clean(place)
    assert.equal(fs.existsSync(young), true)
    age(young)
    Folder.clean(place)
    assert.equal(fs.existsSync(young), false)
  })

  it('is not taken for it while it is being made', async () => {
    const place = project({})
    const cleaner = spawn(
      process.execPath,
      [
        '-e',
        'const { clean } = require(process.argv[1]); process.stdout.write("cleans"); for (;;) clean(process.argv[2])',
        path.join(__dirname, '../../src/host/Folder.js'),
        place
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] }
    )
    await once(cleaner.stdout, 'data')
    const folders = Array.from({ length: 20 }, () => made(place))
    cleaner.kill('SIGKILL')
    assert.deepEqual(
      folders.map(({ path: folder }) => fs.readdirSync(folder).sort()),
      folders.map(() => ['announce', 'relay'])
    )
    for (const folder of folders) close(folder)
  })

  it('is distinguished from what others have put there', () => {
    const place = project({ 'kclts-host-file': '', 'mine/note': 'keep' })
    fs.mkdirSync(path.join(place, 'other'))
    fs.symlinkSync(path.join(place, 'mine'), path.join(place, 'kclts-host-link'))
    for (const name of ['mine', 'other']) age(path.join(place, name))
    Folder.clean(place)
    assert.deepEqual(fs.readdirSync(place).sort(), [
      'kclts-host-file',
      'kclts-host-link',
      'mine',
      'other',
      'package.json'
    ])
    assert.equal(fs.readFileSync(path.join(place, 'mine/note'), 'utf8'), 'keep')
  })

  it('is nothing when its process could still say goodbye', async () => {
    const [files, place] = [withHandler(ACK, CONFIG), project({})]
    const host = spawn(process.execPath, [path.join(__dirname, 'program.js'), files, place, 'leave'], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    await once(host, 'exit')
    assert.deepEqual(fs.readdirSync(place), ['package.json'])
  })

  it('after kill -9: its relays end, and the next host cleans up', async () => {
    const [files, place] = [withHandler(ACK, CONFIG), project({})]
    const host = spawn(process.execPath, [path.join(__dirname, 'program.js'), files, place], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const [text] = (await once(host.stdout, 'data')) as [Buffer]
    const folder = text.toString().trim()
    const [first, second] = [0, 1].map(() => start(folder, { command: [Folder.EXECUTABLE] }))
    assert.ok(first !== undefined && second !== undefined)
    assert.equal(await first.ask(initialize(0)), status('initialize'))
    assert.equal(await second.ask(initialize(1)), status('initialize'))
    first.send('{"action":"processRecords","records":[')
    host.kill('SIGKILL')
    await once(host, 'exit')
    const left = await Promise.all([first.left(), second.left()])
    assert.deepEqual(
      left.map(({ stdout }) => stdout),
      [status('initialize'), status('initialize')].map((line) => `\n${line}\n`)
    )
    assert.equal(fs.existsSync(folder), true)
    await withHost(ACK, { place }, async (rig) => {
      assert.equal(fs.existsSync(folder), false)
      assert.equal((await (await rig.shard(0)).end()).code, 0)
    })
    assert.deepEqual(
      fs.readdirSync(place).filter((name) => name.startsWith('kclts-')),
      []
    )
  })
})

describe('the relay', () => {
  const shells = ['dash', 'bash', 'busybox'].filter((name) => {
    try {
      execFileSync('which', [name], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })
  for (const shell of shells)
    it(`runs in ${shell}`, () =>
      withHost(ACK, {}, async ({ host }) => {
        const command = [...(shell === 'busybox' ? ['busybox', 'sh'] : [shell]), host.executable]
        const child = start(host.folder, { command })
        assert.equal(await child.ask(initialize(0)), status('initialize'))
        const left = await child.end()
        assert.deepEqual([left.code, left.stderr], [0, ''])
      }))
})
