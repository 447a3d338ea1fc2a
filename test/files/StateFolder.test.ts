import * as assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Folders from '../../src/files/Folders'
import * as StateFolder from '../../src/files/StateFolder'
import * as OtherUser from '../system/process/OtherUser'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-state-'))
after(() => fs.rmSync(root, { recursive: true, force: true }))

describe('the folder for state', () => {
  it('is where XDG_STATE_HOME says, else in the home folder', () => {
    assert.equal(StateFolder.of({ XDG_STATE_HOME: '/state', HOME: '/home/me' }), '/state/kclts')
    for (const relative of [undefined, '', 'state'])
      assert.equal(
        StateFolder.of({ XDG_STATE_HOME: relative, HOME: '/home/me' }),
        '/home/me/.local/state/kclts'
      )
  })

  it('is below the home folder of kclts, if there is one', () => {
    assert.equal(StateFolder.of({ KCLTS_HOME: '/srv/kcl', XDG_STATE_HOME: '/state' }), '/srv/kcl/state')
    assert.equal(StateFolder.of(Folders.placed({ KCLTS_HOME: '/srv/kcl' }, '/srv/other')), '/srv/other/state')
  })

  it('is made for its user alone, and is there the next time', () => {
    const state = path.join(root, 'first')
    const folder = path.join(state, 'kclts')
    assert.deepEqual(StateFolder.open({ XDG_STATE_HOME: state }), E.right(folder))
    assert.equal((fs.statSync(folder).mode & 0o777).toString(8), '700')
    assert.deepEqual(StateFolder.open({ XDG_STATE_HOME: state }), E.right(folder))
  })

  it('is refused where it cannot be made', () => {
    const state = path.join(root, 'file')
    fs.writeFileSync(state, '')
    assert.deepEqual(
      StateFolder.open({ XDG_STATE_HOME: state }),
      E.left(
        `no state can be kept: Error: ENOTDIR: not a directory, mkdir '${state}/kclts'; set XDG_STATE_HOME to a folder that this user may write to`
      )
    )
  })

  it(
    'is refused where another user has made it',
    { skip: process.getuid?.() === 0 ? false : 'only root can give a folder away' },
    () => {
      const folder = path.join(root, 'shared', 'kclts')
      fs.mkdirSync(folder, { recursive: true, mode: 0o777 })
      fs.chownSync(folder, 65534, 65534)
      assert.deepEqual(
        StateFolder.open({ XDG_STATE_HOME: path.dirname(folder) }),
        E.left(
          `${folder} belongs to another user (65534); remove it, or set XDG_STATE_HOME to a folder that this user may write to`
        )
      )
    }
  )

  it(
    'made the home folder of a user unusable, when root had run a worker with it',
    { skip: OtherUser.skip },
    () => {
      const home = path.join(root, 'home')
      fs.chmodSync(root, 0o755)
      fs.mkdirSync(home)
      fs.chownSync(home, 65534, 1234)
      const folder = path.join(home, '.local', 'state', 'kclts')
      assert.deepEqual(StateFolder.open({ HOME: home }), E.right(folder))
      assert.deepEqual(
        ['.local', '.local/state', '.local/state/kclts'].map((name) => {
          const { uid, gid, mode } = fs.statSync(path.join(home, name))
          return [uid, gid, (mode & 0o777).toString(8)]
        }),
        [
          [65534, 1234, '700'],
          [65534, 1234, '700'],
          [0, 0, '700']
        ]
      )
      const module = JSON.stringify(require.resolve('../../src/files/StateFolder'))
      const program = `console.log(require(${module}).obstacle({ HOME: '${home}' }))`
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
        uid: 65534,
        gid: 65534,
        encoding: 'utf8'
      })
      assert.equal(
        stdout,
        `${folder} belongs to root, as whom a worker has run with this home folder; give it to this user with chown -R, or set XDG_STATE_HOME to a folder that this user may write to\n`,
        stderr
      )
    }
  )
})
