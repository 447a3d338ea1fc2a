'use strict'
/** Kinesis and DynamoDB on free ports of the loopback interface: kinesis-local or kinesalite, and dynalite with faults on request. */
const http = require('node:http')
const Faults = require('./Faults')
const Kinesalite = require('./Kinesalite')
const KinesisLocal = require('./KinesisLocal')
const Transactions = require('./Transactions')
const listen = require('./listen')

const caller = (port, service, type) => async (operation, request) => {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: {
      'content-type': type,
      'x-amz-target': `${service}.${operation}`,
      // The emulators look whether a signature is there and not whether it is right.
      'x-amz-date': '20300101T000000Z',
      [Faults.OWN]: 'yes',
      authorization: 'AWS4-HMAC-SHA256 Credential=test, SignedHeaders=host, Signature=test'
    },
    body: JSON.stringify(request)
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${operation}: ${response.status} ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

/**
 * Starts both. In: which one plays Kinesis, KinesisLocal or Kinesalite. Out: `kinesis` and `dynamo`, functions that call an operation with a request and give its answer;
 * the endpoints for the daemon; `fail(fault)`, which returns how to end that fault and counts its hits; `writes`,
 * every update that dynalite was given; `watch(look)`, which looks at each of them as it comes, what it gives being called
 * once the update is in the table, until `end()` of what it returns; `cutKinesis()`, which breaks all connections of the daemon to it until what it
 * returns is called; `failKinesis(fault)`, as `fail`, with Kinesalite alone; and `stop`.
 */
const start = async (streamsOf = KinesisLocal) => {
  const streams = await streamsOf.start()
  const tables = require('dynalite')({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 })
  const updates = []
  const watches = []
  const note = (operation, body, response) => {
    if (operation !== 'UpdateItem') return
    const update = JSON.parse(body.toString())
    updates.push(update)
    const done = watches.map((look) => look(update))
    const { end } = response
    response.end = (...args) => {
      if (response.statusCode === 200) for (const then of done) then()
      return end.apply(response, args)
    }
  }
  const [dynalite] = tables.listeners('request')
  const withTransactions = Transactions.before(dynalite, (...call) => dynamo(...call))
  const { listener, fail } = Faults.before(withTransactions, {
    type: 'application/x-amz-json-1.0',
    prefix: 'com.amazonaws.dynamodb.v20120810#',
    seen: note
  })
  const front = http.createServer(listener)
  const tablesPort = await listen(front)
  const dynamo = caller(tablesPort, 'DynamoDB_20120810', 'application/x-amz-json-1.0')
  return {
    kinesis: caller(streams.port, 'Kinesis_20131202', 'application/x-amz-json-1.1'),
    dynamo,
    kinesisEndpoint: streams.endpoint,
    dynamoEndpoint: `http://127.0.0.1:${tablesPort}`,
    updates,
    watch: (look) => {
      watches.push(look)
      return { end: () => watches.splice(watches.indexOf(look), 1) }
    },
    fail,
    cutKinesis: streams.cut,
    failKinesis: streams.fail,
    stop: () => {
      streams.stop()
      front.closeAllConnections()
      front.close(() => {})
    }
  }
}

const { BROKEN, GONE, HUNG } = Faults

module.exports = { BROKEN, GONE, HUNG, Kinesalite, start }
