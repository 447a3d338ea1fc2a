'use strict'
/** `kclts` as it is built: a command is a file of its own. */
const assert = require('node:assert/strict')
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
