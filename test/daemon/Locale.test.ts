import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Locale from '../../src/daemon/Locale'

describe('the locale of Java', () => {
  it('has letters in UTF-8 where the environment names none', () => {
    assert.deepEqual(Locale.utf8({ HOME: '/root' }), { HOME: '/root', LC_CTYPE: 'C.UTF-8' })
    assert.deepEqual(Locale.utf8({ LANG: 'C', LC_ALL: '' }), { LANG: 'C', LC_ALL: '', LC_CTYPE: 'C.UTF-8' })
  })

  it('has them where another locale wins over all', () =>
    assert.deepEqual(Locale.utf8({ LC_ALL: 'POSIX', LANG: 'de_DE.UTF-8' }), {
      LC_ALL: 'C.UTF-8',
      LANG: 'de_DE.UTF-8'
    }))

  it('stays what the user chose where that has them', () => {
    for (const env of [{ LANG: 'de_DE.UTF-8' }, { LC_ALL: 'ja_JP.utf8' }, { LANG: 'C', LC_CTYPE: 'C.UTF-8' }])
      assert.deepEqual(Locale.utf8(env), env)
  })
})
