/** The sink against a small S3 of this machine: an HTTP server that keeps what is PUT. */
import { deepStrictEqual } from 'node:assert'
import { once } from 'node:events'
import * as http from 'node:http'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { ack, emit } from 'kclts'
import { record } from 'kclts/testing'
import { dev, line, withFolder } from '../dev'
import { handler } from './handler'

interface Bucket {
  readonly url: string
  /** What is stored, by path. */
  readonly objects: ReadonlyMap<string, string>
  /** The path of each request, in order; those that were turned away as well. */
  readonly asked: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

/**
 * A bucket that stores each object and answers 200, except for its first requests. A status such as 503 is the answer to
 * one of them, which is not stored. 0: the object is stored, and the connection is cut without an answer.
 */
const openBucket = async (...first: ReadonlyArray<number>): Promise<Bucket> => {
  const objects = new Map<string, string>()
  const asked: Array<string> = []
  const server = http.createServer((request, response) => {
    void buffer(request).then((body) => {
      const { pathname } = new URL(request.url ?? '/', 'http://s3')
      const status = first[asked.length] ?? 200
      asked.push(pathname)
      if (status === 200 || status === 0) objects.set(pathname, plain(body, request.headers))
      if (status === 0) response.destroy()
      else response.writeHead(status).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    objects,
    asked,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    }
  }
}

/** The client may send a body in chunks that carry a checksum at their end: `size\r\nbytes\r\n0\r\nchecksum`. */
const plain = (body: Buffer, headers: http.IncomingHttpHeaders): string => {
  if (headers['content-encoding'] !== 'aws-chunked') return body.toString('utf8')
  let [text, rest] = ['', body]
  for (;;) {
    const end = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.toString('latin1', 0, end), 16)
    if (size === 0) return text
    text += rest.toString('utf8', end + 2, end + 2 + size)
    rest = rest.subarray(end + 2 + size + 2)
  }
}

const ORDERS = Array.from({ length: 300 }, (_, i) => ({ id: `o-${i}`, customer: 'ann', total: i }))

/** Archives all orders in a bucket that answers its first requests as `first` says. */
const archive = async (...first: ReadonlyArray<number>): Promise<Bucket> => {
  const bucket = await openBucket(...first)
  await withFolder(async (folder) => {
    const options = ['--batch', '100', '--state', `${folder}/state.json`, '--log-level', 'error']
    await dev(
      's3',
      ORDERS.map((order) => line(order.customer, order)),
      options,
      {
        AWS_ENDPOINT_URL_S3: bucket.url,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'none',
        AWS_SECRET_ACCESS_KEY: 'none'
      }
    )
  }).finally(bucket.close)
  return bucket
}

/** What is in the objects: the order of each line. */
const ordersOf = ({ objects }: Bucket): ReadonlyArray<unknown> =>
  [...objects.values()].flatMap((body) =>
    body
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as { readonly order: unknown }).order)
  )

test('an order is an output', () => {
  deepStrictEqual(handler(record({ json: ORDERS[0] })), emit('archive', ORDERS[0])(ack()))
})

test('each order is in one object', async () => {
  deepStrictEqual(ordersOf(await archive()), ORDERS)
})

test('a batch that is turned away, or whose answer is lost, is sent again to the same key', async () => {
  const bucket = await archive(503, 0)
  deepStrictEqual(ordersOf(bucket), ORDERS)
  deepStrictEqual(
    bucket.asked.slice(0, 3),
    Array.from({ length: 3 }, () => bucket.asked[0])
  )
})
