'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

const root = path.join(__dirname, '../..')

const writtenAt = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity

/** Whether a file under the folder was written after the mark, or there is no mark. */
const isNewer = (folder, mark) => {
  const marked = writtenAt(mark)
  return fs
    .readdirSync(folder, { recursive: true })
    .some((file) => writtenAt(path.join(folder, file)) > marked)
}

/** What is fuzzed are the compiled sources: a fresh clone has none, and an edited one has old ones. */
const compile = () => {
  const mark = path.join(root, '.build/tsconfig.tsbuildinfo')
  if (!['src', 'test/properties'].some((folder) => isNewer(path.join(root, folder), mark))) return
  const { status } = spawnSync(
    process.execPath,
    [require.resolve('typescript/lib/tsc.js'), '-p', 'tsconfig.json'],
    { cwd: root, stdio: 'inherit' }
  )
  if (status !== 0) throw new Error('the sources do not compile')
  const now = new Date()
  // The compiler leaves its mark alone where nothing has changed but the times of files.
  fs.utimesSync(mark, now, now)
}

module.exports = { compile, isNewer }
