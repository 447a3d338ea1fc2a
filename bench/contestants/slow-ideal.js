'use strict'
// No library: so many workers, each with the first record of a key that no other worker has. It knows no failure,
// no checkpoint, no deadline and no configuration; nothing that keeps the order can be faster with this timer.
const { work } = require('./work')

const workers = Number(process.argv[2])

const all = (records) =>
  new Promise((resolve) => {
    const chains = new Map()
    for (const record of records) {
      const chain = chains.get(record.partitionKey)
      if (chain === undefined) chains.set(record.partitionKey, [record])
      else chain.push(record)
    }
    const free = [...chains.values()].map((chain) => ({ chain, at: 0 }))
    let next = 0
    let idle = workers
    let left = records.length
    const finish = (one) => {
      idle += 1
      left -= 1
      one.at += 1
      if (one.at < one.chain.length) free.push(one)
      if (left === 0) resolve()
      else begin()
    }
    const begin = () => {
      while (idle > 0 && next < free.length) {
        const one = free[next++]
        idle -= 1
        void work(one.chain[one.at]).then(() => finish(one))
      }
    }
    begin()
  })

const say = (name) => process.stdout.write(`\n{"action":"status","responseFor":"${name}"}\n`)

let rest = ''
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop()
  for (const line of lines) {
    const { action, records } = JSON.parse(line)
    if (records === undefined) say(action)
    else void all(records).then(() => say(action))
  }
})
