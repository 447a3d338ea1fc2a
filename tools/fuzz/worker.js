'use strict'
// The thread that does the work. The number of the conversation at hand is shared, so that a hang can be told.
const { parentPort, workerData } = require('node:worker_threads')
const { have } = require('./have')
const { shown } = require('./shown')

const EVERY = 2000

const { seed, wanted, shared } = workerData
const at = new Int32Array(shared)

const work = () => {
  const total = { damaged: 0, lines: 0, number: 0 }
  for (; total.damaged < wanted; total.number++) {
    Atomics.store(at, 0, total.number)
    const had = have(seed, total.number)
    total.damaged += had.damaged
    total.lines += had.lines.length
    if (had.findings.length > 0)
      return parentPort.postMessage({ number: total.number, findings: had.findings, text: shown(had) })
    if (total.number % EVERY === 0) parentPort.postMessage({ progress: { ...total } })
  }
  return parentPort.postMessage({ done: total })
}

work()
