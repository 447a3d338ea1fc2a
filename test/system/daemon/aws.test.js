'use strict'
/** `kclts check --aws` against kinesalite and dynalite: that it asks them as they understand it, and changes nothing. */
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const net = require('node:net')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Leases = require('./stage/Leases')
const Project = require('./stage/Project')
const Stream = require('./stage/Stream')
const Worker = require('./stage/Worker')

const BIN = path.join(__dirname, '..', '..', '..', 'dist', 'bin.js')

const ENV = {
  ...process.env,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
  NODE_NO_WARNINGS: '1' // of the SDK, about this Node
}

/** The command in a project. Out: the process, and `left`, a promise of how it ended. */
const start = (project, args) => {
  const command = spawn(process.execPath, [BIN, 'check', '--aws', ...args], {
    cwd: project.folder,
    env: ENV,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const left = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'])
    command[name].setEncoding('utf8').on('data', (text) => (left[name] += text))
  return {
    command,
    left: once(command, 'close').then(([code, signal]) => ({ code: code ?? signal, ...left }))
  }
}

/** What it finds, beginning with the region: what comes before is of this machine. Out: `code`, `lines`, `last`. */
const check = async (project) => {
  const { code, stdout, stderr } = await start(project, ['--json']).left
  assert.equal(stderr, '')
  const documents = stdout.trimEnd().split('\n').map(JSON.parse)
  const last = documents.pop()
  const lines = documents.map((one) => `${one.verdict} ${one.check}: ${one.text}`)
  assert.match(lines[0], /^pass Java: /)
  assert.match(lines[1], /^pass jars: \d+ in /)
  return { code, lines: lines.slice(2), last }
}

/** A new application of this version has its workers and its leader in the lease table. */
const hasOneTable = Jars.CURRENT.startsWith('3.5.')

const MAY = 'may Scan, GetItem, PutItem, UpdateItem, DeleteItem'
const NOT_TRIED = 'was not tried, since it would make it now'

/** What is found of all but the tables. */
const beside = (stream, tables) => [
  'pass region: us-east-1, of daemon.region',
  "pass credentials: access key test; its owner was not looked up, since the endpoints are not AWS's",
  `pass stream: ${stream}: ACTIVE, 2 open shards, keeps records for 24 hours`,
  'pass reading: may ListShards, GetShardIterator, GetRecords',
  ...tables,
  'pass metrics: none are sent to CloudWatch (daemon.metrics)'
]

/** A server of TCP that takes connections and never says anything. */
const silent = async (t) => {
  const sockets = []
  const server = net.createServer((socket) => sockets.push(socket.on('error', () => {})))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: server.address().port, connected: once(server, 'connection') }
}

describe('kclts check --aws against emulators', () => {
  let emulators
  before(async () => (emulators = await Emulators.start()))
  after(() => emulators.stop())

  const projectOf = (t, stream, application, more = {}) => {
    const project = Project.create('ack', {
      daemon: Worker.daemonOf(emulators, { stream, application }, more)
    })
    t.after(() => project.remove())
    return project
  }

  it('before the first start: nothing is there yet, nothing is made, and nothing is to be done', async (t) => {
    await Stream.create(emulators, 'before', 2)
    const first = (name, more = '') =>
      `${name}: not there yet; the first start makes it; dynamodb:CreateTable${more} ${NOT_TRIED}; ${MAY}`
    assert.deepEqual(await check(projectOf(t, 'before', 'early')), {
      code: 0,
      lines: beside('before', [
        `untried lease table: ${first('early', ' (and UpdateTable, for its index)')}, Query`,
        ...(hasOneTable
          ? []
          : [
              `untried worker table: ${first('early-WorkerMetricStats')}`,
              `untried leader table: ${first('early-CoordinatorState')}`
            ])
      ]),
      last: { todo: 0, policy: null }
    })
    assert.deepEqual((await emulators.dynamo('ListTables', {})).TableNames, [])
  })

  it("with the tables of KCL 3: all passes, and no row is another's than before", async (t) => {
    await Stream.create(emulators, 'there', 2)
    await Leases.create(emulators, '3.1.3', 'late', await Stream.shards(emulators, 'there'))
    const rows = async () =>
      Promise.all(
        ['late', 'late-WorkerMetricStats', 'late-CoordinatorState'].map(
          async (TableName) => (await emulators.dynamo('Scan', { TableName })).Items
        )
      )
    const earlier = await rows()
    assert.equal(earlier[0].length, 2)
    assert.deepEqual(await check(projectOf(t, 'there', 'late')), {
      code: 0,
      lines: beside('there', [
        `pass lease table: late: ACTIVE; ${MAY}, Query`,
        `pass worker table: late-WorkerMetricStats: ACTIVE; ${MAY}`,
        `pass leader table: late-CoordinatorState: ACTIVE; ${MAY}`
      ]),
      last: { todo: 0, policy: null }
    })
    assert.deepEqual(await rows(), earlier)
  })

  it('a write that is denied is reported with the policy that allows it, and exit code 2', async (t) => {
    await Stream.create(emulators, 'denied', 2)
    await Leases.create(emulators, '2.5.4', 'poor', await Stream.shards(emulators, 'denied'))
    const fault = emulators.fail((operation) =>
      operation === 'PutItem' ? 'AccessDeniedException' : undefined
    )
    t.after(() => fault.end())
    const resource = 'arn:aws:dynamodb:us-east-1:*:table/poor'
    assert.deepEqual(await check(projectOf(t, 'denied', 'poor', { version: '2.5.4' })), {
      code: 2,
      lines: beside('denied', [
        `todo lease table: poor: ACTIVE; may not call dynamodb:PutItem on ${resource}; allow it in the IAM policy`
      ]),
      last: {
        todo: 1,
        policy: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: ['dynamodb:PutItem'], Resource: resource }]
        }
      }
    })
  })

  it('a stream that is not there, and an endpoint that has HTTP/1.1 alone, are reported with what to do', async (t) => {
    const { lines: gone } = await check(projectOf(t, 'nowhere', 'early', { version: '2.5.4' }))
    assert.equal(
      gone[2],
      'todo stream: there is no stream nowhere in us-east-1; check daemon.streamName and daemon.region'
    )
    const { lines: old } = await check(
      projectOf(t, 'nowhere', 'early', { version: '2.5.4', kinesisEndpoint: emulators.dynamoEndpoint })
    )
    assert.equal(
      old[2],
      'todo stream: what answers does not speak HTTP/2, which the daemon needs; check daemon.kinesisEndpoint'
    )
  })

  it('ends at Ctrl-C, whatever does not answer', async (t) => {
    const { port, connected } = await silent(t)
    const { command, left } = start(
      projectOf(t, 'silent', 'early', { kinesisEndpoint: `http://127.0.0.1:${port}` }),
      []
    )
    await connected
    command.kill('SIGINT')
    const { code, stdout, stderr } = await left
    assert.deepEqual(
      { code, stderr, lines: stdout.split('\n').length },
      { code: 2, stderr: 'kclts check: stopped; what is not shown was not checked\n', lines: 5 }
    )
  })
})
