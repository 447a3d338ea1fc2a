/** `type: kinesis`: a stream of Kinesis. */
import { key, unset } from '../../values/KeySchema'
import { aws, common, ids, sizeUpTo, Text, type Described, type Settings } from './Kind'

/** A record: what a stream takes that was never told otherwise. */
export const LIMITS = { count: 500, bytes: 10 << 20, entryBytes: 1 << 20 }

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

export const kinesis: Described<typeof schema> = {
  schema,
  peer: '@aws-sdk/client-kinesis',
  exactlyOne: ['streamName', 'streamArn']
}
