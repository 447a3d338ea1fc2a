/** `type: kinesis`: PutRecords, with the entry's key as the partition key. */
import type { KinesisClient, PutRecordsCommandOutput, PutRecordsResultEntry } from '@aws-sdk/client-kinesis'
import type * as SinkSettings from '../codec/SinkSettings'
import * as Failure from '../core/Failure'
import { again, done, type Entry, type Sent, type Transport } from './Sink'

/** Amazon's limits of PutRecords: 500 records, 5 MiB with the partition keys; 1 MiB a record. */
const LIMITS = { count: 500, bytes: 5 << 20, entryBytes: 1 << 20 }

const answerOf = ({ ErrorCode, ErrorMessage }: PutRecordsResultEntry): Sent =>
  ErrorCode === undefined ? done : again(Failure.make(ErrorCode, ErrorMessage ?? ''))

const answers = (output: PutRecordsCommandOutput): ReadonlyArray<Sent> => (output.Records ?? []).map(answerOf)

/** The client is an optional peer, loaded only when a sink is configured. */
export const transport = async (settings: SinkSettings.Kinesis): Promise<Transport> => {
  const { KinesisClient, PutRecordsCommand } = await import('@aws-sdk/client-kinesis')
  const client: KinesisClient = new KinesisClient({
    ...(settings.region === undefined ? {} : { region: settings.region }),
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    maxAttempts: 1 // the outbox retries, and only the entries that failed
  })
  const stream =
    settings.streamArn === undefined ? { StreamName: settings.streamName } : { StreamARN: settings.streamArn }
  return {
    limits: LIMITS,
    answersPerEntry: true,
    send: async (entries, abortSignal) =>
      answers(
        await client.send(
          new PutRecordsCommand({
            ...stream,
            Records: entries.map(({ key, json }: Entry) => ({ Data: Buffer.from(json), PartitionKey: key }))
          }),
          { abortSignal }
        )
      ),
    close: () => Promise.resolve(client.destroy())
  }
}
