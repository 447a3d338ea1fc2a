'use strict'
const assert = require('node:assert/strict')
const { it } = require('node:test')
const { circles, measure } = require('./imports')

it('arrows between rooms are counted once for each pair of files, whatever kind of import they are', () => {
  const { pairs, sums } = measure([
    {
      path: 'core/A.ts',
      text: "import type { B } from '../codec/B'\nexport type C = import('../codec/B').C"
    },
    {
      path: 'core/D.ts',
      text: "import * as A from './A'\nimport { b } from '../codec/B.js'\nimport 'fp-ts'"
    },
    { path: 'codec/B.ts', text: "const c = () => import('../testing')" },
    { path: 'testing/index.ts', text: "export * from '../core/A'" }
  ])
  assert.deepEqual(
    [...pairs],
    [
      ['core -> codec', { files: 2, arrows: 2 }],
      ['codec -> testing', { files: 1, arrows: 1 }],
      ['testing -> core', { files: 1, arrows: 1 }]
    ]
  )
  assert.deepEqual(sums, { files: 4, arrows: 5, 'arrows between rooms': 4, 'pairs of rooms': 3 })
})

it('circles are found, each once, and what only leads to one is in none', () => {
  const arrows = ['ab', 'bc', 'ca', 'cd', 'de', 'ed', 'xa', 'ey'].map((pair) => [...pair])
  assert.deepEqual(circles(arrows), [
    ['a', 'b', 'c'],
    ['d', 'e']
  ])
  assert.deepEqual(
    circles([
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c']
    ]),
    []
  )
})
