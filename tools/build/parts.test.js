'use strict'
/** The parts that the build cuts out of packages: a child would miss what it uses of them only when it starts. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { it } = require('node:test')

const root = path.join(__dirname, '../..')

/** The texts of all sources. */
const sources = fs
  .readdirSync(path.join(root, 'src'), { recursive: true })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => fs.readFileSync(path.join(root, 'src', file), 'utf8'))

it('the part of yaml has each function and class that a file uses', () => {
  const used = new Set(
    sources
      .filter((source) => source.includes("import * as yaml from 'yaml'"))
      .flatMap((source) => [...source.matchAll(/yaml\.([a-z]\w*)|new yaml\.(\w+)/g)])
      .map(([, name, constructed]) => name ?? constructed)
  )
  const part = require(path.join(root, 'dist/parts/yaml.js'))
  assert.ok(used.has('Document') && used.has('isMap'))
  assert.deepEqual(
    [...used].filter((name) => typeof part[name] !== 'function'),
    []
  )
})
