'use strict'
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { test } = require('node:test')
const { Client } = require('pg')
const { skip, start } = require('./postgres')

const ask = async (url, sql) => {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

test(
  'it is a PostgreSQL, keeps what was committed when it is killed, and leaves nothing behind',
  { skip: skip() },
  async () => {
    const server = await start()
    try {
      assert.match((await ask(server.url, 'select version()'))[0][0], /^PostgreSQL \d+/)
      await ask(server.url, 'create table kept as select 7 as n')
      await server.restart()
      assert.deepEqual(await ask(server.url, 'select n from kept'), [[7]])
    } finally {
      const [[data]] = await ask(server.url, 'show data_directory')
      await server.stop()
      assert.equal(fs.existsSync(data), false)
    }
    await assert.rejects(ask(server.url, 'select 1'), { code: 'ECONNREFUSED' })
  }
)

/** Resolves when the folder is not there any more. */
const removed = (folder) =>
  new Promise((resolve) => {
    const watcher = fs.watch(path.dirname(folder), () => {
      if (fs.existsSync(folder)) return
      watcher.close()
      resolve()
    })
  })

test('it ends with the process that started it, although that is killed', { skip: skip() }, async () => {
  const program = `require('./postgres').start().then(({ url }) => console.log(url))`
  const parent = spawn(process.execPath, ['-e', program], {
    cwd: __dirname,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const [text] = await once(parent.stdout.setEncoding('utf8'), 'data')
  const [[data]] = await ask(text.trim(), 'show data_directory')
  const gone = removed(path.dirname(data))
  parent.kill('SIGKILL')
  await gone
  await assert.rejects(ask(text.trim(), 'select 1'), { code: 'ECONNREFUSED' })
})

test('a restart that cannot be says why', { skip: skip() }, async () => {
  const server = await start()
  const [[data]] = await ask(server.url, 'show data_directory')
  fs.writeFileSync(path.join(data, 'postgresql.auto.conf'), 'port = none\n')
  await assert.rejects(server.restart(), /PostgreSQL did not start[^]*invalid value for parameter "port"/)
  fs.rmSync(path.dirname(data), { recursive: true })
})
