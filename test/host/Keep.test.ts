import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Folder from '../../src/host/Folder'
import * as Keep from '../../src/host/Keep'
import { ACK, project, start, status } from '../system/process/Child'
import { initialize, RELAY, shardId, withHost } from './Rig'

const warned = (folder: string): string =>
  `warn the private folder ${folder} was removed while the worker ran; it was made again`

describe('the private folder of a worker that runs', () => {
  it('is made anew when a cleaner of temporary files has emptied it, and further shards attach', () =>
    withHost(ACK, {}, async ({ host, shard, log }) => {
      const { folder } = host
      const before = await shard(0)
      for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name), { recursive: true })
      assert.deepEqual(await host.revive(), E.right(undefined))
      assert.equal(host.folder, folder)
      const after = await shard(1)
      assert.deepEqual(
        log.filter((line) => line.startsWith('warn')),
        [warned(folder)]
      )
      for (const child of [before, after]) assert.equal((await child.end()).code, 0)
      assert.deepEqual(fs.readdirSync(folder).sort(), ['announce', 'pool', 'relay'])
    }))

  it('is noticed without being looked for, when it is removed as a whole', () =>
    withHost(ACK, { place: project({}) }, async ({ host, shard, log, status: seen }) => {
      const { executable, folder } = host
      const before = await shard(0)
      fs.rmSync(folder, { recursive: true })
      await seen(() => fs.existsSync(path.join(folder, 'announce')) && log.includes(warned(folder)))
      // As the daemon starts it, from a current folder that is no more.
      const after = start(os.tmpdir(), { command: [executable] })
      assert.equal(await after.ask(initialize(1)), status('initialize'))
      await seen((shards) => shards.map((one) => one.shardId).includes(shardId(1)))
      for (const child of [before, after]) assert.equal((await child.end()).code, 0)
    }))

  it('is made in another place when its own is gone, and in its own again', () => {
    const [first, second] = [project({}), project({})]
    const log: Array<string> = []
    const kept = Keep.open({
      places: () => [path.join(first, 'user'), second],
      program: RELAY,
      scripts: { child: '#!/bin/sh\n' },
      log: (level, message) => log.push(`${level} ${message}`),
      release: ({ announce }) => fs.closeSync(announce),
      onRenewed: () => undefined
    })
    if (E.isLeft(kept)) return assert.fail(kept.left)
    const { folder, look, close } = kept.right
    const lost = folder().path
    assert.deepEqual(look(), E.right(undefined))
    assert.deepEqual([log, folder().path], [[], lost])
    fs.rmSync(second, { recursive: true })
    fs.writeFileSync(second, 'no folder')
    assert.ok(E.isLeft(look()))
    assert.ok(E.isLeft(look()))
    assert.equal(log.length, 1)
    assert.match(String(log[0]), /^error the private folder .* is gone, and no shard can begin: /)
    fs.mkdirSync(path.join(first, 'user'))
    assert.deepEqual(look(), E.right(undefined))
    assert.equal(path.dirname(folder().path), path.join(first, 'user'))
    assert.equal(
      log[1],
      `${warned(lost)}, as ${folder().path}: shards can begin after the daemon's next start`
    )
    assert.deepEqual(fs.readdirSync(folder().path).sort(), ['announce', 'child', 'relay'])
    close()
    assert.deepEqual(fs.readdirSync(path.join(first, 'user')), [])
    fs.rmSync(second)
  })
})

describe('the place of the private folder', () => {
  it('is the state of the user first, which no logout and no cleaner removes, on each machine its own', () => {
    const home = project({})
    const [first, ...others] = Folder.places({ HOME: home, XDG_RUNTIME_DIR: '/run/user/1000' })
    assert.match(String(first), /\.local\/state\/kclts\/run\/[0-9a-f]{12}$/)
    assert.deepEqual(others, ['/run/user/1000', os.tmpdir()])
    assert.equal((fs.statSync(String(first)).mode & 0o777).toString(8), '700')
  })

  it('is another one where there is no state folder, or none can be made', () => {
    const file = project({ 'a file': '' })
    const other = ['/run/user/1000', os.tmpdir()]
    for (const env of [{}, { HOME: path.join(file, 'a file') }])
      assert.deepEqual(Folder.places({ ...env, XDG_RUNTIME_DIR: '/run/user/1000' }), other)
  })

  it('is given to the daemon as a whole path, unless that has a space or others can take its name', () => {
    const place = project({})
    fs.mkdirSync(path.join(place, 'with space'))
    fs.mkdirSync(path.join(place, 'shared'))
    fs.chmodSync(path.join(place, 'shared'), 0o1777)
    assert.deepEqual(
      ['mine', 'with space/mine', 'shared/mine'].map((name) => Folder.executableIn(path.join(place, name))),
      [path.join(place, 'mine/relay'), './relay', './relay']
    )
  })

  it('is kept young in the eyes of cleaners', () => {
    const made = Folder.make([project({})], RELAY)
    const folder = E.isRight(made) ? made.right : assert.fail(made.left)
    Folder.touch(folder, new Date(86_400_000))
    assert.deepEqual(
      ['', 'relay', 'announce'].map((name) => fs.statSync(path.join(folder.path, name)).mtimeMs),
      [86_400_000, 86_400_000, 86_400_000]
    )
    fs.closeSync(folder.announce)
    folder.remove()
  })
})
