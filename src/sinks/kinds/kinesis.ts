/** `type: kinesis`: a stream of Kinesis. */
import { StreamArn } from '../../values/Key'
import { key, unset } from '../../values/KeySchema'
import { aws, common, ids, sizeUpTo, Text, type Described, type Settings } from './Kind'

/** The size of a record that a stream takes by default. */
export const LIMITS = { count: 500, bytes: 10 << 20, entryBytes: 1 << 20 }

const Record = sizeUpTo(10 << 20, '10MiB')

const schema = {
  streamName: unset(Text, 'The name of the stream. Give streamName or streamArn.', 'orders'),
  streamArn: unset(
    StreamArn,
    'The ARN of the stream.',
    'arn:aws:kinesis:eu-central-1:123456789012:stream/orders'
  ),
  ids,
  maxRecord: key(
    Record,
    '1MiB',
    'The most bytes of a record, partition key included. Set this key to the limit of the stream (UpdateMaxRecordSize), at most 10MiB.'
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
