/**
 * Bounds the connections of a server. Each takes a descriptor, and relays need them more. Those that do nothing go first:
 * a probe is answered however many others stay connected.
 */
import type * as http from 'node:http'
import type * as net from 'node:net'
import * as Descriptors from '../../edge/Descriptors'

const MOST = 32
const LEAST = 4
/** Of all that the process may have. */
const PART = 16

/** For `http.createServer`: a request is read, and a connection without one is closed, within seconds. */
export const OPTIONS: http.ServerOptions = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000
}

/** A client that does not read its answer. */
const SILENT_MS = 10_000

export const bound = (server: http.Server): void => {
  const most = Math.max(LEAST, Math.min(MOST, Math.floor(Descriptors.limit() / PART)))
  /** The one that has been silent for longest comes first. */
  const open = new Set<net.Socket>()
  server.setTimeout(SILENT_MS)
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    const [oldest] = open
    if (open.size <= most || oldest === undefined) return
    open.delete(oldest)
    oldest.destroy()
  })
  server.on('request', ({ socket }: http.IncomingMessage) => {
    if (open.delete(socket)) open.add(socket)
  })
}
