/** `kclts record show`: what is in a recording. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Contents from '../../lab/Contents'
import * as Reader from '../../lab/Reader'
import type { Header } from '../../lab/Recording'
import * as Duration from '../../values/Duration'
import { safe } from '../deadLetters/file'
import * as Shown from '../plan/Shown'
import * as Table from '../Table'

const time = (millis: number): string => new Date(millis).toISOString().replace(/\.[0-9]+Z$/, 'Z')

const DATA = {
  none: 'none: sizes, and hashes of partition keys',
  hash: 'keyed hashes of payloads and partition keys',
  full: 'payloads and partition keys in full'
} as const

const policy = ({ env }: Header): string => {
  const { interval, count, manual } = env.policy
  return `checkpoint.interval ${Duration.show(interval)}, checkpoint.count ${count}, checkpoint.manual ${manual}; failure.then ${env.onFailure}`
}

const handler = ({ handler: { file, version, hash } }: Header): string =>
  [
    safe(file),
    ...(version === null ? [] : [`version ${safe(version)}`]),
    ...(hash === null ? [] : [`sha256 ${hash.slice(0, 12)}`])
  ].join(', ')

/** What the lives have in common, or each of their different values. */
const values = (lives: ReadonlyArray<Contents.Contents>, of: (header: Header) => string): string =>
  [...new Set(lives.map(({ header }) => of(header)))].join('; then ')

const completeness = ({ isComplete, damage, dropped, gaps }: Contents.Contents): string => {
  if (isComplete) return 'complete'
  const why = [
    ...(dropped > 0 ? [`${Shown.counted(dropped, 'record')} dropped`] : []),
    ...(gaps > 0 ? [Shown.counted(gaps, 'gap')] : []),
    ...(damage === null ? [] : [safe(damage)])
  ]
  return `incomplete: ${why.length === 0 ? 'it does not begin or end with its session' : why.join(', ')}`
}

const row = (one: Contents.Contents): ReadonlyArray<string> => [
  safe(one.header.shard),
  time(one.from),
  Shown.time(one.to - one.from),
  Shown.whole(one.batches),
  Shown.whole(one.records),
  Shown.bytes(one.bytes),
  Shown.whole(one.checkpoints),
  completeness(one)
]

const HEAD = ['shard', 'from', 'for', 'batches', 'records', 'bytes', 'checkpoints', '']

export const text = (place: string, lives: ReadonlyArray<Contents.Contents>): string => {
  const sum = (of: (one: Contents.Contents) => number): number =>
    lives.reduce((total, one) => total + of(one), 0)
  const from = Math.min(...lives.map((one) => one.from))
  const to = Math.max(...lives.map((one) => one.to))
  const shards = new Set(lives.map(({ header }) => `${header.stream ?? ''}/${header.shard}`)).size
  const incomplete = lives.filter(({ isComplete }) => !isComplete).length
  return [
    safe(place),
    `  written by   kclts ${values(lives, ({ kclts }) => safe(kclts))}, ${Shown.counted(
      sum(({ files }) => files),
      'file'
    )}, ${Shown.bytes(sum(({ stored }) => stored))}`,
    `  stream       ${values(lives, ({ stream }) => safe(stream ?? 'not named'))}`,
    `  application  ${values(lives, ({ application }) => safe(application ?? 'not named'))}`,
    `  range        ${time(from)} to ${time(to)}`,
    `  records      ${Shown.counted(
      sum(({ records }) => records),
      'record'
    )} on ${Shown.counted(shards, 'shard')}, ${Shown.bytes(sum(({ bytes }) => bytes))}`,
    `  policy       ${values(lives, policy)}`,
    `  handler      ${values(lives, handler)}`,
    `  data         ${values(lives, ({ data, masked }) => `${DATA[data]}${masked ? ', masked' : ''}`)}`,
    `  sampling     ${values(lives, ({ sampling }) => (sampling === 1 ? 'all keys' : `${sampling} of the keys`))}`,
    `  complete     ${incomplete === 0 ? 'yes' : `no: ${incomplete} of ${Shown.counted(lives.length, 'session')} not`}`,
    '',
    ...Table.lines(lives, row, HEAD),
    ''
  ].join('\n')
}

const json = (lives: ReadonlyArray<Contents.Contents>, problems: ReadonlyArray<string>): string =>
  `${JSON.stringify({ sessions: lives, problems })}\n`

export interface Context {
  readonly print: (text: string) => void
  /** To stderr. */
  readonly tell: (text: string) => void
}

/** Gives the exit code: 0 shown, 2 it cannot be read. */
export const show = (place: string, isJson: boolean, { print, tell }: Context): 0 | 2 =>
  pipe(
    Reader.open(place),
    E.match(
      (problem): 0 | 2 => {
        for (const line of problem.split('\n')) tell(`kclts record: ${safe(line)}\n`)
        return 2
      },
      ({ lives, problems }) => {
        for (const problem of problems) tell(`kclts record: ${safe(problem)}; it is left out\n`)
        const contents = lives.map(Contents.of)
        print(isJson ? json(contents, problems) : text(place, contents))
        return 0
      }
    )
  )
