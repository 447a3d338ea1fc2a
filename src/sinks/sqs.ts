/** `type: sqs`: SendMessageBatch. A FIFO queue gets the entry's key as its group and the id for deduplication. */
import { createHash } from 'node:crypto'
import type { SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs'
import type * as SinkSettings from '../codec/SinkSettings'
import * as Failure from '../core/Failure'
import { again, done, never, type Entry, type Sent, type Transport } from './Sink'

/** Amazon's limits of SendMessageBatch: 10 messages, 256 KiB together. */
const LIMITS = { count: 10, bytes: 256 << 10, entryBytes: 256 << 10 }

/** At most 128 characters of a small alphabet are allowed; a hash of the id keeps it the same for the same output. */
const short = (text: string): string =>
  /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/.test(text)
    ? text
    : createHash('sha256').update(text).digest('hex')

export const transport = async (settings: SinkSettings.Sqs): Promise<Transport> => {
  const { SQSClient, SendMessageBatchCommand } = await import('@aws-sdk/client-sqs')
  const client: SQSClient = new SQSClient({
    ...(settings.region === undefined ? {} : { region: settings.region }),
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    maxAttempts: 1 // the outbox retries, and only the entries that failed
  })
  const isFifo = settings.queueUrl.endsWith('.fifo')
  const message = ({ key, id, json }: Entry, index: number): SendMessageBatchRequestEntry => ({
    Id: String(index),
    MessageBody: json,
    ...(isFifo ? { MessageGroupId: short(key), MessageDeduplicationId: short(id) } : {}),
    MessageAttributes: { 'kclts-id': { DataType: 'String', StringValue: id } }
  })
  return {
    limits: LIMITS,
    answersPerEntry: true,
    send: async (entries, abortSignal) => {
      const { Successful = [], Failed = [] } = await client.send(
        new SendMessageBatchCommand({ QueueUrl: settings.queueUrl, Entries: entries.map(message) }),
        { abortSignal }
      )
      const answers = new Map<string | undefined, Sent>(Successful.map(({ Id }) => [Id, done]))
      for (const { Id, Code, Message, SenderFault } of Failed)
        answers.set(
          Id,
          (SenderFault === true ? never : again)(Failure.make(Code ?? 'SqsError', Message ?? ''))
        )
      const silent = again(Failure.make('NoAnswer', 'SQS did not answer for this message'))
      return entries.map((_entry, index) => answers.get(String(index)) ?? silent)
    },
    close: () => Promise.resolve(client.destroy())
  }
}
