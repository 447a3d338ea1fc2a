'use strict'
/** Does to stdout, stdin and itself what the data of a record say. */
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const { ack, reject } = require('kclts')
const { see } = require('./see')

const STATUS = JSON.stringify({ action: 'status', responseFor: 'processRecords' })

const print = (line) => {
  console.log(line)
  process.stdout.write(`${line}\n`)
  fs.writeSync(1, `${line}\n`)
  spawnSync('echo', [line], { stdio: 'inherit' })
}

const deeds = {
  null: () => print('null'),
  status: () => print(STATUS),
  descriptors: () => spawnSync('sh', ['-c', 'echo null >&3; cat <&4'], { stdio: 'inherit' }),
  grandchild: () => spawnSync('cat', { stdio: 'inherit' }),
  throw: () => {
    throw new Error('cannot be processed')
  }
}

exports.handler = (record) => {
  see(record)
  const deed = Buffer.from(record.data).toString()
  if (deed === 'reject') return reject('not for us')
  deeds[deed]?.()
  return ack()
}
