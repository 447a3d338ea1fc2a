'use strict'
// What the sinks of a built kclts send for some outputs: node sent.js DIST. keys.json is what 426a8b2 printed.
const crypto = require('node:crypto')
const fs = require('node:fs')
const http = require('node:http')
const os = require('node:os')
const path = require('node:path')

const dist = path.resolve(process.argv[2])
const Http = require(path.join(dist, 'sinks/http.js'))
const Sinks = require(path.join(dist, 'sinks/Sinks.js'))
const Sqs = require(path.join(dist, 'sinks/sqs.js'))

const LONG = '49'.padEnd(56, '0')

const record = (partitionKey, sequenceNumber, subSequenceNumber, shardId = 'shardId-000000000001') => ({
  shardId,
  sequenceNumber,
  subSequenceNumber,
  partitionKey,
  approximateArrivalTimestamp: 1700000000000,
  base64: '',
  data: Buffer.alloc(0)
})

const RECORDS = [
  record('a', '1', 0),
  record('key with blanks', LONG, 0),
  record('ñandú 家', LONG, 17),
  record('k'.repeat(200), `${LONG.slice(0, -1)}9`, 2, 'shardId-000000000123')
]

/** Answers as the service does, and keeps what tells two copies of an output apart. */
const answers = {
  http: (request, body) => ({ told: { key: request.headers['idempotency-key'], body }, answer: '' }),
  sqs: (_, body) => {
    const { Entries } = JSON.parse(body)
    const Successful = Entries.map(({ Id, MessageBody }) => ({
      Id,
      MessageId: Id,
      MD5OfMessageBody: crypto.createHash('md5').update(MessageBody).digest('hex')
    }))
    return { told: Entries, answer: JSON.stringify({ Successful }) }
  },
  kinesis: (_, body) => {
    const { Records } = JSON.parse(body)
    const stored = Records.map(() => ({ SequenceNumber: '1', ShardId: 'shardId-000000000000' }))
    return {
      told: Records.map(({ Data, PartitionKey }) => ({
        PartitionKey,
        data: Buffer.from(Data, 'base64').toString()
      })),
      answer: JSON.stringify({ FailedRecordCount: 0, Records: stored })
    }
  }
}

const main = async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' })
  const told = { http: [], sqs: [], kinesis: [] }
  const server = http.createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const kind = request.url.startsWith('/http')
      ? 'http'
      : /SQS/.test(request.headers['x-amz-target'])
        ? 'sqs'
        : 'kinesis'
    const { told: one, answer } = answers[kind](request, Buffer.concat(chunks).toString())
    told[kind].push(one)
    response.end(answer)
  })
  // A failure ends the process.
  server.unref()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${server.address().port}`
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-keys-'))
  const batch = { count: 1 }
  const region = 'eu-central-1'
  const stored = []
  const opened = await Sinks.open(
    {
      file: { type: 'file', path: path.join(folder, 'file.ndjson'), ids: true, batch },
      http: { type: 'http', url: `${endpoint}/http`, ids: true, batch },
      sqs: { type: 'sqs', queueUrl: `${endpoint}/1/q.fifo`, region, endpoint, batch },
      kinesis: { type: 'kinesis', streamName: 's', ids: true, region, endpoint, batch },
      module: { type: 'module', export: 'store', batch }
    },
    {
      now: () => 1700000000000,
      wall: () => 1700000000000,
      monotonic: () => performance.now(),
      random: () => 0,
      later: (ms, then) => {
        const timer = setTimeout(then, ms)
        return () => clearTimeout(timer)
      },
      env: {},
      exported: () => async (outputs) => void stored.push(...outputs),
      encode: (_, value) => ({ _tag: 'Right', right: value }),
      warn: (warning) => console.error(warning)
    }
  )
  if (opened._tag === 'Left') throw new Error(opened.left.join('; '))
  const { deliver, close } = opened.right
  // One after the other: what is sent together is not the point.
  for (const one of RECORDS)
    for (const sink of ['file', 'http', 'sqs', 'kinesis', 'module']) {
      const outputs = [
        { sink, value: { n: 1 } },
        { sink, value: 'two', key: 'own key' }
      ]
      const end = await deliver({
        stream: 'orders',
        record: one,
        outputs,
        recalled: new AbortController().signal
      })
      if (end._tag === 'Left') throw new Error(JSON.stringify(end.left))
    }
  await close()
  server.closeAllConnections()
  server.close()
  const file = fs.readFileSync(path.join(folder, 'file.ndjson'), 'utf8').trim().split('\n')
  fs.rmSync(folder, { recursive: true })
  const ids = stored.map(({ id }) => ({ id }))
  return {
    file,
    ...told,
    module: stored,
    // A request of several, and ids that a header or SQS does not take as they are.
    together: [ids, ids.slice(0, 2), [...ids].reverse(), [{ id: 'ñ' }]].map((some) => Http.keyOf(some)),
    short: ['a', 'with blank', 'ñandú', 'x'.repeat(128), 'x'.repeat(129), ''].map((text) => Sqs.short(text))
  }
}

main().then(
  (sent) => console.log(JSON.stringify(sent, null, 1)),
  (problem) => {
    console.error(problem)
    process.exitCode = 1
  }
)
