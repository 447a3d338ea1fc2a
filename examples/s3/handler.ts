/** Archives orders in S3: one object per batch, one JSON line per order. */
import { createHash } from 'node:crypto'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import * as t from 'io-ts'
import { type ModuleSink, ack, decodeJson, sinks } from 'kclts'

const Order = t.type({ id: t.string, customer: t.string, total: t.number }, 'an order')
type Order = t.TypeOf<typeof Order>

export const outputs = { archive: Order }
const to = sinks(outputs)

export const handler = decodeJson(Order)((order) => to.archive(order)(ack()))

const Bucket = process.env['ARCHIVE_BUCKET'] ?? 'archive'
const client = new S3Client({ maxAttempts: 1 }) // the sink retries, with back-off

export const release = (): void => client.destroy()

/** The first id, for people, and a hash of all ids: the same batch always has the same key, so a retry overwrites its object. */
const keyOf = (ids: ReadonlyArray<string>): string => {
  const hash = createHash('sha256').update(ids.join('\n')).digest('hex').slice(0, 16)
  return `orders/${ids[0]?.replace(/:/g, '/')}-${hash}.ndjson`
}

export const store: ModuleSink<Order> = (orders, abortSignal) => {
  const Key = keyOf(orders.map(({ id }) => id))
  const Body = orders.map(({ id, value }) => `${JSON.stringify({ id, order: value })}\n`).join('')
  return client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/x-ndjson' }), {
    abortSignal
  })
}
