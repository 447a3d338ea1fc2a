'use strict'
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { it } = require('node:test')
const { isNewer } = require('./compile')

it('sources are compiled before they are fuzzed when one is newer than the last compilation', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-newer-'))
  const written = (name, seconds) => {
    const file = path.join(folder, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, '')
    fs.utimesSync(file, seconds, seconds)
    return file
  }
  const source = written('src/core/Session.ts', 100)
  for (const part of ['src', 'src/core']) fs.utimesSync(path.join(folder, part), 100, 100)
  const before = isNewer(path.join(folder, 'src'), path.join(folder, 'mark'))
  const mark = written('mark', 200)
  const after = isNewer(path.join(folder, 'src'), mark)
  fs.utimesSync(source, 300, 300)
  const edited = isNewer(path.join(folder, 'src'), mark)
  fs.rmSync(folder, { recursive: true })
  assert.deepEqual([before, after, edited], [true, false, true])
})
