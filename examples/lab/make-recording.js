'use strict'
// Writes recording/: twenty minutes of two shards as handler.ts handled them, always the same. It needs a built checkout:
//   npm run build && npx tsc -p tsconfig.json && node examples/lab/make-recording.js
const fs = require('node:fs')
const path = require('node:path')
const { createJiti } = require('jiti')

const room = (name) => require(path.join(__dirname, '../../.build', name))
const Action = room('src/protocol/Action')
const Input = room('src/core/Input')
const KinesisRecord = room('src/protocol/KinesisRecord')
const Recording = room('src/lab/Recording')
const { ENV, played, write } = room('test/lab/Recordings')

const MINUTES = 20
/** A batch every two seconds. */
const EVERY = 2_000
const START = { wall: Date.UTC(2026, 8, 14, 8), monotonic: 1_000 }
const SHARDS = [
  { shard: 'shardId-000000000000', orders: 4, seed: 20260914 },
  { shard: 'shardId-000000000001', orders: 1, seed: 20260915 }
]
/** Milliseconds after which the lease table has a checkpoint. */
const LATENCY = 9

/** A generator of Lehmer's kind, so that the recording does not depend on the machine. */
const dice = (seed) => {
  let state = seed
  return (limit) => {
    state = (state * 48271) % 2147483647
    return state % limit
  }
}

/** One record in a hundred is not a valid order: its total is a text. */
const orderOf = (number, below) => {
  const id = `o-${number}`
  const customer = `c-${below(200)}`
  const total = (1 + below(50_000)) / 100
  if (below(100) === 0) return { customer, data: { id, total: String(total) } }
  return { customer, data: { id, total: below(40) === 0 ? 0 : total, customer } }
}

const recordOf = (shard, number, below) => {
  const { customer, data } = orderOf(number, below)
  return KinesisRecord.make({
    shardId: shard,
    sequenceNumber: String(49590338271490256608559692538361571095921575989136588898n + BigInt(number) * 17n),
    subSequenceNumber: 0,
    partitionKey: customer,
    approximateArrivalTimestamp: null,
    base64: Buffer.from(JSON.stringify(data)).toString('base64')
  })
}

/** The orders come in waves: a busy minute in every four. */
const movesOf = ({ shard, orders, seed }) => {
  const below = dice(seed)
  let number = 0
  const batches = Array.from({ length: (MINUTES * 60_000) / EVERY }, (_, i) => {
    const wave = 1 + Math.sin((i * EVERY * 2 * Math.PI) / 240_000)
    const count = below(1 + Math.round(orders * 2 * wave))
    const records = Array.from({ length: count }, () => recordOf(shard, ++number, below))
    return { now: START.monotonic + (i + 1) * EVERY, records }
  })
  const end = START.monotonic + MINUTES * 60_000 + 500
  const last = [
    Input.received(Action.shutdownRequested, end, 0.5),
    Input.received(Action.leaseLost, end + 50, 0.5)
  ]
  return [...batches, ...[...last, Input.closed].map((input) => ({ input }))]
}

/** Moves the answer to each checkpoint a little later; no entry after an answer has an earlier time than the answer. */
const delayed = (entries) => {
  let now = 0
  return entries.map((entry) => {
    if (entry._tag !== 'Took' || entry.input.now === undefined) return entry
    const isAnswer = entry.input._tag === 'Received' && entry.input.action._tag === 'Checkpointed'
    now = Math.max(now, entry.input.now + (isAnswer ? LATENCY : 0))
    return Recording.took({ ...entry.input, now })
  })
}

const main = async () => {
  const folder = path.join(__dirname, 'recording')
  const { handler } = await createJiti(__dirname).import(path.join(__dirname, 'handler.ts'))
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder)
  const env = { ...ENV, handlerName: './handler.ts', handlerVersion: '1.0.0', stream: 'orders' }
  for (const one of SHARDS) {
    const header = {
      shard: one.shard,
      life: '20260914T080000000Z-1',
      started: START,
      handler: { file: './handler.ts', version: '1.0.0', hash: null },
      env
    }
    write(folder, header, delayed(played({ env, handler, moves: movesOf(one) })))
  }
}

void main()
