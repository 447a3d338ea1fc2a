'use strict'
/** The parts that the build cuts out of packages: a child would miss what it uses of them only when it starts. */
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { it } = require('node:test')
const Project = require('../project')

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

it('a child that loads its handler has not loaded the modules of Node that it may never use', () => {
  const folder = Project.make({
    'kcl.config.yaml': 'handler: ./handler.js\n',
    'handler.js': `require('node:fs').writeFileSync('loaded', process.moduleLoadList.join())
      module.exports = () => ({ _tag: 'Ack' })`
  })
  execFileSync(process.execPath, [path.join(root, 'dist/child.js')], {
    cwd: folder,
    input: '{"action":"initialize","shardId":"shardId-0","sequenceNumber":"TRIM_HORIZON"}\n',
    stdio: ['pipe', 'ignore', 'ignore']
  })
  const loaded = fs.readFileSync(path.join(folder, 'loaded'), 'utf8').split(',')
  fs.rmSync(folder, { recursive: true })
  const unused = ['child_process', 'crypto', 'http', 'module', 'perf_hooks', 'v8', 'worker_threads', 'zlib']
  assert.ok(loaded.includes('NativeModule fs'))
  assert.deepEqual(
    unused.filter((name) => loaded.includes(`NativeModule ${name}`)),
    []
  )
})
