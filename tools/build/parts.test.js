'use strict'
/** The parts that the build cuts out of packages: a child would miss what it uses of them only when it starts. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { it } = require('node:test')

const root = path.join(__dirname, '../..')

it('the part of yaml has each function that the configuration is read by', () => {
  const source = fs.readFileSync(path.join(root, 'src/config/Source.ts'), 'utf8')
  const used = new Set([...source.matchAll(/yaml\.([a-z]\w*|LineCounter)\b/g)].map(([, name]) => name))
  const part = require(path.join(root, 'dist/parts/yaml.js'))
  assert.ok(used.size > 0)
  assert.deepEqual(
    [...used].filter((name) => typeof part[name] !== 'function'),
    []
  )
})
