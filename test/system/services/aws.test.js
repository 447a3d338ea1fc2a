'use strict'
// The sinks kinesis and sqs against servers of their protocols; a proxy between them fails in the ways of Amazon. And STS.
const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')
const { setTimeout: wait } = require('node:timers/promises')
const path = require('node:path')
const { credentials, kinesalite, moto, motoSkip, proxy } = require('./servers')

const built = path.join(__dirname, '../../../.build')
const Kinesis = require(path.join(built, 'src/sinks/kinesis.js'))
const Sqs = require(path.join(built, 'src/sinks/sqs.js'))
const Outbox = require(path.join(built, 'src/sinks/Outbox.js'))
const Access = require(path.join(built, 'src/aws/Access.js'))
const Config = require(path.join(built, 'src/config/Config.js'))

const clock = {
  now: () => performance.now(),
  random: () => 0,
  later: (millis, then) => {
    const timer = setTimeout(then, millis)
    return () => clearTimeout(timer)
  }
}
const settings = { count: 500, bytes: 1 << 20, linger: 0, timeout: 10_000, backoff: 50, deadline: 60_000 }

const entry = (id, key, value = { id }) => {
  const json = JSON.stringify(value)
  return { id, key, value, json, bytes: Buffer.byteLength(json) }
}

/** `count` entries, over three keys in turn. */
const entries = (count) => Array.from({ length: count }, (_, i) => entry(`s:${i}:0:0`, `key ${i % 3}`))

const tags = (results) => [...new Set(results.map(({ _tag }) => _tag))]

const idsByKey = (list) => {
  const keys = {}
  for (const { key, id } of list) (keys[key] ??= []).push(id)
  return keys
}

const firstOnes = (list) => list.filter(({ id }, i) => list.findIndex((other) => other.id === id) === i)

/** The request goes no further, and the answer is an error for all of it. */
const refused = (type, status) => () => ({
  forward: undefined,
  answer: () => ({ status, json: { __type: type, message: 'said the proxy' } })
})

/** The server takes all of it, and nobody hears so. */
const cut = (json) => ({ forward: json, answer: () => undefined })

Object.assign(process.env, credentials)

describe('kinesis', () => {
  const StreamName = 'out'
  let server, between, client, commands

  const create = async () => {
    await client.send(new commands.CreateStreamCommand({ StreamName, ShardCount: 1 }))
    for (;;) {
      const { StreamDescription } = await client.send(new commands.DescribeStreamCommand({ StreamName }))
      if (StreamDescription.StreamStatus === 'ACTIVE') return
      await wait(20)
    }
  }

  const stored = async () => {
    const { Shards } = await client.send(new commands.ListShardsCommand({ StreamName }))
    const { ShardIterator } = await client.send(
      new commands.GetShardIteratorCommand({
        StreamName,
        ShardId: Shards[0].ShardId,
        ShardIteratorType: 'TRIM_HORIZON'
      })
    )
    const { Records } = await client.send(new commands.GetRecordsCommand({ ShardIterator }))
    return Records.map(({ Data, PartitionKey }) => ({ ...JSON.parse(Buffer.from(Data)), at: PartitionKey }))
  }

  const open = async () =>
    Outbox.make(
      await Kinesis.transport({ type: 'kinesis', streamName: StreamName, endpoint: between.url, ids: true }),
      settings,
      clock
    )

  before(async () => {
    commands = require('@aws-sdk/client-kinesis')
    const { NodeHttpHandler } = require('@smithy/node-http-handler')
    server = await kinesalite()
    between = await proxy(server.url)
    client = new commands.KinesisClient({ endpoint: server.url, requestHandler: new NodeHttpHandler() })
    await create()
  })
  after(async () => {
    client.destroy()
    await between.close()
    await server.stop()
  })

  it('stores each output once and in order per key, though entries fail and requests are throttled', async () => {
    const everyOther = (json) => ({
      forward: { ...json, Records: json.Records.filter((_, i) => i % 2 === 0) },
      answer: ({ json: given }) => ({
        status: 200,
        json: {
          FailedRecordCount: 1,
          Records: json.Records.map((_, i) =>
            i % 2 === 0
              ? given.Records[i / 2]
              : { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'slow down' }
          )
        }
      })
    })
    between.faults.push(
      everyOther,
      refused('ProvisionedThroughputExceededException', 400),
      everyOther,
      refused('InternalFailure', 500),
      everyOther
    )
    const sink = await open()
    const given = entries(30)
    assert.deepEqual(tags(await Promise.all(given.map((one) => sink.push(one)))), ['Right'])
    await sink.close()
    const found = await stored()
    assert.equal(found.length, 30)
    assert.deepEqual(idsByKey(found), idsByKey(given))
    assert.ok(found.every(({ at, key }) => at === key))
    for (const { Records } of between.seen) {
      const keys = Records.map(({ PartitionKey }) => PartitionKey)
      assert.deepEqual(keys, [...new Set(keys)], 'one record of a key in a request')
    }
  })

  it('waits for a server that is killed in the middle, and for its stream', async () => {
    const sink = await open()
    const given = entries(60)
    const ends = Promise.all(given.map((one) => sink.push(one)))
    const first = new Promise((resolve) =>
      between.faults.push((json) => {
        resolve()
        return cut(json)
      })
    )
    await first
    await server.stop()
    await server.begin()
    await create()
    assert.deepEqual(tags(await ends), ['Right'])
    await sink.close()
    // What the killed server had is gone: it keeps it in memory. The rest is there, in order.
    const found = idsByKey(firstOnes(await stored()))
    for (const [key, ids] of Object.entries(idsByKey(given)))
      assert.deepEqual(found[key] ?? [], ids.slice(ids.length - (found[key] ?? []).length))
    assert.ok(Object.values(found).flat().length > 0)
  })
})

describe('sqs', { skip: motoSkip() }, () => {
  let server, between, client, commands

  const create = async (name) => {
    const Attributes = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {}
    const { QueueUrl } = await client.send(new commands.CreateQueueCommand({ QueueName: name, Attributes }))
    return QueueUrl
  }

  /** All that the queue has, taken out of it. */
  const received = async (QueueUrl) => {
    const all = []
    for (;;) {
      const { Messages = [] } = await client.send(
        new commands.ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All']
        })
      )
      if (Messages.length === 0) return all
      for (const { Body, MessageAttributes, Attributes, ReceiptHandle } of Messages) {
        all.push({
          ...JSON.parse(Body),
          attribute: MessageAttributes['kclts-id'].StringValue,
          group: Attributes.MessageGroupId
        })
        await client.send(new commands.DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      }
    }
  }

  const open = async (queueUrl) =>
    Outbox.make(await Sqs.transport({ type: 'sqs', queueUrl, endpoint: between.url }), settings, clock)

  /** Every third entry goes no further and is answered with the code. */
  const everyThird = (Code, SenderFault) => (json) => ({
    forward: { ...json, Entries: json.Entries.filter((_, i) => i % 3 !== 1) },
    answer: ({ json: given }) => ({
      status: 200,
      json: {
        ...given,
        Failed: json.Entries.filter((_, i) => i % 3 === 1).map(({ Id }) => ({
          Id,
          Code,
          SenderFault,
          Message: 'said the proxy'
        }))
      }
    })
  })

  before(async () => {
    commands = require('@aws-sdk/client-sqs')
    server = await moto()
    between = await proxy(server.url)
    client = new commands.SQSClient({ endpoint: server.url })
  })
  after(async () => {
    client.destroy()
    await between.close()
    await server.stop()
  })

  it('a FIFO queue has each output once, in order per key, though answers are lost and entries fail', async () => {
    const queue = await create('orders.fifo')
    between.faults.push(
      everyThird('InternalError', false),
      cut,
      everyThird('ThrottlingException', true),
      refused('com.amazonaws.sqs#RequestThrottled', 400),
      cut
    )
    const sink = await open(queue)
    const given = entries(20).map(({ id, key }) => entry(id, key.replace(' ', '-'), { id, key }))
    assert.deepEqual(tags(await Promise.all(given.map((one) => sink.push(one)))), ['Right'])
    await sink.close()
    const found = await received(queue)
    assert.deepEqual(found.map(({ id }) => id).sort(), given.map(({ id }) => id).sort())
    assert.deepEqual(idsByKey(found.map(({ id, group }) => ({ id, key: group }))), idsByKey(given))
    assert.ok(found.every(({ id, attribute }) => id === attribute))
  })

  it('a standard queue gets ten of one key at a time, and again only those that failed', async () => {
    const queue = await create('orders')
    between.seen.length = 0
    between.faults.push(everyThird('InternalError', false))
    const sink = await open(queue)
    const given = Array.from({ length: 10 }, (_, i) =>
      entry(`s:${i}:0:0`, 'one key', { id: i, odd: '\uFFFE' })
    )
    assert.deepEqual(tags(await Promise.all(given.map((one) => sink.push(one)))), ['Right'])
    await sink.close()
    const sent = between.seen.map(({ Entries }) =>
      Entries.map(({ MessageBody }) => JSON.parse(MessageBody).id)
    )
    assert.deepEqual(
      sent
        .flat()
        .slice(0, 10)
        .sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    )
    assert.ok(sent.some((ids) => ids.length > 1))
    const found = (await received(queue)).map(({ id, odd }) => `${id}${odd}`).sort()
    assert.deepEqual(
      found,
      given.map(({ value }) => `${value.id}\uFFFE`)
    )
  })

  it('an entry that is itself at fault is given up at once, alone', async () => {
    const queue = await create('faulty')
    between.faults.push((json) => everyThird('InvalidMessageContents', true)(json))
    const sink = await open(queue)
    // The first request goes before the others are there: it takes the first entry, or all three.
    const ends = await Promise.all(entries(3).map((one) => sink.push(one)))
    await sink.close()
    assert.deepEqual(
      ends.map((end) => (end._tag === 'Left' ? end.left.failure.name : 'arrived')),
      ['arrived', 'InvalidMessageContents', 'arrived']
    )
  })

  it('waits for a server that is killed in the middle, and for its queue', async () => {
    const queue = await create('killed')
    const sink = await open(queue)
    const killed = new Promise((resolve) =>
      between.faults.push((json) => {
        resolve()
        return cut(json)
      })
    )
    const given = entries(40)
    const ends = Promise.all(given.map((one) => sink.push(one)))
    await killed
    await server.stop()
    await server.begin()
    await create('killed')
    assert.deepEqual(tags(await ends), ['Right'])
    await sink.close()
    const found = new Set((await received(queue)).map(({ id }) => id))
    assert.ok(
      given.slice(20).every(({ id }) => found.has(id)),
      'the later ones came after the restart'
    )
  })
})

describe('sts', { skip: motoSkip() }, () => {
  /** The section `daemon` of which nothing is said. */
  const { daemon } = Config.assemble(
    new Map(Config.keys.map(({ path: key, codec, fallback }) => [key, codec.decode(fallback).right]))
  )
  let server

  before(async () => {
    server = await moto()
    process.env.AWS_ENDPOINT_URL_STS = server.url
  })
  after(() => server.stop())

  it('reports kclts check --aws whose the keys of the environment are, in its region', async () => {
    const { right: access } = await Access.connect(daemon, process.env, new AbortController().signal)
    const [region, found, arn] = [access.region, await access.credentials(), await access.identity()]
    access.close()
    assert.deepEqual(
      { region, key: found.right.accessKeyId, arn },
      {
        region: { _tag: 'Right', right: 'us-east-1' },
        key: 'test',
        arn: { _tag: 'Right', right: 'arn:aws:sts::123456789012:user/moto' }
      }
    )
  })
})
