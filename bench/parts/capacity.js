'use strict'
// The capacity units that the workers of an application use when nothing changes, under Amazon's real daemon on an emulator.
const fs = require('node:fs')
const http = require('node:http')
const { setTimeout: sleep } = require('node:timers/promises')
const Account = require('../../examples/local/services/account')
const Emulators = require('../../test/system/daemon/stage/Emulators')
const listen = require('../../test/system/daemon/stage/listen')
const Needs = require('../../test/system/daemon/stage/Needs')
const Stage = require('../../test/system/daemon/stage/Stage')
const Worker = require('../../test/system/daemon/stage/Worker')
const Table = require('../Table')

const VERSION = '3.5.1'
const WORKERS = [1, 2, 4]
const LEASES = [10, 100, 1000]

/** How long each kind of intervals is watched: several times its longest interval. */
const WINDOW_MS = { fast: 40_000, amazon: 120_000 }

const LIMIT_MS = 300_000

/** The other operations of the KCL read. */
const WRITES = ['UpdateItem', 'PutItem', 'DeleteItem']

/** A proxy of DynamoDB that asks for the units of each request. Out: `endpoint`, `units`, by operation, and `stop()`. */
const metered = async (endpoint) => {
  const units = new Map()
  const agent = new http.Agent({ keepAlive: true })
  const server = http.createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1]
    const chunks = await request.toArray()
    const asked = JSON.parse(Buffer.concat(chunks).toString())
    const isCounted = [...WRITES, 'Scan', 'Query', 'GetItem'].includes(operation)
    const body = JSON.stringify(isCounted ? { ...asked, ReturnConsumedCapacity: 'TOTAL' } : asked)
    const headers = { ...request.headers, 'content-length': Buffer.byteLength(body) }
    const forward = http.request(endpoint, { method: 'POST', headers, agent }, async (answer) => {
      const text = Buffer.concat(await answer.toArray())
      // A conditional write that fails is charged like one that does not.
      const used = answer.statusCode === 200 ? JSON.parse(text).ConsumedCapacity?.CapacityUnits : 1
      if (isCounted) units.set(operation, (units.get(operation) ?? 0) + used)
      response.writeHead(answer.statusCode, answer.headers).end(text)
    })
    forward.on('error', () => request.destroy()).end(body)
  })
  server.on('clientError', (_, socket) => socket.destroy())
  const port = await listen(server)
  const stop = () => {
    server.closeAllConnections()
    server.close()
    agent.destroy()
  }
  return { endpoint: `http://127.0.0.1:${port}`, units, stop }
}

const until = async (what, test) => {
  for (const end = Date.now() + LIMIT_MS; !(await test()); await sleep(200))
    if (Date.now() > end) throw new Error(`${what}: not within ${LIMIT_MS / 1000} s`)
}

const worker = (n) => `worker-${n}`

/**
 * Gives the leases to the workers in turn. Only the first one has a shard; the others wait until it has ended
 * (BlockOnParentShardTask), so that they are renewed and nothing is read.
 */
const fill = async ({ dynamo }, TableName, leases, workers) => {
  const { Items } = await dynamo('Scan', { TableName })
  const [first] = Items
  const hashes = { StartingHashKey: first.startingHashKey.S, EndingHashKey: first.endingHashKey.S }
  for (let n = 0; n < leases; n++) {
    const leaseOwner = { S: worker(n % workers) }
    const ShardId = `shardId-${String(n + 1).padStart(12, '0')}`
    const waiting = {
      ...Account.leaseOf({ ShardId, HashKeyRange: hashes }),
      parentShardId: { SS: [first.leaseKey.S] }
    }
    await dynamo('PutItem', { TableName, Item: { ...(n === 0 ? first : waiting), leaseOwner } })
  }
}

const countersOf = async ({ dynamo }, TableName) => {
  const rows = []
  let ExclusiveStartKey
  do {
    const page = await dynamo('Scan', { TableName, ...(ExclusiveStartKey && { ExclusiveStartKey }) })
    rows.push(...page.Items)
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  return rows.filter((row) => row.checkpoint !== undefined)
}

/** Units a second, by operation, once all leases are renewed. */
const watch = async (emulators, stage, meter, leases, handover) => {
  await until('all leases are renewed', async () => {
    const rows = await countersOf(emulators, stage.application)
    return rows.length === leases && rows.every(({ leaseCounter }) => Number(leaseCounter.N) >= 2)
  })
  await sleep(WINDOW_MS[handover] / 4)
  meter.units.clear()
  const since = Date.now()
  await sleep(WINDOW_MS[handover])
  const seconds = (Date.now() - since) / 1000
  return [...meter.units].map(([operation, units]) => [operation, units / seconds])
}

const measure = async (handover, workers, leases) => {
  const emulators = await Emulators.start(Emulators.Kinesalite)
  const meter = await metered(emulators.dynamoEndpoint)
  const cleanups = []
  const running = []
  try {
    const t = { after: (then) => cleanups.push(then) }
    const stage = await Stage.set(t, emulators, {
      version: VERSION,
      shards: 1,
      handler: 'ack',
      configuration: {}
    })
    await fill(emulators, stage.application, leases, workers)
    const home = fs.mkdtempSync(`${stage.project.folder}/home-`)
    const ofTests = Worker.daemonOf(emulators, stage, { version: VERSION })
    const { streamName, applicationName, region, kinesisEndpoint, classpath } = ofTests
    const places = { streamName, applicationName, region, kinesisEndpoint, classpath, version: VERSION }
    const properties = { parentShardPollIntervalMillis: 3_600_000, varianceBalancingFrequency: 1_000_000 }
    const java = '-XX:MaxRAMPercentage=25 -Daws.cborEnabled=false'
    const daemon = { ...places, handover, java, dynamoDbEndpoint: meter.endpoint, properties }
    for (let n = 0; n < workers; n++)
      running.push(Worker.startIn(home, stage, { daemon }, { env: { KCLTS_DAEMON_WORKER_ID: worker(n) } }))
    const used = await watch(emulators, stage, meter, leases, handover)
    const sum = (isWrite) =>
      used
        .filter(([operation]) => WRITES.includes(operation) === isWrite)
        .reduce((total, [, units]) => total + units, 0)
    return {
      handover,
      workers,
      leases,
      reads: sum(false),
      writes: sum(true),
      operations: Object.fromEntries(used)
    }
  } finally {
    for (const one of running) await Worker.gone(await one.kill())
    for (const then of cleanups) await then()
    meter.stop()
    emulators.stop()
  }
}

const run = async ({ quick, progress }) => {
  const lacks = Needs.missing([VERSION])
  if (lacks.length > 0) {
    progress(`not measured: ${lacks.join(', ')}`)
    return null
  }
  Needs.prepare([VERSION])
  const of = []
  for (const handover of Object.keys(WINDOW_MS))
    for (const leases of quick ? LEASES.slice(0, 1) : LEASES)
      for (const workers of WORKERS) {
        const found = await measure(handover, workers, leases)
        progress(JSON.stringify(found))
        of.push(found)
      }
  return { rounds: 1, of }
}

/** `reads / writes` a second. */
const tables = ({ of }) =>
  Object.keys(WINDOW_MS).map((handover) => {
    const ofIt = of.filter((found) => found.handover === handover)
    return {
      title: `daemon.handover: ${handover}. Capacity units a second, reads / writes`,
      head: ['leases', ...WORKERS.map((n) => (n === 1 ? '1 worker' : `${n} workers`))],
      rows: [...new Set(ofIt.map(({ leases }) => leases))].map((leases) => [
        String(leases),
        ...WORKERS.map((workers) => {
          const { reads, writes } = ofIt.find((found) => found.leases === leases && found.workers === workers)
          return `${Table.figure(reads)} / ${Table.figure(writes)}`
        })
      ])
    }
  })

module.exports = {
  name: 'capacity',
  title: 'the capacity units that leases cost in DynamoDB; only by name, some 50 minutes',
  rounds: { full: 1, quick: 1 },
  /** It waits for most of its time. */
  isOnRequest: true,
  run,
  tables,
  problems: () => []
}
