/** Events become objects in S3: an object a batch, one JSON line an event. */
import { createHash } from 'node:crypto'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import * as t from 'io-ts'
import { type Handler, type ModuleSink, ack, decodeJson, emit } from 'kclts'

const Event = t.type({ kind: t.string, at: t.string }, 'an event')
type Event = t.TypeOf<typeof Event>

export const outputs = { archive: Event }

export const handler: Handler<typeof outputs> = decodeJson(Event)((event) => emit('archive', event)(ack()))

const Bucket = process.env['ARCHIVE_BUCKET'] ?? 'archive'
const client = new S3Client({ maxAttempts: 1 }) // the sink tries again, with back-off

export const release = (): void => client.destroy()

/** The first id, for people, and a hash of all: the same batch always has the same key, so it is overwritten. */
const keyOf = (ids: ReadonlyArray<string>): string => {
  const hash = createHash('sha256').update(ids.join('\n')).digest('hex').slice(0, 16)
  return `events/${ids[0]?.replace(/:/g, '/')}-${hash}.ndjson`
}

export const store: ModuleSink<Event> = (events, abortSignal) => {
  const Key = keyOf(events.map(({ id }) => id))
  const Body = events.map(({ id, value }) => `${JSON.stringify({ id, ...value })}\n`).join('')
  return client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/x-ndjson' }), {
    abortSignal
  })
}
