/** How large the stream is that a worker is about to read: how much memory Java needs follows from it. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { DaemonSettings } from '../config/DaemonSettings'
import * as Asking from './Asking'

const Codec = t.readonly(
  t.type({
    openShards: t.number,
    /** The most bytes that a record may have. */
    recordBytes: t.number
  })
)

export type StreamShape = t.TypeOf<typeof Codec>

/** What is asked of Kinesis, and where. */
export type Place = Pick<
  DaemonSettings,
  'streamName' | 'streamArn' | 'region' | 'credentials' | 'kinesisEndpoint'
>

const KIB = 1024

/** Kinesis allows up to 1 MiB unless a stream is set to more. */
const DEFAULT_KIB = 1024

/** Of what Kinesis says of a stream (DescribeStreamSummary). */
export const of = (
  summary:
    | { readonly OpenShardCount?: number | undefined; readonly MaxRecordSizeInKiB?: number | undefined }
    | undefined
): StreamShape | null =>
  summary?.OpenShardCount === undefined
    ? null
    : {
        openShards: summary.OpenShardCount,
        recordBytes: (summary.MaxRecordSizeInKiB ?? DEFAULT_KIB) * KIB
      }

const read = (said: string): StreamShape | null =>
  pipe(
    E.tryCatch(() => JSON.parse(said) as unknown, String),
    E.chainW((u) => Codec.decode(u)),
    E.match(
      () => null,
      (shape) => shape
    )
  )

/** Null: not known. */
export const look = async (
  { streamName, streamArn, region, credentials, kinesisEndpoint }: Place,
  env: NodeJS.ProcessEnv,
  limit = Asking.LIMIT_MS
): Promise<StreamShape | null> => {
  // No more than is asked for: it goes to another process.
  const said = await Asking.ask(
    'streamShape',
    { streamName, streamArn, region, credentials, kinesisEndpoint },
    env,
    limit
  )
  return said === null ? null : read(said)
}
