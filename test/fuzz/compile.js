'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

const root = path.join(__dirname, '../..')

/** A fuzzing by itself finds no compiled sources on a fresh clone. */
const compile = () => {
  if (fs.existsSync(path.join(root, '.build/src/run/Interpreter.js'))) return
  spawnSync(process.execPath, [require.resolve('typescript/lib/tsc.js'), '-p', 'tsconfig.json'], {
    cwd: root,
    stdio: 'inherit'
  })
}

module.exports = { compile }
