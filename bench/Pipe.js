'use strict'
/** Pipes as the daemon gives them to its children, where Node gives sockets. */
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { execFileSync } = require('node:child_process')

/** Two descriptors of a pipe whose ends share no flags, so that a child that sets O_NONBLOCK does not set ours. */
const open = (file) => {
  // Where both ends are there nobody waits for the other.
  const first = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  const write = fs.openSync(file, fs.constants.O_WRONLY)
  const read = fs.openSync(file, fs.constants.O_RDONLY)
  fs.closeSync(first)
  return { read, write }
}

/** So many pipes at once: a process that makes one takes longer than all else about it. They have no names afterwards. */
const make = (count) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-bench-pipes-'))
  const files = Array.from({ length: count }, (_, i) => path.join(folder, String(i)))
  execFileSync('mkfifo', files)
  const pipes = files.map(open)
  fs.rmSync(folder, { recursive: true })
  return pipes
}

module.exports = { make }
