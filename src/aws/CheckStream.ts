/** What is found of the stream: that it is there, that it may be read, and its consumer. */
import * as E from 'fp-ts/Either'
import { streamOf, type DaemonSettings } from '../config/DaemonSettings'
import type { ConsumerName, Stream } from './Access'
import * as Arn from './Arn'
import * as Finding from './Finding'
import * as Permission from './Permission'
import * as Refusal from './Refusal'
import type { Answer, Outcome } from './Permission'

const outcome = Permission.outcome('daemon.kinesisEndpoint')

/** As IAM policies name it, whether it is there or not. */
export const arnOf = ({ streamArn, streamName }: DaemonSettings, place: Arn.Place): string =>
  streamArn ?? Arn.stream(place, streamName ?? '')

const nameOf = (settings: DaemonSettings): string => streamOf(settings) ?? ''

const TOO_OFTEN = 'AWS was asked too often; try again in a minute'

const describe = (name: string, { status, openShards, retentionHours }: Stream): string =>
  `${name}: ${status}, ${openShards} open ${openShards === 1 ? 'shard' : 'shards'}, keeps records for ${retentionHours} hours`

const describing = (settings: DaemonSettings, place: Arn.Place): Permission.Permission => ({
  action: 'kinesis:DescribeStreamSummary',
  resource: arnOf(settings, place)
})

export const stream = (
  settings: DaemonSettings,
  place: Arn.Place,
  answer: Answer<Stream>
): Finding.Finding => {
  const name = nameOf(settings)
  if (E.isRight(answer)) {
    const text = describe(name, answer.right)
    if (answer.right.status === 'CREATING') return Finding.todo('stream', `${text}; wait until it is ACTIVE`)
    if (answer.right.status === 'DELETING') return Finding.todo('stream', `${text}; it is being deleted`)
    return Finding.pass('stream', text)
  }
  if (Refusal.isMissing(answer.left)) {
    const where = `${place.region}${place.account === null ? '' : ` of account ${place.account}`}`
    return Finding.todo(
      'stream',
      `there is no stream ${name} in ${where}; check daemon.streamName and daemon.region`
    )
  }
  return (
    Finding.ofOutcomes('stream', '', [outcome(describing(settings, place), answer)]) ??
    Finding.untried('stream', `${name}: ${TOO_OFTEN}`)
  )
}

/** Of one that is being made or deleted nothing can be read. */
const isReadable = ({ status }: Stream): boolean => status !== 'CREATING' && status !== 'DELETING'

/** Whether asking further has a sense: not where there is nothing to read, or nothing answers. */
export const isWithinReach = (settings: DaemonSettings, place: Arn.Place, answer: Answer<Stream>): boolean =>
  E.isRight(answer)
    ? isReadable(answer.right)
    : !Refusal.isMissing(answer.left) && outcome(describing(settings, place), answer)._tag !== 'Unclear'

export interface Reading {
  readonly shard: Answer<string | null>
  readonly iterator: Answer<string>
  /** Null: not asked, since there is no iterator. */
  readonly records: Answer<void> | null
}

export const reading = (resource: string, { shard, iterator, records }: Reading): Finding.Finding => {
  const asked: ReadonlyArray<readonly [string, Answer<unknown> | null]> = [
    ['ListShards', shard],
    ['GetShardIterator', iterator],
    ['GetRecords', records]
  ]
  const outcomes = asked.flatMap(([name, answer]): ReadonlyArray<Outcome> =>
    answer === null ? [] : [outcome({ action: `kinesis:${name}`, resource }, answer)]
  )
  const names = asked.map(([name]) => name)
  const tried = asked.flatMap(([name, answer]) => (answer === null ? [] : [name]))
  const untried = names.filter((name) => !tried.includes(name))
  const also = untried.length === 0 ? '' : `${untried.join(', ')} was not tried without an iterator`
  const trouble = Finding.ofOutcomes('reading', also, outcomes)
  if (trouble !== null) return trouble
  return untried.length === 0
    ? Finding.pass('reading', `may ${names.join(', ')}`)
    : Finding.untried('reading', `may ${tried.join(', ')}; ${also}`)
}

/** `arn`: of the stream. */
export const consumerOf = (settings: DaemonSettings, arn: string): ConsumerName =>
  settings.consumerArn === null
    ? { stream: arn, name: settings.consumerName ?? settings.applicationName ?? '' }
    : { arn: settings.consumerArn }

const SUBSCRIBING = 'kinesis:SubscribeToShard was not tried, since it would take a shard away from a worker'

export const consumer = (named: ConsumerName, answer: Answer<string>): Finding.Finding => {
  const [name, resource] =
    'arn' in named ? [named.arn, named.arn] : [named.name, `${named.stream}/consumer/${named.name}:*`]
  if (E.isRight(answer)) {
    if (answer.right === 'DELETING')
      return Finding.todo('consumer', `${name}: DELETING; start once it is gone`)
    return Finding.untried('consumer', `${name}: ${answer.right}; ${SUBSCRIBING} (on ${resource})`)
  }
  if (Refusal.isMissing(answer.left) && 'arn' in named)
    return Finding.todo('consumer', `there is no consumer ${name}; check daemon.consumerArn`)
  if (Refusal.isMissing(answer.left) && 'stream' in named)
    return Finding.untried(
      'consumer',
      `${name} is not registered yet; the first start registers it, which needs kinesis:RegisterStreamConsumer on ${named.stream} (not tried, since it would register it); ${SUBSCRIBING} (on ${resource})`
    )
  const asked = { action: 'kinesis:DescribeStreamConsumer', resource }
  return (
    Finding.ofOutcomes('consumer', '', [outcome(asked, answer)]) ??
    Finding.untried('consumer', `${name}: ${TOO_OFTEN}`)
  )
}
