/** `type: sqs`: a queue of SQS. */
import * as E from 'fp-ts/Either'
import { Url } from '../../values/Key'
import { key, required } from '../../values/KeySchema'
import { aws, common, kind, sizeUpTo, type Settings } from './Kind'

const Message = sizeUpTo(1 << 20, '1MiB')

const schema = {
  queueUrl: required(
    Url,
    'The queue; one that ends in .fifo gets groups and deduplication.',
    'https://sqs.eu-central-1.amazonaws.com/123456789012/orders'
  ),
  maxMessage: key(
    Message,
    '1MiB',
    'Bytes of a message with its attribute at most: what the queue is set to take (MaximumMessageSize), up to 1MiB.'
  ),
  ...aws,
  ...common(10, '256KiB')
}

export type Sqs = Settings<'sqs', typeof schema>

export const sqs = kind({
  schema,
  peer: '@aws-sdk/client-sqs',
  open: async (settings, { env }) => E.right(await (await import('../sqs.js')).transport(settings, env))
})
