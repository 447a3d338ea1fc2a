'use strict'
const assert = require('node:assert/strict')
const { before, describe, it } = require('node:test')
const ts = require('typescript')

let finder
before(async () => {
  finder = (await import('./throws.mjs')).finder
})

const FILE = 'module.ts'

/** The path from the function `f` of a module with this text to a `throw`. */
const pathIn = (text) => {
  const source = ts.createSourceFile(FILE, text, ts.ScriptTarget.Latest, true)
  const program = ts.createProgram(
    [FILE],
    { noLib: true },
    {
      ...ts.createCompilerHost({}),
      getSourceFile: (name) => (name === FILE ? source : undefined)
    }
  )
  const checker = program.getTypeChecker()
  const f = checker.getExportsOfModule(checker.getSymbolAtLocation(source)).find(({ name }) => name === 'f')
  return finder(checker)(f)
}

const throwing = 'const g = () => { throw 1 }\n'

describe('a function can throw', () => {
  it('if it has a throw', () => assert.deepEqual(pathIn('export function f() { throw 1 }'), ['f']))

  it('if it calls a function that can', () =>
    assert.deepEqual(pathIn(`${throwing}const h = () => g()\nexport const f = () => [h()]`), ['f', 'h', 'g']))

  it('if the function that it returns can', () =>
    assert.deepEqual(pathIn(`${throwing}export const f = () => () => g()`), ['f', 'g']))

  it('if it throws what it has caught', () =>
    assert.deepEqual(pathIn('export const f = () => { try { f() } catch (e) { throw e } }'), ['f']))
})

describe('a function cannot throw, as far as is seen', () => {
  it('if it only calls itself', () => assert.equal(pathIn('export const f = (n) => f(n - 1)'), null))

  it('if it catches what is thrown', () =>
    assert.equal(pathIn(`${throwing}export const f = () => { try { g() } catch { return 0 } }`), null))

  it('if what is thrown becomes a Left', () =>
    assert.equal(pathIn(`${throwing}export const f = () => E.tryCatch(() => g(), (e) => e)`), null))
})
