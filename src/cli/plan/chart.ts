/** Writes against replay as SVG: a point for each policy, and a line through those that no other one beats. */
import * as Scale from './Scale'
import * as Shown from './Shown'
import type { Row } from './View'

const WIDTH = 860
const HEIGHT = 430
const LEFT = 76
const RIGHT = 24
const TOP = 24
const BOTTOM = 54

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export const escaped = (text: string): string => text.replace(/[&<>"]/g, (one) => escapes[one] ?? one)

/** What a chart needs to know of a policy. */
export interface Point {
  readonly row: Row
  /** Its number in the table; null: it has none. */
  readonly number: number | null
  readonly kind: 'now' | 'suggested' | 'front' | 'beaten'
}

interface Place {
  readonly x: number
  readonly y: number
}

const replay = ({ figures }: Row): number => figures.again.records.mean

const amount = (value: number): string =>
  value >= 1_000_000
    ? `${Shown.rough(value / 1_000_000)} M`
    : value > 0 && value < 1
      ? String(Number(value.toPrecision(2)))
      : Shown.whole(value)

const grid = (x: Scale.Scale, y: Scale.Scale, place: (at: number, up: number) => Place): string =>
  [
    ...y.ticks.map(({ value, at }) => {
      const { y: line } = place(0, at)
      return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${line}" y2="${line}"/><text class="tick" x="${LEFT - 10}" y="${line + 4}" text-anchor="end">${amount(value)}</text>`
    }),
    ...x.ticks.map(({ value, at }) => {
      const { x: line } = place(at, 0)
      return `<text class="tick" x="${line}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${amount(value)}</text>`
    }),
    `<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/>`,
    `<text class="title" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">Writes to the lease table, a month</text>`,
    `<text class="title" transform="translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">Records a crash brings again, on average</text>`
  ].join('')

const NAMED: Readonly<Record<Point['kind'], string>> = {
  now: 'now',
  suggested: 'suggested',
  front: '',
  beaten: ''
}

const mark = ({ row, number, kind }: Point, { x, y }: Place): string => {
  const label = [NAMED[kind], number === null ? '' : String(number)].filter((one) => one !== '').join(' ')
  const isRight = x > WIDTH - 160
  const radius = kind === 'beaten' ? 4 : kind === 'front' ? 6 : 8
  const about = `${row.name}: ${Shown.whole(row.writesAMonth)} writes a month (${Shown.usd(row.usdAMonth)} USD); records again: mean ${Shown.rough(replay(row))}, p99 ${Shown.whole(row.figures.again.records.p99)}, worst ${Shown.whole(row.figures.again.records.worst)}`
  return `<g class="${kind}"><title>${escaped(about)}</title><circle cx="${x}" cy="${y}" r="${radius}"/>${
    label === ''
      ? ''
      : `<text x="${isRight ? x - radius - 5 : x + radius + 5}" y="${y - radius - 1}" text-anchor="${isRight ? 'end' : 'start'}">${escaped(label)}</text>`
  }</g>`
}

const ORDER: ReadonlyArray<Point['kind']> = ['beaten', 'front', 'suggested', 'now']

/** @param points at least one */
export const chart = (points: ReadonlyArray<Point>): string => {
  const x = Scale.of(points.map(({ row }) => row.writesAMonth))
  const y = Scale.of(points.map(({ row }) => replay(row)))
  const place = (at: number, up: number): Place => ({
    x: Math.round(LEFT + at * (WIDTH - LEFT - RIGHT)),
    y: Math.round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))
  })
  const placeOf = ({ row }: Point): Place => place(x.at(row.writesAMonth), y.at(replay(row)))
  const line = points
    .filter(({ row }) => row.isOnFront)
    .map(placeOf)
    .sort((one, other) => one.x - other.x || other.y - one.y)
    .map((at) => `${at.x},${at.y}`)
    .join(' ')
  const marks = ORDER.flatMap((kind) =>
    points.filter((point) => point.kind === kind).map((point) => mark(point, placeOf(point)))
  ).join('')
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Writes to the lease table against the records that a crash brings again, for each policy">${grid(x, y, place)}<polyline class="front-line" points="${line}"/>${marks}</svg>`
}
