/** Numbers as a person reads them. */
import type { Shard } from '../../lab/plan/Plan'
import { age } from '../leases/text'

/** `12,345`. */
export const whole = (value: number): string =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(?:[0-9]{3})+$)/g, ',')

/** `4.1`, `41`: two digits that count, where a number is about as large as that. */
export const rough = (value: number): string => (value < 9.95 ? value.toFixed(1) : whole(value))

/** `3.20`; small amounts with more digits, so that they are not 0. */
export const usd = (value: number): string => {
  if (value === 0) return '0.00'
  return value < 0.1 ? value.toPrecision(2) : value.toFixed(2).replace(/\B(?=(?:[0-9]{3})+\.)/g, ',')
}

const SIZES = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3]
] as const

/** `1.2 MB`. */
export const bytes = (value: number): string => {
  const size = SIZES.find(([, least]) => value >= least)
  return size === undefined ? `${whole(value)} B` : `${rough(value / size[1])} ${size[0]}`
}

/** `8ms`, `4.2s`, `10m1s`: a time that was measured. */
export const time = (millis: number): string => {
  if (millis < 1000) return `${Math.round(millis)}ms`
  return millis < 59_500 ? `${rough(millis / 1000)}s` : age(millis)
}

/** `1 shard`, `2 shards`. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${whole(count)} ${count === 1 ? one : several}`

/** What a shard has under the policy in force, in the columns that text and page share; empty: it has no figures. */
export const ofShard = ({ records, lives, figures: [figures] }: Shard): ReadonlyArray<string> =>
  figures === undefined
    ? []
    : [
        whole(lives),
        records === 0 ? 'idle' : whole(records),
        whole(figures.checkpoints.sent),
        whole(figures.checkpoints.coalesced),
        whole(figures.checkpoints.writes),
        whole(figures.again.records.median),
        whole(figures.again.records.p99),
        whole(figures.again.records.worst),
        bytes(figures.again.bytes.worst),
        time(figures.again.age.worst)
      ]
