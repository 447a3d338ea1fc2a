'use strict'
/** kinesis-local, as examples/local starts it, behind a proxy whose connections can be cut. */
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const net = require('node:net')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const listen = require('./listen')

const SCRIPT = path.join(__dirname, '../../../../examples/local/services/kinesis.js')

/** For what never comes. */
const LIMIT_MS = 120_000

const freePort = async () => {
  const server = net.createServer()
  const port = await listen(server)
  server.close()
  await once(server, 'close')
  return port
}

/** Whether something listens on the port. */
const answers = (port) =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => resolve(true)).once('connect', () => socket.destroy())
  })

/** Hands each connection on to a port; the pairs of sockets are in `open` as long as they last. */
const proxyTo = (port, open, isCut) =>
  net.createServer((from) => {
    const to = net.connect(port, '127.0.0.1')
    const pair = [from, to]
    open.add(pair)
    for (const socket of pair)
      socket
        .on('error', () => {})
        .once('close', () => {
          open.delete(pair)
          for (const each of pair) each.destroy()
        })
    if (isCut()) from.destroy()
    else from.pipe(to).pipe(from)
  })

/** Starts it. Out: as of Kinesalite.start; its one port speaks HTTP/1.1 and HTTP/2. */
const start = async () => {
  const port = await freePort()
  // It ends with its stdin, so that it does not outlive this process.
  const child = spawn(process.execPath, [SCRIPT], {
    env: { ...process.env, PORT: String(port), NODE_TEST_CONTEXT: undefined },
    stdio: ['pipe', 'ignore', 'ignore']
  })
  child.stdin.on('error', () => {})
  for (const end = Date.now() + LIMIT_MS; !(await answers(port)); await sleep(50))
    if (child.exitCode !== null || Date.now() > end) throw new Error('kinesis-local does not listen')
  const open = new Set()
  const destroy = () => {
    for (const pair of open) for (const socket of pair) socket.destroy()
  }
  let isCut = false
  const proxy = proxyTo(port, open, () => isCut)
  return {
    port,
    endpoint: `http://127.0.0.1:${await listen(proxy)}`,
    cut: () => {
      isCut = true
      destroy()
      return () => (isCut = false)
    },
    stop: () => {
      destroy()
      proxy.close()
      child.kill('SIGKILL')
    }
  }
}

module.exports = { start }
