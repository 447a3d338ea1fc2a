'use strict'
/** Kinesis and DynamoDB on free ports of the loopback interface: kinesis-local or kinesalite, and dynalite with faults on request. */
const http = require('node:http')
const { Readable } = require('node:stream')
const Kinesalite = require('./Kinesalite')
const KinesisLocal = require('./KinesisLocal')
const listen = require('./listen')

/** What a fault names in place of an error: nothing is answered, and the connection breaks. */
const GONE = 'gone'
/** Nothing is answered until the fault ends, when the connection breaks. */
const HUNG = 'hung'
/** The answer is 500. */
const BROKEN = 'broken'

/** A header of the tests' own requests: faults are for the daemon. */
const OWN = 'x-own'

const operationOf = (request) => String(request.headers['x-amz-target']).split('.')[1]

/** Null when the one who asked is gone in the middle of it: a daemon that was killed. */
const bodyOf = async (request) => {
  const chunks = []
  try {
    for await (const chunk of request) chunks.push(chunk)
  } catch {
    return null
  }
  return Buffer.concat(chunks)
}

/** The listener of dynalite, with `faults` asked first: each takes (operation, body) and may name an error. */
const faulty = (listener, faults, seen, held) => async (request, response) => {
  const operation = operationOf(request)
  const body = await bodyOf(request)
  if (body === null) return undefined
  const fault =
    request.headers[OWN] === undefined
      ? faults.map((find) => find(operation, body.toString())).find(Boolean)
      : undefined
  if (fault === undefined) {
    seen(operation, body, response)
    const again = Readable.from([body])
    return listener(
      Object.assign(again, { headers: request.headers, method: request.method, url: request.url }),
      response
    )
  }
  if (fault === GONE) return void request.socket.destroy()
  if (fault === HUNG) return void held.push(request.socket)
  if (fault === BROKEN) return void response.writeHead(500).end()
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${fault}`, message: 'injected' }))
}

const caller = (port, service, type) => async (operation, request) => {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: {
      'content-type': type,
      'x-amz-target': `${service}.${operation}`,
      // The emulators look whether a signature is there and not whether it is right.
      'x-amz-date': '20300101T000000Z',
      [OWN]: 'yes',
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
 * returns is called; and `stop`.
 */
const start = async (streamsOf = KinesisLocal) => {
  const streams = await streamsOf.start()
  const tables = require('dynalite')({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 })
  const faults = []
  const held = []
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
  const front = http.createServer(faulty(tables.listeners('request')[0], faults, note, held))

  const tablesPort = await listen(front)
  return {
    kinesis: caller(streams.port, 'Kinesis_20131202', 'application/x-amz-json-1.1'),
    dynamo: caller(tablesPort, 'DynamoDB_20120810', 'application/x-amz-json-1.0'),
    kinesisEndpoint: streams.endpoint,
    dynamoEndpoint: `http://127.0.0.1:${tablesPort}`,
    updates,
    watch: (look) => {
      watches.push(look)
      return { end: () => watches.splice(watches.indexOf(look), 1) }
    },
    fail: (find) => {
      const end = () => {
        faults.splice(faults.indexOf(counted), 1)
        for (const socket of held.splice(0)) socket.destroy()
      }
      const fault = { hits: 0, end }
      const counted = (operation, body) => {
        const found = find(operation, body)
        if (found) fault.hits += 1
        return found
      }
      faults.push(counted)
      return fault
    },
    cutKinesis: streams.cut,
    stop: () => {
      streams.stop()
      front.closeAllConnections()
      front.close(() => {})
    }
  }
}

module.exports = { BROKEN, GONE, HUNG, Kinesalite, start }
