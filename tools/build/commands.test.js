'use strict'
/** `kclts` as it is built: a command is a file of its own. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { execFileSync } = require('node:child_process')
const { it } = require('node:test')

const dist = path.join(__dirname, '../../dist')

/** The files of kclts that a process has loaded after this text, relative to dist. */
const loadedBy = (text) =>
  JSON.parse(
    execFileSync(process.execPath, [
      '-e',
      `${text}; console.log(JSON.stringify(Object.keys(require.cache)))`
    ]).toString()
  ).map((file) => path.relative(dist, file))

it('loads no file of a command that is not called', () => {
  const files = loadedBy(`require(${JSON.stringify(path.join(dist, 'cli/main.js'))})`)
  assert.ok(files.includes('cli/main.js'))
  assert.deepEqual(
    files.filter((file) => /^cli\/(run|dev|plan|diff)-|(^|\/)\.\./.test(file)),
    []
  )
})

it('loads a package that is used by one command from node_modules, by its names', () => {
  const { dependencies, optionalDependencies, peerDependencies } = require('../../package.json')
  const packages = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
  const files = fs.readdirSync(path.join(dist, 'cli')).filter((file) => file.endsWith('.js'))
  assert.deepEqual(
    files.filter((file) => packages.some((name) => file.startsWith(`${path.basename(name)}-`))),
    []
  )
  const texts = files.map((file) => fs.readFileSync(path.join(dist, 'cli', file), 'utf8'))
  for (const name of ['prom-client', 'cli-progress'])
    assert.ok(
      texts.some((text) => text.includes(`import("${name}")`)),
      `nothing imports ${name}`
    )
})
