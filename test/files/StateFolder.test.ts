import * as assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Folders from '../../src/files/Folders'
import * as StateFolder from '../../src/files/StateFolder'

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
})
