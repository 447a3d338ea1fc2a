'use strict'
/**
 * npm run local: a stream, the tables, records and `kclts run` with Amazon's daemon, all on this machine.
 *
 *   --built      use the package as it is built
 *   --services   start only the emulators, for a worker of your own
 */
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { parseArgs } = require('node:util')
const Account = require('./services/account')
const Orders = require('./services/orders')
const Needs = require('./needs')
const Processes = require('./processes')
const Prepare = require('./prepare')
const Story = require('./story')

const DATA = path.join(__dirname, 'data')
const OUTPUTS = path.join(DATA, 'accepted.ndjson')
const LETTERS = path.join(DATA, 'dead-letters.ndjson')
const LOG = path.join(DATA, 'worker.log')

/** The emulators take any credentials, but the daemon must have some. */
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_EC2_METADATA_DISABLED: 'true'
}

const linesOf = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])

/** Aborted by Ctrl-C or SIGTERM. */
const stopAsked = () => {
  const asked = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => asked.abort())
  return asked.signal
}

const aborted = (signal) =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', resolve, { once: true })
  })

/** Starts both emulators and makes the stream and the tables. `started` takes each process as it starts. */
const serve = async (started) => {
  const ports = { kinesis: await Processes.freePort(4568), dynamodb: await Processes.freePort(8000) }
  for (const [name, port] of Object.entries(ports))
    started.push(
      Processes.start(path.join(Prepare.SERVICES, `${name}.js`), {
        env: { HOST: '127.0.0.1', PORT: String(port) },
        output: 'ignore'
      })
    )
  const endpoints = {
    kinesis: `http://127.0.0.1:${ports.kinesis}`,
    dynamodb: `http://127.0.0.1:${ports.dynamodb}`
  }
  return { account: await Account.prepare(endpoints), endpoints }
}

/** Starts `kclts run` in this folder, with these endpoints, and with a free port for the status page. */
const startWorker = async (endpoints) => {
  const status = await Processes.freePort(9100)
  const log = fs.openSync(LOG, 'w')
  const worker = Processes.start(Prepare.BIN, {
    args: ['run'],
    cwd: __dirname,
    env: {
      ...CREDENTIALS,
      KCLTS_DAEMON_KINESIS_ENDPOINT: endpoints.kinesis,
      KCLTS_DAEMON_DYNAMO_DB_ENDPOINT: endpoints.dynamodb,
      KCLTS_STATUS_LISTEN: String(status)
    },
    output: log
  })
  fs.closeSync(log)
  return { worker, status }
}

const failed = () =>
  new Error(`kclts run has ended; its log, ${LOG}, ends with\n${linesOf(LOG).slice(-20).join('\n')}`)

/** Waits until the first order has arrived. Fails when the worker ends before. */
const arrived = async (worker, signal) => {
  while (linesOf(OUTPUTS).length === 0 && !signal.aborted) {
    if (worker.hasEnded()) throw failed()
    await sleep(100)
  }
}

const TELL_MS = 5000

/** Says every few seconds what has arrived, until `signal` is aborted. Fails when the worker ends before. */
const watch = async (worker, put, signal) => {
  const end = Promise.race([aborted(signal), worker.ended])
  while (!signal.aborted) {
    console.log(Story.count(put(), linesOf(OUTPUTS), linesOf(LETTERS)))
    await Promise.race([sleep(TELL_MS, undefined, { ref: false }), end])
    if (worker.hasEnded() && !signal.aborted) throw failed()
  }
}

const consume = async ({ account, endpoints }, signal) => {
  fs.rmSync(DATA, { recursive: true, force: true })
  fs.mkdirSync(DATA)
  const { worker, status } = await startWorker(endpoints)
  const over = new AbortController()
  let put = 0
  const putting = Orders.putOnAndOn(account, Account.STREAM, (count) => (put = count), over.signal)
  try {
    await Prepare.step('Starting the worker, until the first order arrives', () => arrived(worker, signal))
    if (!signal.aborted) console.log(Story.begun({ first: linesOf(OUTPUTS)[0], status, endpoints }))
    await watch(worker, () => put, signal)
    over.abort()
    await Prepare.step('\nStopping: the worker checkpoints what it has finished', () =>
      worker.stop('SIGTERM')
    )
    console.log(Story.ended(put, linesOf(OUTPUTS), linesOf(LETTERS)))
  } finally {
    over.abort()
    await putting
    await worker.stop('SIGTERM')
  }
}

const main = async (signal) => {
  const { values } = parseArgs({ options: { built: { type: 'boolean' }, services: { type: 'boolean' } } })
  const lacks = values.services ? [] : Needs.missing(process)
  if (lacks.length > 0) throw new Error(lacks.join('\n\n'))
  await Prepare.prepare(values)
  const started = []
  try {
    const services = await Prepare.step('Starting Kinesis and DynamoDB', () => serve(started))
    if (!values.services) return await consume(services, signal)
    console.log(Story.services({ ...services, stream: Account.STREAM, application: Account.APPLICATION }))
    await aborted(signal)
  } finally {
    for (const service of started) await service.stop('SIGKILL')
  }
}

const signal = stopAsked()
main(signal).catch((problem) => {
  // Ctrl-C reaches what is installing or building as well, which then fails.
  if (signal.aborted) return console.log('\nStopped.')
  console.error(`\n${problem.message}`)
  process.exitCode = 1
})
