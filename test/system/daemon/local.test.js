'use strict'
/** `npm run local`: everything starts, orders arrive, and Ctrl-C leaves nothing running. */
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { it } = require('node:test')
const { setTimeout: sleep } = require('node:timers/promises')
const Worker = require('./stage/Worker')

const SCRIPT = path.join(__dirname, '../../../examples/local/local.js')

/** For what never comes. */
const LIMIT_MS = 420_000

/** Starts it with the jars of the tests and a home folder of its own. */
const start = (t) => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-local-'))
  const env = {
    ...process.env,
    HOME: home,
    KCLTS_DAEMON_VERSION: Worker.Jars.CURRENT,
    KCLTS_DAEMON_CLASSPATH: Worker.classpath(Worker.Jars.CURRENT)
  }
  for (const name of ['NODE_TEST_CONTEXT', 'XDG_STATE_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR'])
    delete env[name]
  const program = spawn(process.execPath, [SCRIPT, '--built'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [program.stdout, program.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  t.after(async () => {
    const left = Worker.below(program.pid)
    program.kill('SIGKILL')
    for (const { pid } of left) Worker.signal(pid, 'SIGKILL')
    await Worker.gone(left)
    fs.rmSync(home, { recursive: true, force: true })
  })
  const until = async (pattern) => {
    for (const end = Date.now() + LIMIT_MS; !pattern.test(output); await sleep(50))
      if (program.exitCode !== null || Date.now() > end) throw new Error(`no ${pattern} in\n${output}`)
  }
  return { program, until, output: () => output }
}

it('npm run local puts orders that kclts run consumes, reports what arrived, and ends all of it at Ctrl-C', async (t) => {
  const { program, until, output } = start(t)
  await until(/ [1-9]\d* arrived at the sink, [1-9]\d* became dead letters/)
  const started = Worker.below(program.pid)
  assert.deepEqual(
    ['kinesis.js', 'dynamodb.js', 'bin.js run', 'MultiLangDaemon'].filter(
      (name) => !started.some(({ command }) => command.includes(name))
    ),
    []
  )
  program.kill('SIGINT')
  assert.deepEqual(await once(program, 'exit'), [0, null], output())
  await Worker.gone(started)
  assert.match(output(), /\d+ orders were put\. \d+ arrived, \d+ became dead letters/)
})
