/**
 * `type: kinesis`: PutRecords, with the output's key as the partition key.
 *
 * Facts from Amazon's API reference (PutRecords, PutRecordsRequestEntry, UpdateMaxRecordSize): a request has 500 records
 * and 10 MiB at most, partition keys included; a record, its partition key included, 1 MiB unless the stream was set to
 * take more, up to 10 MiB; a partition key 1 to 256 characters. The answer has an entry for each record in the order of the request, with an ErrorCode
 * (ProvisionedThroughputExceededException or InternalFailure, both passing) where it failed. A record that follows a
 * failed one may have been stored: order is kept only by sending one record of a key at a time.
 */
import { createRequire } from 'node:module'
import type { KinesisClientConfig, PutRecordsResultEntry } from '@aws-sdk/client-kinesis'
import * as E from 'fp-ts/Either'
import type { World } from './kinds/Kind'
import { LIMITS, type Kinesis } from './kinds/kinesis'
import * as Failure from '../core/Failure'
import * as AwsProxy from './AwsProxy'
import * as AwsRefusal from './AwsRefusal'
import type { ProxyAgent } from './ProxyAgent'
import { done, textOf, type Entry, type Sent, type Transport } from './Sink'

const MOST_KEY = 256

const sizeOf =
  (text: (entry: Entry) => string) =>
  (entry: Entry): number =>
    Buffer.byteLength(text(entry)) + Buffer.byteLength(entry.key)

/** Half of a surrogate pair, which UTF-8 does not have. */
const HALF = /\p{Surrogate}/u

/** What would make the whole request invalid, and so fail the records beside it. `most`: bytes of a record. */
export const refusalOf =
  (text: (entry: Entry) => string, most = LIMITS.entryBytes) =>
  (entry: Entry): Failure.Failure | null => {
    const { key } = entry
    if (HALF.test(key))
      return Failure.make(
        'InvalidKey',
        `the output's key ${JSON.stringify(key.slice(0, MOST_KEY))} has half of a surrogate pair, but a partition key of Kinesis is Unicode text`
      )
    if (key === '' || key.length > MOST_KEY)
      return Failure.make(
        'InvalidKey',
        `the output's key has ${key.length} characters, but a partition key of Kinesis has 1 to ${MOST_KEY}`
      )
    const bytes = sizeOf(text)(entry)
    return bytes > most
      ? Failure.make(
          'TooLarge',
          `the output has ${bytes} bytes with its key, and a record of Kinesis ${most}`
        )
      : null
  }

const answerOf = ({ ErrorCode, ErrorMessage }: PutRecordsResultEntry): Sent =>
  ErrorCode === undefined ? done : AwsRefusal.ofEntry(ErrorCode, ErrorMessage ?? '', false)

type Handler = NonNullable<KinesisClientConfig['requestHandler']>

const hasHandler = (u: unknown): u is { readonly NodeHttpHandler: new (options: object) => Handler } =>
  typeof u === 'object' && u !== null && 'NodeHttpHandler' in u && typeof u.NodeHttpHandler === 'function'

/**
 * The client speaks HTTP/2, which the emulators at http:// endpoints do not, and for which there are no agents: they get
 * HTTP/1.1, and so does a proxy, from the package that the client itself takes it from.
 */
const handlerFor = (endpoint: string, agent: ProxyAgent | null): { readonly requestHandler?: Handler } => {
  if (!endpoint.startsWith('http://') && agent === null) return {}
  const ofClient = createRequire(require.resolve('@aws-sdk/client-kinesis'))
  const handlers: unknown = ofClient('@smithy/node-http-handler')
  return hasHandler(handlers)
    ? { requestHandler: new handlers.NodeHttpHandler(agent === null ? {} : { httpsAgent: agent }) }
    : {}
}

/**
 * The client is an optional peer, loaded only when a sink is configured: rejects when it is not installed. Region and
 * credentials are found as the client finds them.
 *
 * A request that fails as a whole is sent again until the deadline: a stream that is missing or a permission that was not
 * given is an operator's mistake, and no reason to give up one output after the other at once. One that Kinesis calls
 * invalid is divided, until the record that makes it so is alone.
 */
export const transport = async (
  settings: Kinesis,
  env: Readonly<Record<string, string | undefined>> = {}
): Promise<Transport> => {
  const { KinesisClient, PutRecordsCommand } = await import('@aws-sdk/client-kinesis')
  const agent = await AwsProxy.agentOf(env)
  const client = new KinesisClient({
    ...(settings.region === undefined ? {} : { region: settings.region }),
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    ...handlerFor(settings.endpoint ?? '', agent),
    maxAttempts: 1 // the outbox retries, and only the entries that failed
  })
  const stream =
    settings.streamArn === undefined ? { StreamName: settings.streamName } : { StreamARN: settings.streamArn }
  const text = textOf(settings.ids ?? false)
  const entryBytes = settings.maxRecord ?? LIMITS.entryBytes
  return {
    limits: { ...LIMITS, entryBytes },
    answersPerEntry: true,
    sizeOf: sizeOf(text),
    refusal: refusalOf(text, entryBytes),
    send: async (entries, abortSignal) => {
      if (agent !== null) abortSignal.addEventListener('abort', agent.abandon, { once: true })
      try {
        const { Records = [] } = await client.send(
          new PutRecordsCommand({
            ...stream,
            Records: entries.map((entry) => ({ Data: Buffer.from(text(entry)), PartitionKey: entry.key }))
          }),
          { abortSignal }
        )
        return Records.map(answerOf)
      } catch (thrown) {
        const sent = AwsRefusal.ofRequest(thrown)
        return entries.map(() => sent)
      }
    },
    close: () => Promise.resolve(client.destroy())
  }
}

export const open = async (settings: Kinesis, { env }: World): Promise<E.Either<string, Transport>> =>
  E.right(await transport(settings, env))
