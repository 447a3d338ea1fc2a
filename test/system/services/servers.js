'use strict'
/**
 * Stand-ins for Amazon's services, on free ports of loopback: kinesalite (npm) and moto (PyPI, in a virtual environment
 * that is made in .cache), and a proxy that fails between a client and one of them.
 */
const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const http = require('node:http')
const net = require('node:net')
const path = require('node:path')
const { setTimeout: wait } = require('node:timers/promises')

const root = path.join(__dirname, '../../..')
const VERSION = '5.1.22'
const venv = path.join(root, `.cache/moto-${VERSION}`)
const motoServer = path.join(venv, 'bin/moto_server')

const credentials = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true'
}

/** False, or the reason why moto is not to be had here; a failure where REQUIRE_SERVICES=1. */
const motoSkip = () => {
  if (fs.existsSync(motoServer)) return false
  const made = spawnSync('python3', ['-m', 'venv', venv], { stdio: 'ignore' }).status === 0
  const pip = path.join(venv, 'bin/pip')
  if (
    made &&
    spawnSync(pip, ['install', '-q', `moto[server,sqs]==${VERSION}`], { stdio: 'ignore' }).status === 0
  )
    return false
  const reason = 'SQS: moto needs python3 with venv, and PyPI'
  if (process.env.REQUIRE_SERVICES === '1') throw new Error(reason)
  return reason
}

const freePort = async () => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

const answers = (port) =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/** A process that listens on a port of its own; `restart` ends it by SIGKILL and starts it anew on the same port. */
const serve = async (argsFor) => {
  const port = await freePort()
  const [program, ...args] = argsFor(String(port))
  let child
  const begin = async () => {
    child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...credentials } })
    for (let tries = 0; !(await answers(port)); tries += 1) {
      if (tries > 300 || child.exitCode !== null) throw new Error(`${program} does not listen`)
      await wait(100)
    }
  }
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await begin()
  return { port, url: `http://127.0.0.1:${port}`, stop, begin }
}

const kinesalite = () =>
  serve((port) => [
    process.execPath,
    path.join(root, 'test/system/services/node_modules/kinesalite/cli.js'),
    ...['--port', port, '--createStreamMs', '10']
  ])

const moto = () => serve((port) => [motoServer, '-H', '127.0.0.1', '-p', port])

const bodyOf = async (stream) => {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/**
 * A proxy to the port. Each request takes the next fault of `faults`, if any: a function of the request's JSON that
 * gives `{ forward, answer }`: the request as it goes on (undefined: it does not), and the answer made of the server's
 * `{ status, json }` (undefined: the connection is cut).
 */
const proxy = async (target) => {
  const faults = []
  const seen = []
  const pass = (json) => ({ forward: json, answer: (given) => given })
  const server = http.createServer(async (request, response) => {
    const json = JSON.parse(await bodyOf(request))
    seen.push(json)
    const { forward, answer } = (faults.shift() ?? pass)(json)
    let given
    if (forward !== undefined) {
      const headers = { ...request.headers, connection: 'close' }
      delete headers['content-length']
      const reply = await fetch(`${target}${request.url}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(forward)
      }).catch(() => undefined)
      if (reply === undefined) return void response.destroy()
      given = { status: reply.status, json: await reply.json() }
    }
    const told = answer(given)
    if (told === undefined) return void response.destroy()
    response.writeHead(told.status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(told.json))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${server.address().port}`, faults, seen, close }
}

module.exports = { credentials, kinesalite, moto, motoSkip, proxy }
