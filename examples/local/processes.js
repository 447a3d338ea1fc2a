'use strict'
/** The programs that `npm run local` starts, each in a process group of its own, so that Ctrl-C does not reach them by itself. */
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const net = require('node:net')

/** The preferred port, or any other where that one is taken. */
const freePort = async (preferred) => {
  for (const port of [preferred, 0]) {
    const server = net.createServer().listen(port, '127.0.0.1')
    const [found] = await Promise.race([
      once(server, 'listening').then(() => [server.address().port]),
      once(server, 'error').then(() => [])
    ])
    if (found === undefined) continue
    server.close()
    await once(server, 'close')
    return found
  }
  throw new Error('no port is free')
}

/**
 * Starts a Node program. Out: `ended`, a promise of its exit code or signal; `hasEnded()`; `stop(signal)`, which gives
 * `ended`. The program's stdin is a pipe that is never written to, and ends with this process.
 */
const start = (script, { args = [], cwd, env, output }) => {
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['pipe', output, output],
    detached: true
  })
  child.stdin.on('error', () => {})
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal)
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  return {
    ended,
    hasEnded,
    stop: (signal) => {
      if (!hasEnded()) child.kill(signal)
      return ended
    }
  }
}

module.exports = { freePort, start }
