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

const RADIUS: Readonly<Record<Point['kind'], number>> = { now: 8, suggested: 8, front: 6, beaten: 4 }

/** What a label is written on: a character takes about 8, a line 16. */
interface Box {
  readonly left: number
  readonly right: number
  readonly bottom: number
}

const overlap = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && Math.abs(one.bottom - other.bottom) < 16

const labelOf = ({ number, kind }: Point): string =>
  [NAMED[kind], number === null ? '' : String(number)].filter((one) => one !== '').join(' ')

/** Right of the point and above it, or left of it and below: where there is room. */
const boxes = (point: Point, { x, y }: Place): ReadonlyArray<Box> => {
  const away = RADIUS[point.kind] + 4
  const width = labelOf(point).length * 8
  return [
    { left: x + away, right: x + away + width, bottom: y - away + 2 },
    { left: x - away - width, right: x - away, bottom: y + away + 9 },
    { left: x + away, right: x + away + width, bottom: y + away + 9 },
    { left: x - away - width, right: x - away, bottom: y - away + 2 }
  ].filter(({ left, right }) => left > LEFT && right < WIDTH)
}

interface Placed {
  readonly point: Point
  readonly at: Place
  /** null: there is no room for its label, which stands in the table and in the tooltip. */
  readonly label: Box | null
}

/** The first ones choose first. */
const labelled = (points: ReadonlyArray<Omit<Placed, 'label'>>): ReadonlyArray<Placed> => {
  const taken: Array<Box> = points
    .filter(({ point }) => point.kind !== 'beaten')
    .map(({ at: { x, y } }) => ({ left: x - 6, right: x + 6, bottom: y + 8 }))
  return points.map(({ point, at }) => {
    if (labelOf(point) === '') return { point, at, label: null }
    const label = boxes(point, at).find((box) => !taken.some((other) => overlap(box, other))) ?? null
    if (label !== null) taken.push(label)
    return { point, at, label }
  })
}

const mark = ({ point, at, label }: Placed): string => {
  const { row, kind } = point
  const { records } = row.figures.again
  const about = `${row.name}: ${Shown.whole(row.writesAMonth)} writes a month (${Shown.usd(row.usdAMonth)} USD); records again: mean ${Shown.rough(records.mean)}, p99 ${Shown.whole(records.p99)}, worst ${Shown.whole(records.worst)}`
  const text =
    label === null ? '' : `<text x="${label.left}" y="${label.bottom}">${escaped(labelOf(point))}</text>`
  return `<g class="${kind}"><title>${escaped(about)}</title><circle cx="${at.x}" cy="${at.y}" r="${RADIUS[kind]}"/>${text}</g>`
}

/** What matters most chooses the place of its label first, and is drawn last. */
const ORDER: ReadonlyArray<Point['kind']> = ['now', 'suggested', 'front', 'beaten']

/** @param points at least one */
export const chart = (points: ReadonlyArray<Point>): string => {
  const x = Scale.of(points.map(({ row }) => row.writesAMonth))
  const y = Scale.of(points.map(({ row }) => replay(row)))
  const place = (at: number, up: number): Place => ({
    x: Math.round(LEFT + at * (WIDTH - LEFT - RIGHT)),
    y: Math.round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM))
  })
  const placed = ORDER.flatMap((kind) => points.filter((point) => point.kind === kind)).map((point) => ({
    point,
    at: place(x.at(point.row.writesAMonth), y.at(replay(point.row)))
  }))
  const line = placed
    .filter(({ point }) => point.row.isOnFront)
    .map(({ at }) => at)
    .sort((one, other) => one.x - other.x || other.y - one.y)
    .map((at) => `${at.x},${at.y}`)
    .join(' ')
  const marks = [...labelled(placed)].reverse().map(mark).join('')
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Writes to the lease table against the records that a crash brings again, for each policy">${grid(x, y, place)}<polyline class="front-line" points="${line}"/>${marks}</svg>`
}
