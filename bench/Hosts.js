'use strict'
/** The process of `kclts run` without its daemon: it answers for every relay that is started. */
const fs = require('node:fs')
const { spawn } = require('node:child_process')
const Pipe = require('./Pipe')
const Project = require('./Project')

const CHUNK = 4096

/** Waits for the host's one line, without a turn of the event loop. */
const lineOf = (fd) => {
  const chunk = Buffer.alloc(CHUNK)
  const length = fs.readSync(fd, chunk, 0, CHUNK, null)
  if (length === 0) throw new Error('the host ended before it was ready')
  return chunk.toString('utf8', 0, length)
}

/**
 * Starts a host and waits until it is ready.
 *
 * @param options `project`: the folder of the user's project; `threads` that run handlers; `env` of the host
 * @returns the `command` and the `cwd` that start the child of a shard, and the host's `pid`
 */
const open = ({ project, threads = 1, env = process.env }) => {
  const [output] = Pipe.make(1)
  const child = spawn(process.execPath, [Project.hostOf(project), String(threads)], {
    cwd: project,
    env,
    stdio: ['pipe', output.write, 'inherit']
  })
  const exit = new Promise((resolve) => child.once('error', resolve).once('exit', resolve))
  fs.closeSync(output.write)
  const { folder, executable } = JSON.parse(lineOf(output.read))
  fs.closeSync(output.read)
  return {
    command: [executable, []],
    cwd: folder,
    pid: child.pid,
    end: () => {
      child.stdin.end()
      return exit
    }
  }
}

module.exports = { open }
