import assert from 'node:assert/strict'
import * as os from 'node:os'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Home from '../../src/values/Home'

describe('the home folder', () => {
  it('is HOME, or that of passwd if HOME is not an absolute path', () => {
    assert.equal(Home.of({ HOME: '/home/me' }), '/home/me')
    for (const HOME of [undefined, '', 'me']) assert.equal(Home.of({ HOME }), os.userInfo().homedir)
  })

  it('stands for the begin of a file that an option names', () => {
    assert.deepEqual(
      Home.resolve('/cwd', '~/state.json', { HOME: '/home/me' }),
      E.right('/home/me/state.json')
    )
    assert.deepEqual(Home.resolve('/cwd', 'state.json', { HOME: '/home/me' }), E.right('/cwd/state.json'))
  })
})
