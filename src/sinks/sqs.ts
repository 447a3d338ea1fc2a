/**
 * `type: sqs`: SendMessageBatch. A queue whose name ends in .fifo gets the output's key as the group and its id for
 * deduplication.
 *
 * Facts from Amazon's API reference (SendMessageBatch, SendMessage): a request has 10 messages at most; their sizes,
 * attributes included, are together 1 MiB at most, and so is that of one, unless the queue is set to less. A group's or
 * a deduplication's id has 1 to 128 letters, digits and punctuation marks; a FIFO queue drops a message whose
 * deduplication id it has accepted within five minutes. Each message is answered by its Id; SenderFault says that the
 * message itself is at fault. U+FFFE and U+FFFF are no characters of a message, and one makes the whole request fail.
 */
import { createHash } from 'node:crypto'
import type { SendMessageBatchCommandOutput, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import * as E from 'fp-ts/Either'
import type { World } from './kinds/Kind'
import { LIMITS, type Sqs } from './kinds/sqs'
import * as Failure from '../core/Failure'
import * as AwsProxy from './AwsProxy'
import * as AwsRefusal from './AwsRefusal'
import { again, done, type Entry, type Sent, type Transport } from './Sink'

/** As it is where SQS allows it; else its hash, which is the same for the same text. */
export const short = (text: string): string =>
  /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/.test(text)
    ? text
    : createHash('sha256').update(text).digest('hex')

/** The same JSON, in characters that SQS takes: all that it does not take stand in strings. */
const bodyOf = ({ json }: Entry): string =>
  json.replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`)

const ATTRIBUTE = 'kclts-id'

/** As SQS counts a message: its body, and the name, type and value of its attribute. */
const sizeOf = (entry: Entry): number =>
  Buffer.byteLength(bodyOf(entry)) + Buffer.byteLength(`${ATTRIBUTE}String${entry.id}`)

const refusalOf =
  (most: number) =>
  (entry: Entry): Failure.Failure | null => {
    const bytes = sizeOf(entry)
    return bytes > most
      ? Failure.make(
          'TooLarge',
          `the output has ${bytes} bytes with its attribute, and a message of SQS ${most}`
        )
      : null
  }

const answersOf = (
  { Successful = [], Failed = [] }: SendMessageBatchCommandOutput,
  count: number
): ReadonlyArray<Sent> => {
  const answers = new Map<string | undefined, Sent>(Successful.map(({ Id }) => [Id, done]))
  for (const { Id, Code = 'SqsError', Message = '', SenderFault } of Failed)
    answers.set(Id, AwsRefusal.ofEntry(Code, Message, SenderFault === true))
  const silent = again(Failure.make('NoAnswer', 'SQS did not answer for this message'))
  return Array.from({ length: count }, (_, index) => answers.get(String(index)) ?? silent)
}

/**
 * The client is an optional peer, loaded only when a sink is configured: rejects when it is not installed. Region and
 * credentials are found as the client finds them. A request that fails as a whole is sent again until the deadline; one
 * that SQS calls invalid or too long is divided, until the message that makes it so is alone.
 */
export const transport = async (
  settings: Sqs,
  env: Readonly<Record<string, string | undefined>> = {}
): Promise<Transport> => {
  const { SQSClient, SendMessageBatchCommand } = await import('@aws-sdk/client-sqs')
  const agent = await AwsProxy.agentOf(env)
  const client = new SQSClient({
    ...(agent === null ? {} : { requestHandler: { httpsAgent: agent } }),
    ...(settings.region === undefined ? {} : { region: settings.region }),
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    maxAttempts: 1 // the outbox retries, and only the entries that failed
  })
  const isFifo = settings.queueUrl.endsWith('.fifo')
  const message = (entry: Entry, index: number): SendMessageBatchRequestEntry => ({
    Id: String(index),
    MessageBody: bodyOf(entry),
    ...(isFifo ? { MessageGroupId: short(entry.key), MessageDeduplicationId: short(entry.id) } : {}),
    MessageAttributes: { [ATTRIBUTE]: { DataType: 'String', StringValue: entry.id } }
  })
  const entryBytes = settings.maxMessage ?? LIMITS.entryBytes
  return {
    limits: { ...LIMITS, entryBytes },
    answersPerEntry: true,
    sizeOf,
    // A standard queue keeps no order, so that messages of one key need not wait for each other.
    ...(isFifo ? {} : { laneOf: ({ id }: Entry) => id }),
    refusal: refusalOf(entryBytes),
    send: async (entries, abortSignal) => {
      if (agent !== null) abortSignal.addEventListener('abort', agent.abandon, { once: true })
      try {
        const answer = await client.send(
          new SendMessageBatchCommand({ QueueUrl: settings.queueUrl, Entries: entries.map(message) }),
          { abortSignal }
        )
        return answersOf(answer, entries.length)
      } catch (thrown) {
        const sent = AwsRefusal.ofRequest(thrown)
        return entries.map(() => sent)
      }
    },
    close: () => Promise.resolve(client.destroy())
  }
}

export const open = async (settings: Sqs, { env }: World): Promise<E.Either<string, Transport>> =>
  E.right(await transport(settings, env))
