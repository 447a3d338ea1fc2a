/** Settings of the section `daemon` that cannot all be meant: a worker does not start with them. */
import type { DaemonSettings } from './DaemonSettings'

/** What is missing or wrong, at which key of the configuration: what `ConfigSearch.showLater` takes. */
export interface Problem {
  readonly key: string
  readonly text: string
}

/** `eu-west-1`, `us-gov-east-1`; the names of emulators are of any form. */
const REGION =
  /^[a-z]{2,5}-(?:[a-z]{2,4}-)?(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-[0-9]{1,2}$/

const ARN = /^arn:[^:]*:kinesis:([^:]*):([0-9]*):stream\/([^/]+)/

interface Named {
  readonly region: string
  readonly account: string
  readonly stream: string
}

const read = (arn: string | null | undefined): Named | null => {
  const [, region = '', account = '', stream = ''] = ARN.exec(arn ?? '') ?? []
  return stream === '' ? null : { region, account, stream }
}

/** A request for another region than its own is refused, however often it is repeated. */
export const regions = (
  key: string,
  arn: string | null | undefined,
  region: string | null | undefined
): ReadonlyArray<Problem> => {
  const named = read(arn)
  return named === null || (region ?? named.region) === named.region
    ? []
    : [{ key, text: `found ${region}, but the ARN is of ${named.region}` }]
}

const ofStream = ({ streamName, streamArn }: DaemonSettings): ReadonlyArray<Problem> => {
  const named = read(streamArn)
  return named === null || streamName === null || streamName === named.stream
    ? []
    : [
        {
          key: 'daemon.streamName',
          text: `found ${streamName}, but daemon.streamArn names the stream ${named.stream}; remove one of them`
        }
      ]
}

const ofConsumer = ({ streamName, streamArn, consumerArn }: DaemonSettings): ReadonlyArray<Problem> => {
  const [consumed, stream] = [read(consumerArn), read(streamArn)]
  const name = stream?.stream ?? streamName
  if (consumed === null || name === null) return []
  const problem = (is: string, wanted: string): ReadonlyArray<Problem> => [
    { key: 'daemon.consumerArn', text: `it is a consumer of ${is}, but the stream is ${wanted}` }
  ]
  if (consumed.stream !== name) return problem(consumed.stream, name)
  const placeOf = ({ region, account }: Named): string => `${region}, account ${account}`
  return stream === null || placeOf(consumed) === placeOf(stream)
    ? []
    : problem(`a stream in ${placeOf(consumed)}`, `in ${placeOf(stream)}`)
}

/** Emulators take any region. */
const ofRegion = (settings: DaemonSettings): ReadonlyArray<Problem> => {
  const { region, streamArn, kinesisEndpoint } = settings
  if (region === null || kinesisEndpoint !== null) return []
  return REGION.test(region)
    ? regions('daemon.region', streamArn, region)
    : [
        {
          key: 'daemon.region',
          text: `found ${region}, which is no region of AWS, expected one such as eu-west-1`
        }
      ]
}

export const of = (settings: DaemonSettings): ReadonlyArray<Problem> => [
  ...ofStream(settings),
  ...ofConsumer(settings),
  ...ofRegion(settings)
]
