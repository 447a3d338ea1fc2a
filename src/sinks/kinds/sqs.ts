/** `type: sqs`: a queue of SQS. */
import { Url } from '../../values/Key'
import { key, required } from '../../values/KeySchema'
import { aws, common, sizeUpTo, type Settings } from './Kind'

export const LIMITS = { count: 10, bytes: 1 << 20, entryBytes: 1 << 20 }

const Message = sizeUpTo(LIMITS.entryBytes, '1MiB')

const schema = {
  queueUrl: required(
    Url,
    'The URL of the queue. If the name of the queue ends in .fifo, each message has a message group and a deduplication id.',
    'https://sqs.eu-central-1.amazonaws.com/123456789012/orders'
  ),
  maxMessage: key(
    Message,
    '1MiB',
    'The most bytes of a message, including the attribute with the idempotency key. If the limit of the queue (MaximumMessageSize) is lower, set this key to that limit.'
  ),
  ...aws,
  ...common(10, '256KiB')
}

export type Sqs = Settings<'sqs', typeof schema>

export const sqs = { schema, peer: '@aws-sdk/client-sqs' }
