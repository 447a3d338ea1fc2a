/** `type: kinesis`: a stream of Kinesis. */
import * as E from 'fp-ts/Either'
import { key, unset } from '../../values/KeySchema'
import { aws, common, ids, kind, sizeUpTo, Text, type Settings } from './Kind'

const Record = sizeUpTo(10 << 20, '10MiB')

const schema = {
  streamName: unset(Text, 'The stream, by its name (or else by its ARN: one of the two).', 'orders'),
  streamArn: unset(
    Text,
    'The stream, by its ARN.',
    'arn:aws:kinesis:eu-central-1:123456789012:stream/orders'
  ),
  ids,
  maxRecord: key(
    Record,
    '1MiB',
    'Bytes of a record with its key at most: what the stream is set to take (UpdateMaxRecordSize), up to 10MiB.'
  ),
  ...aws,
  ...common(500, '5MiB')
}

export type Kinesis = Settings<'kinesis', typeof schema>

export const kinesis = kind({
  schema,
  peer: '@aws-sdk/client-kinesis',
  exactlyOne: ['streamName', 'streamArn'],
  open: async (settings, { env }) => E.right(await (await import('../kinesis.js')).transport(settings, env))
})
