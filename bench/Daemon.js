'use strict'
/**
 * A stand-in for Amazon's daemon that drives one real child over pipes in lock-step: it says an action, reads
 * replies until the status, and answers each checkpoint before it reads on.
 */
const { spawn } = require('node:child_process')

const SHARD = 'shardId-000000000000'

/** kclpy 0.2.0 speaks the daemon's first dialect, in which a checkpoint's number has another name. */
const answerTo = ({ checkpoint, sequenceNumber = null, subSequenceNumber = null }) =>
  checkpoint === undefined
    ? { action: 'checkpoint', sequenceNumber, subSequenceNumber, error: null }
    : { action: 'checkpoint', checkpoint, error: null }

/** What was said on a line; null for one that is no reply, which the daemon skips. */
const replyOf = (line) => {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

/** A batch as the daemon writes it, without the newline. */
const batchLine = (records) => JSON.stringify({ action: 'processRecords', records, millisBehindLatest: 0 })

/**
 * Starts a child and says `initialize` to it.
 *
 * @param command its program and arguments
 * @param options `latency`: milliseconds that a checkpoint takes; `shard`: its name; the rest is for `spawn`
 */
const start = async ([program, args], { latency = 0, shard = SHARD, ...options }) => {
  const child = spawn(program, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
  const unread = []
  let rest = ''
  let errors = ''
  let checkpoints = 0
  let hear = () => {}
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.stderr.on('data', (chunk) => (errors += chunk))
  child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    unread.push(...lines.filter((line) => line !== ''))
    hear()
  })

  const nextReply = async () => {
    for (;;) {
      while (unread.length > 0) {
        const reply = replyOf(unread.shift())
        if (reply !== null) return reply
      }
      const died = await Promise.race([
        ended.then(() => true),
        new Promise((resolve) => (hear = () => resolve(false)))
      ])
      if (died && unread.length === 0) throw new Error(`${program} ${args.join(' ')} ended: ${errors}`)
    }
  }

  const say = (line) => child.stdin.write(`${line}\n`)

  const converse = async (line) => {
    say(line)
    for (;;) {
      const reply = await nextReply()
      if (reply.action === 'status') return
      checkpoints += 1
      await new Promise((resolve) => setTimeout(resolve, latency))
      say(JSON.stringify(answerTo(reply)))
    }
  }

  await converse(
    JSON.stringify({
      action: 'initialize',
      shardId: shard,
      sequenceNumber: 'TRIM_HORIZON',
      subSequenceNumber: 0
    })
  )

  /** Has a batch processed that is a line already; gives the milliseconds until its status. */
  const batchOf = async (line) => {
    const started = performance.now()
    await converse(line)
    return performance.now() - started
  }

  return {
    pid: child.pid,
    batchOf,
    batch: (records) => batchOf(batchLine(records)),
    checkpoints: () => checkpoints,
    end: async () => {
      child.stdin.end()
      await ended
    }
  }
}

/** As long as a real one. */
const FIRST = 49590338271490256608559692538361571095921575989136588898n

/** Records as the daemon writes them, the keys in turn. */
const records = (count, keys, from = 0) =>
  Array.from({ length: count }, (_, index) => ({
    action: 'record',
    data: Buffer.from(JSON.stringify({ id: `o-${from + index}`, total: index })).toString('base64'),
    partitionKey: `customer-${index % keys}`,
    sequenceNumber: String(FIRST + BigInt(from + index)),
    subSequenceNumber: 0,
    approximateArrivalTimestamp: 1_795_415_467_625
  }))

module.exports = { batchLine, start, records }
