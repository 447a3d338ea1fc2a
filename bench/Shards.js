'use strict'
/** Many shards at the same time: their start, their memory, and what some batches for each of them take. */
const Daemon = require('./Daemon')
const Hosts = require('./Hosts')
const Peers = require('./Peers')
const Pipe = require('./Pipe')
const Processes = require('./Processes')
const Wire = require('./Wire')

const BATCHES = 5
const RECORDS = 1000
const BYTES = 1000
const SETTLE_MS = 2000

/** Batches of one shard; each shard gets the same. */
const lines = () =>
  Array.from({ length: BATCHES }, (_, batch) => ({
    line: Wire.batchLine(Wire.records(RECORDS, 100, batch * RECORDS, BYTES)),
    last: Wire.sequenceNumber((batch + 1) * RECORDS - 1)
  }))

/** What memory comes to once garbage that is about to go has gone. */
const settled = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS))

/** No process but the children of the shards, which run this contestant. */
const alone = (file) => async () => ({
  command: [process.execPath, [Peers.contestant(file)]],
  options: {},
  pids: [],
  end: () => {}
})

/** The host, and where it wants relays to be started. */
const host = (project, threads) => async () => {
  const { command, cwd, pid, end } = Hosts.open({ project, threads })
  return { command, options: { cwd }, pids: [pid], end }
}

/**
 * Milliseconds until all shards have answered `initialize`, megabytes idle and after batches,
 * seconds of CPU, records in a second over all shards.
 */
const measure = async (prepare, count) => {
  const batches = lines()
  const pipes = Pipe.make(2 * count)
  const started = performance.now()
  const contestant = await prepare()
  const children = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      Daemon.start(contestant.command, {
        ...contestant.options,
        pipes: pipes.slice(2 * index, 2 * index + 2),
        shard: `shardId-${String(index).padStart(12, '0')}`
      })
    )
  )
  const start = performance.now() - started
  const pids = [...contestant.pids, ...children.flatMap(({ pid }) => Processes.tree(pid))]
  const startCpu = Processes.seconds(pids)
  await settled()
  const idle = Processes.megabytes(pids)
  const before = Processes.seconds(pids)
  const began = performance.now()
  for (const line of batches) await Promise.all(children.map((child) => child.batch(line)))
  const took = performance.now() - began
  await settled()
  const after = Processes.megabytes(pids)
  const cpu = Processes.seconds(pids) - before
  await Promise.all(children.map((child) => child.end()))
  await contestant.end()
  const rate = (count * BATCHES * RECORDS * 1000) / took
  return { start, startCpu, idle, after, took, cpu, rate }
}

module.exports = { BATCHES, alone, host, measure }
