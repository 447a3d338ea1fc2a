'use strict'
/** Faults of an emulator, on request: what the daemon asks for gets an error, or no answer. */
const { Readable } = require('node:stream')

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

const refuse = (response, { type, prefix }, { name, message }) => {
  response.writeHead(400, { 'content-type': type })
  response.end(JSON.stringify({ __type: `${prefix}${name}`, message }))
}

/**
 * In: the listener of an emulator for HTTP/1.1, or for HTTP/2 (without GONE and HUNG); `type`, the content type of its answers;
 * `prefix`, what comes before the name of an error; `seen(operation, body, response)`, for each request that meets no fault.
 *
 * Out: `listener`, and `fail(find)`: `find(operation, body)` names an error, as `NAME` or `{ name, message }`, or nothing.
 * What `fail` returns counts its `hits`, and its `end()` ends the fault.
 */
const before = (inner, { type, prefix = '', seen = () => {} }) => {
  const faults = []
  const held = []
  const found = (request, operation, body) =>
    request.headers[OWN] === undefined
      ? faults.map((find) => find(operation, body.toString())).find(Boolean)
      : undefined
  const listener = async (request, response) => {
    const operation = operationOf(request)
    const body = await bodyOf(request)
    if (body === null) return undefined
    const fault = found(request, operation, body)
    if (fault === undefined) {
      seen(operation, body, response)
      const { headers, method, url } = request
      return inner(Object.assign(Readable.from([body]), { headers, method, url }), response)
    }
    if (fault === GONE) return void request.socket.destroy()
    if (fault === HUNG) return void held.push(request.socket)
    if (fault === BROKEN) return void response.writeHead(500).end()
    refuse(
      response,
      { type, prefix },
      fault.name === undefined ? { name: fault, message: 'injected' } : fault
    )
  }
  const fail = (find) => {
    const end = () => {
      faults.splice(faults.indexOf(counted), 1)
      for (const socket of held.splice(0)) socket.destroy()
    }
    const fault = { hits: 0, end }
    const counted = (operation, body) => {
      const answer = find(operation, body)
      if (answer) fault.hits += 1
      return answer
    }
    faults.push(counted)
    return fault
  }
  return { listener, fail }
}

module.exports = { BROKEN, GONE, HUNG, OWN, before }
