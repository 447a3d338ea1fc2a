import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as E from 'fp-ts/Either'
import * as Path from '../../src/values/Path'

const ENV = { DATA: '/data', EMPTY: '', ODD: '$DATA ~ $$' }

const shown = (text: string, home = '/home/ann'): string => E.toUnion(Path.expand(text, home, ENV))

const all = (table: Readonly<Record<string, string>>): void =>
  assert.deepEqual(Object.fromEntries(Object.keys(table).map((text) => [text, shown(text)])), table)

describe('a path', () => {
  it('begins in the home folder after ~/', () => {
    all({
      '~/dead.ndjson': '/home/ann/dead.ndjson',
      '~': '/home/ann/',
      '~/': '/home/ann/',
      './~/x': './~/x',
      'a~': 'a~'
    })
    assert.equal(shown('~/x', '/'), '/x')
    assert.equal(shown('~/x', '/home/$DATA'), '/home/$DATA/x')
  })

  it('has the values of its variables, which are taken as they are', () =>
    all({
      '$DATA/x': '/data/x',
      '${DATA}x': '/datax',
      'a-$DATA.ndjson': 'a-/data.ndjson',
      '~/$DATA': '/home/ann//data',
      './$ODD': './$DATA ~ $$',
      a$$b: 'a$b',
      $$DATA: '$DATA',
      a$: 'a$',
      $5: '$5'
    }))

  it('has a default in place of a variable that is not set, or empty; ~/ may begin it', () =>
    all({
      '${DATA:-/x}': '/data',
      '${NONE:-/x}/y': '/x/y',
      '${EMPTY:-~/x}': '/home/ann/x',
      '${NONE:-}x': 'x'
    }))

  it('is refused with what to write', () =>
    all({
      '~bob/x':
        '~bob/x: only ~/ stands for a home folder; write the path out, or ./~bob/x for a file of that name',
      '$NONE/x': 'the environment variable NONE is not set (a dollar is written $$)',
      '${EMPTY}/x': 'the environment variable EMPTY is not set (a dollar is written $$)',
      '${DATA-/x}': '${DATA-/x} is not replaced here, but ${NAME} is (a dollar is written $$)',
      '$(DATA)/${NONE}':
        '$(DATA) is not replaced here, but ${NAME} is; the environment variable NONE is not set (a dollar is written $$)'
    }))

  it('without a tilde at its begin and without a dollar is as it was', () =>
    fc.assert(fc.property(fc.stringMatching(/^[^~$][^$]*$/s), (text) => assert.equal(shown(text), text))))

  it('never begins with a tilde once it is expanded', () =>
    fc.assert(
      fc.property(fc.stringMatching(/^~[^$]*$/s), (text) => {
        const expanded = Path.expand(text, '/home/ann', ENV)
        assert.ok(E.isLeft(expanded) || expanded.right.startsWith('/home/ann/'))
      })
    ))
})
