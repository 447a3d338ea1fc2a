'use strict'
// A recording without data, as large as one likes: shards that get a batch of 1000 records four times a second, whose
// handler acknowledges each record at once. `node bench/Recording.js FOLDER RECORDS SHARDS`.
const fs = require('node:fs')
const path = require('node:path')
const Project = require('./Project')

const room = (name) => require(path.join(Project.root, 'dist', name))
const Action = room('protocol/Action')
const Decision = room('core/Decision')
const Encoder = room('lab/Encoder')
const Hash = room('lab/Hash')
const Input = room('core/Input')
const Part = room('lab/Part')
const Recorded = room('lab/Recording')
const Session = room('core/Session')

const BATCH = 1000
const EVERY = 250
/** So many quick answers come to the session as one. */
const AT_ONCE = 8
/** A checkpoint is answered after as many milliseconds. */
const LATENCY = 8

const ENV = {
  policy: { interval: 60_000, count: 0, manual: true },
  onShutdown: true,
  shutdownDeadline: 8_000,
  shardEndDeadline: 300_000,
  onFailure: 'dead-letter',
  breaker: 20,
  badRelease: 0,
  retries: 3,
  backoff: 500,
  deadline: 30_000,
  limits: { concurrency: 1, undelivered: 1000 },
  group: null,
  handlerName: './handler.js',
  handlerVersion: null
}

const headerOf = (shard) => ({
  format: Recorded.FORMAT,
  version: Recorded.VERSION,
  kclts: '0.1.0',
  inputs: Input.VERSION,
  application: 'bench',
  stream: 'bench',
  shard,
  life: '20260101T000000000Z-1',
  part: 0,
  started: { wall: 1_767_225_600_000, monotonic: 1_000 },
  from: null,
  handler: { file: './handler.js', version: null, hash: null },
  env: ENV,
  data: 'none',
  masked: false,
  sampling: 1
})

const FIRST = 49590338271490256608559692538361571095921575989136588898n
/** What a record of 300 bytes is on the wire. */
const BASE64 = 'A'.repeat(400)

const recordsOf = (shard, batch) =>
  Array.from({ length: BATCH }, (_, i) => ({
    shardId: shard,
    sequenceNumber: String(FIRST + BigInt(batch * BATCH + i) * 17n),
    subSequenceNumber: 0,
    partitionKey: `customer-${((batch * BATCH + i) * 7919) % 100_003}`,
    approximateArrivalTimestamp: 1_767_225_600_000 + batch * EVERY,
    base64: BASE64
  }))

/** One life of a shard: what its session is given, and replies. */
const write = (folder, shard, records) => {
  const part = Part.create(folder, headerOf(shard))
  const encoder = Encoder.make({ data: 'none', hash: Hash.plain }, part.append)
  const step = Session.step(ENV)
  let state = Session.initial
  const feed = (input) => {
    encoder.take(Recorded.took(input))
    const [following, effects] = step(state, input)
    state = following
    const replies = effects.flatMap((effect) => (effect._tag === 'Write' ? [effect.reply] : []))
    for (const reply of replies) encoder.take(Recorded.wrote(reply))
    const asked = replies.find(({ _tag }) => _tag === 'Checkpoint')
    if (asked === undefined) return
    const answer = Action.checkpointed(asked.sequenceNumber, asked.subSequenceNumber, null)
    feed(Input.received(answer, input.now + LATENCY, 0.5))
  }
  let now = 1_000
  feed(Input.received(Action.initialize(shard, 'TRIM_HORIZON', 0), now, 0.5))
  for (let batch = 0; batch < records / BATCH; batch++) {
    now += EVERY
    feed(Input.received(Action.processRecords(recordsOf(shard, batch), 0), now, 0.5))
    for (let i = 0; i < BATCH; i += AT_ONCE) feed(Input.handled(i, Decision.ack(), now + 1, 0, AT_ONCE))
  }
  feed(Input.received(Action.shutdownRequested, now + 100, 0.5))
  feed(Input.received(Action.leaseLost, now + 200, 0.5))
  feed(Input.closed)
  encoder.take(Recorded.closed(true, 0, null))
  encoder.flush()
  part.flush()
  part.abandon()
}

const [folder, records, shards] = process.argv.slice(2)
fs.mkdirSync(folder, { recursive: true })
for (let i = 0; i < Number(shards); i++)
  write(folder, `shardId-${String(i).padStart(12, '0')}`, Number(records) / Number(shards))
