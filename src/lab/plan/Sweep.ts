/** `interval=1s..5m,count=100..10000`: every combination of some values of each key, as candidates. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Duration from '../../values/Duration'
import type { Candidate, Change } from './Candidate'

/** More policies than this would take long, and nobody reads a longer table. */
export const MOST = 200

type Name = 'interval' | 'count'

interface Key {
  readonly name: Name
  readonly expected: string
  readonly parse: (text: string) => number | undefined
  readonly show: (value: number) => string
  /** The values of a range, from the least on: round ones, as a person would choose them. */
  readonly round: ReadonlyArray<number>
}

const DECADES = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat()

const SECONDS = [1, 2, 5, 10, 20, 30]
const UNITS = [1000, 60_000, 3_600_000]

const KEYS: ReadonlyArray<Key> = [
  {
    name: 'interval',
    expected: 'a duration such as 500ms, 30s or 5m',
    parse: Duration.parse,
    show: (value) => (value === 0 ? '0' : Duration.show(value)),
    round: [
      ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
      ...UNITS.flatMap((unit) => SECONDS.map((many) => many * unit))
    ]
  },
  {
    name: 'count',
    expected: 'a whole number of records',
    parse: (text) => (/^[0-9]{1,15}$/.test(text) ? Number(text) : undefined),
    show: String,
    round: DECADES
  }
]

const NAMES = KEYS.map(({ name }) => name).join(' or ')

const value =
  (key: Key) =>
  (text: string): E.Either<string, number> =>
    pipe(
      key.parse(text),
      E.fromNullable(`${key.name}: found ${JSON.stringify(text)}, expected ${key.expected}`)
    )

/** Both ends, and the round values between them. */
const range = (key: Key, from: number, to: number): E.Either<string, ReadonlyArray<number>> => {
  if (from === 0)
    return E.left(
      `${key.name}: 0 turns it off, so a range cannot begin with it; write ${key.name}=0|1..${key.show(to)}`
    )
  if (from > to) return E.left(`${key.name}: the range ends below its beginning`)
  const inside = key.round.filter((one) => one > from && one < to)
  return E.right(from === to ? [from] : [from, ...inside, to])
}

const part =
  (key: Key) =>
  (text: string): E.Either<string, ReadonlyArray<number>> => {
    const [from = '', to, ...more] = text.split('..')
    if (to === undefined)
      return pipe(
        value(key)(from),
        E.map((one) => [one])
      )
    return pipe(
      value(key)(from),
      E.chain((first) =>
        pipe(
          value(key)([to, ...more].join('..')),
          E.chain((last) => range(key, first, last))
        )
      )
    )
  }

interface Axis {
  readonly key: Key
  readonly values: ReadonlyArray<number>
}

const axis = (text: string): E.Either<string, Axis> => {
  const [name = '', ...rest] = text.split('=')
  const key = KEYS.find((one) => one.name === name.trim())
  if (key === undefined) return E.left(`found ${JSON.stringify(name)}, expected ${NAMES}`)
  return pipe(
    rest.join('=').trim().split('|'),
    E.traverseArray((one) => part(key)(one.trim())),
    E.map((parts) => ({ key, values: [...new Set(parts.flat())] }))
  )
}

const combined = (axes: ReadonlyArray<Axis>): ReadonlyArray<Candidate> =>
  axes.reduce<ReadonlyArray<Candidate>>(
    (all, { key, values }) =>
      all.flatMap(({ name, change }) =>
        values.map((one) => ({
          name: `${name}${name === '' ? '' : ','}${key.name}=${key.show(one)}`,
          change: { ...change, [key.name]: one } satisfies Change
        }))
      ),
    [{ name: '', change: {} }]
  )

/** Left: what is wrong with the text, in a sentence. */
export const parse = (text: string): E.Either<string, ReadonlyArray<Candidate>> =>
  pipe(
    text.split(','),
    E.traverseArray(axis),
    E.chain((axes) => {
      const names = axes.map(({ key }) => key.name)
      const twice = names.find((name, i) => names.indexOf(name) !== i)
      if (twice !== undefined)
        return E.left(`${twice} occurs twice; write its values as ${twice}=A|B, or as a range ${twice}=A..B`)
      const many = axes.reduce((product, { values }) => product * values.length, 1)
      return many > MOST
        ? E.left(`it has ${many} policies, and at most ${MOST} are possible; take smaller ranges`)
        : E.right(combined(axes))
    })
  )
