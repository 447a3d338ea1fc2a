'use strict'
const assert = require('node:assert/strict')
const fs = require('node:fs')
const { it } = require('node:test')
const { FILE, surface, withoutComment } = require('../../../tools/surface')

/** The lines that one text has and the other lacks, `-` of the first and `+` of the second. */
const difference = (before, after) => {
  const [had, has] = [before, after].map((text) => new Set(text.split('\n')))
  return [
    ...[...had].filter((line) => !has.has(line)).map((line) => `- ${line}`),
    ...[...has].filter((line) => !had.has(line)).map((line) => `+ ${line}`)
  ]
}

it('the public surface is the one in test/system/package/surface.txt', async () => {
  const [before, after] = [fs.readFileSync(FILE, 'utf8'), await surface()]
  const help = 'If you changed it on purpose, run `npm run surface -- --write` and commit the file.'
  assert.deepEqual(difference(before, after), [], `The public surface has changed. ${help}`)
  assert.equal(after, before, `The order of the public surface has changed. ${help}`)
})

it('each public name has a comment, which an editor shows', () => assert.deepEqual(withoutComment(), []))
