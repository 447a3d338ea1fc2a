'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const { byRoom, count, report } = require('./statements')

const of = (text) => count({ path: 'a.ts', text })

describe('the count of statements', () => {
  it('takes an arrow function with an expression as one with a return', () => {
    assert.equal(of('const f = (a) => a + 1'), 2)
    assert.equal(of('const f = (a) => { return a + 1 }'), 2)
  })
  it('is the same with braces and without', () => {
    assert.equal(of('if (a) b(); else c()'), 3)
    assert.equal(of('if (a) { b() } else { c() };'), 3)
  })
  it('is the same for variables and expressions on one line', () => {
    assert.equal(of('const a = 1, b = 2'), of('const a = 1; const b = 2'))
    assert.equal(of('a(), b()'), of('a(); b()'))
  })
  it('has imports, exports, types and the members of functions and classes', () => {
    const text =
      "import 'a'; export { b }; type A = 1; interface B { c: A }; class C { d() { return 1 } }; function e() { throw 1 }"
    assert.equal(of(text), 8)
  })
})

it('statements are summed by room and compared', () => {
  const sources = (text) => [
    { path: 'core/A.ts', text },
    { path: 'core/deep/B.ts', text },
    { path: 'bin.ts', text: 'a()' }
  ]
  const now = byRoom(sources('a(); b()'))
  assert.deepEqual(
    [...now],
    [
      ['core', 4],
      ['bin.ts', 1]
    ]
  )
  assert.equal(
    report(now, byRoom(sources('a(); b(); c(); d()'))),
    [
      'room    before  now  change',
      'bin.ts       1    1       0   +0.0 %',
      'core         8    4      -4  -50.0 %',
      'src          9    5      -4  -44.4 %'
    ].join('\n')
  )
})
