/** A plan as text, for people. */
import type { Quantiles } from '../../lab/plan/Spread'
import type { Shard } from '../../lab/plan/Plan'
import { safe } from '../deadLetters/file'
import * as Table from '../Table'
import * as Shown from './Shown'
import { idle, inForce, rows, type Row, type View } from './View'
import { REASON, sentence, suggested } from './words'

const date = (time: number): string => new Date(time).toISOString().replace(/\.[0-9]+Z$/, 'Z')

const about = (isExact: boolean): string => (isExact ? '' : 'about ')

const head = (view: View): ReadonlyArray<string> => {
  const { recording, plan } = view
  const many = idle(view)
  const shards = `${Shown.counted(plan.shards.length, 'shard')}${many === 0 ? '' : ` (${Shown.whole(many)} idle)`}`
  const range = Number.isFinite(plan.from)
    ? `, ${date(plan.from)} to ${date(plan.to)} (${Shown.time(plan.elapsed)})`
    : ''
  return [
    `${safe(recording)}: ${shards}, ${Shown.counted(plan.records, 'record')}${range}`,
    ...(plan.missing.length === 0
      ? ['The recording is complete.']
      : ['The recording is NOT complete:', ...plan.missing.map((one) => `  ${safe(one)}`)])
  ]
}

const quantiles = (
  what: string,
  { median, p99, worst }: Quantiles,
  show: (value: number) => string
): ReadonlyArray<string> => [
  `  ${what}`,
  `median ${show(median)}`,
  `p99 ${show(p99)}`,
  `worst ${show(worst)}`
]

const now = (view: View, { figures, writesAMonth, usdAMonth }: Row): ReadonlyArray<string> => {
  const { plan, rate } = view
  const isExact = plan.inexact.length === 0
  const { checkpoints, again, stops } = figures
  return [
    `In force: ${inForce(view)}`,
    ...(isExact
      ? [
          'These figures are exact: the sessions were run again, and replied as they did when they were recorded.'
        ]
      : ['These figures are an estimate:', ...plan.inexact.map((one) => `  ${safe(one)}`)]),
    '',
    `Checkpoints: ${about(isExact)}${Shown.whole(checkpoints.sent)} sent, ${Shown.whole(checkpoints.coalesced)} replaced by a newer one and not sent, ${Shown.whole(checkpoints.failed)} failed; ${Shown.whole(checkpoints.writes)} writes to the lease table`,
    `A month at this rate: about ${Shown.whole(writesAMonth)} writes, ${Shown.usd(usdAMonth)} USD (at ${rate} USD a million)`,
    'A crash at a random moment repeats:',
    ...Table.lines(
      [
        quantiles('records', again.records, Shown.whole),
        quantiles('bytes of data', again.bytes, Shown.bytes),
        quantiles('age of the oldest', again.age, Shown.time)
      ],
      (row) => row
    ),
    stops === null
      ? 'A stop: none is in the recording'
      : `A stop took ${Shown.time(stops.median)} (median of ${Shown.whole(stops.count)}), ${Shown.time(stops.worst)} at worst, from the daemon's request until kclts answered it`
  ]
}

const shardRow = (one: Shard): ReadonlyArray<string> => {
  const [figures] = one.figures
  const stop = figures === undefined ? [] : [figures.stops === null ? '-' : Shown.time(figures.stops.worst)]
  return [safe(one.shard), ...Shown.ofShard(one), ...stop]
}

const SHARD = 'shard|sessions|records|sent|replaced|writes|again: median|p99|worst|bytes|age|stop'.split('|')

const POLICY = ' |policy|writes a month|USD a month|again: mean|median|p99|worst|bytes|age|stop'.split('|')

const policyRow = ({ name, figures, writesAMonth, usdAMonth, isOnFront }: Row): ReadonlyArray<string> => [
  isOnFront ? '+' : ' ',
  safe(name),
  Shown.whole(writesAMonth),
  Shown.usd(usdAMonth),
  Shown.rough(figures.again.records.mean),
  Shown.whole(figures.again.records.median),
  Shown.whole(figures.again.records.p99),
  Shown.whole(figures.again.records.worst),
  Shown.bytes(figures.again.bytes.worst),
  Shown.time(figures.again.age.worst),
  figures.stops === null ? '-' : Shown.time(figures.stops.worst)
]

/** A longer table leaves out the policies that another one beats. */
const MANY = 24

const policies = (all: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const shown = all.length <= MANY ? all : all.filter(({ index, isOnFront }) => isOnFront || index === 0)
  const left = all.length - shown.length
  return [
    ...Table.lines(shown, policyRow, POLICY),
    `A + marks a policy that no other one beats: every policy with fewer writes repeats more records, and every policy that repeats fewer records has more writes${
      left === 0
        ? ''
        : `; ${Shown.counted(left, 'policy', 'policies')} without a + ${left === 1 ? 'is' : 'are'} left out`
    }`
  ]
}

/** More sentences than this say less than the table. */
const SENTENCES = 8

const sentences = ({ plan, rate }: View, others: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const chosen = others.length <= SENTENCES ? others : others.filter(({ isOnFront }) => isOnFront)
  return chosen.slice(0, SENTENCES).map(({ index, name }) => `${safe(name)}: ${sentence(plan, index, rate)}`)
}

/** One text with the figures of all policies. */
export const text = (view: View): string => {
  const all = rows(view)
  const [first, ...others] = all
  const { plan } = view
  const words = suggested(view, all)
  return [
    ...head(view),
    '',
    ...(first === undefined ? [] : now(view, first)),
    '',
    ...Table.lines(plan.shards, shardRow, SHARD),
    ...(others.length === 0 ? [] : ['', ...policies(all), '', ...sentences(view, others), '', REASON]),
    ...(words === null ? [] : ['', words]),
    ''
  ].join('\n')
}
