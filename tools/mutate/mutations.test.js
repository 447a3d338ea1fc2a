'use strict'
const assert = require('node:assert/strict')
const { it } = require('node:test')
const { mutated } = require('./Mutant')
const { mutations } = require('./mutations')

it('the text of each broken rule stands once in its file', () => {
  assert.ok(mutations.length > 100)
  assert.deepEqual(
    mutations.flatMap((mutation) => {
      const { problem } = mutated(mutation)
      return problem === undefined ? [] : [`${mutation.rule}: ${problem}`]
    }),
    []
  )
})
