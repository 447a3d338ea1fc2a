/** A plan as a page that needs nothing but itself: it can be attached to a ticket or kept with a release. */
import type { Shard } from '../../lab/plan/Plan'
import { chart, escaped, type Point } from './chart'
import * as Shown from './Shown'
import { STYLE } from './style'
import { idle, inForce, rows, suggestion, type Row, type View } from './View'
import { REASON, sentence, suggested } from './words'

type Cells = ReadonlyArray<string>

const cell = (tag: 'td' | 'th', text: string, index: number): string =>
  `<${tag}${index === 0 ? ' class="name"' : ''}>${text}</${tag}>`

type Lines = ReadonlyArray<readonly [kind: string, cells: Cells]>

const table = (head: Cells, body: Lines): string =>
  `<div class="wide"><table><thead><tr>${head.map((one, i) => cell('th', one, i)).join('')}</tr></thead><tbody>${body
    .map(
      ([kind, cells]) =>
        `<tr${kind === '' ? '' : ` class="${kind}"`}>${cells.map((one, i) => cell('td', one, i)).join('')}</tr>`
    )
    .join('')}</tbody></table></div>`

/** In the order of their writes, so that the numbers rise along the line. */
const pointsOf = (view: View, all: ReadonlyArray<Row>): ReadonlyArray<Point> => {
  const found = suggestion(view)
  const chosen = found?._tag === 'Keeps' ? found.index : undefined
  const sorted = [...all].sort((one, other) => one.writesAMonth - other.writesAMonth)
  let number = 0
  return sorted.map((row) => ({
    row,
    number: row.index > 0 && (row.isOnFront || row.index === chosen) ? (number += 1) : null,
    kind: row.index === 0 ? 'now' : row.index === chosen ? 'suggested' : row.isOnFront ? 'front' : 'beaten'
  }))
}

const LABELS: Readonly<Record<Point['kind'], string>> = {
  now: 'in force',
  suggested: 'suggested',
  front: 'not beaten',
  beaten: ''
}

const POLICY_HEAD =
  'Policy||Writes a month|USD a month|Again: mean|Median|p99|Worst|Bytes, worst|Age, worst|Stop, worst'.split(
    '|'
  )

const policyCells = ({ row, number, kind }: Point): Cells => {
  const { figures, name, writesAMonth, usdAMonth } = row
  const { records, bytes, age } = figures.again
  return [
    `${number === null ? '' : `<b>${number}</b> `}${escaped(name)}`,
    LABELS[kind],
    Shown.whole(writesAMonth),
    Shown.usd(usdAMonth),
    Shown.rough(records.mean),
    Shown.whole(records.median),
    Shown.whole(records.p99),
    Shown.whole(records.worst),
    Shown.bytes(bytes.worst),
    Shown.time(age.worst),
    figures.stops === null ? '-' : Shown.time(figures.stops.worst)
  ]
}

const SHARD_HEAD =
  'Shard|Sessions|Records|Sent|Replaced|Writes|Again: median|p99|Worst|Bytes, worst|Age, worst'.split('|')

const shardCells = (one: Shard): Cells => [escaped(one.shard), ...Shown.ofShard(one)]

const policies = (points: ReadonlyArray<Point>): string => {
  const lines = (chosen: ReadonlyArray<Point>): string =>
    table(
      POLICY_HEAD,
      chosen.map((point) => [point.kind, policyCells(point)])
    )
  const beaten = points.filter(({ kind }) => kind === 'beaten')
  const others = points.filter(({ kind }) => kind !== 'beaten')
  return beaten.length === 0
    ? lines(others)
    : `${lines(others)}<details><summary>${Shown.counted(beaten.length, 'policy', 'policies')} with more writes and more records again than another one</summary>${lines(beaten)}</details>`
}

const list = (lines: ReadonlyArray<string>): string =>
  lines.length === 0 ? '' : `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`

const header = (view: View): string => {
  const { plan, recording } = view
  const many = idle(view)
  const facts = [
    ['Shards', `${plan.shards.length}${many === 0 ? '' : ` (${many} idle)`}`],
    ['Records', Shown.whole(plan.records)],
    ['Time', Shown.time(plan.elapsed)],
    ['Recording', plan.missing.length === 0 ? 'complete' : 'not complete']
  ]
  return `<header><h1>What would a policy cost?</h1><p class="path">${escaped(recording)}</p><dl>${facts
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`)
    .join('')}</dl></header>`
}

const exactness = ({ plan }: View): string =>
  plan.inexact.length === 0
    ? '<p>Its figures are exact: the sessions were run again, and replied as they did when they were recorded.</p>'
    : `<p class="warning">Its figures are an estimate:</p>${list([...plan.inexact, ...plan.missing])}`

const words = (view: View, points: ReadonlyArray<Point>): string => {
  const all = points.map(({ row }) => row)
  const told = suggested(view, all)
  const others = all.filter(({ index }) => index > 0)
  const chosen = told === null ? others : others.filter(({ index }) => index === suggestion(view)?.index)
  return [
    ...(told === null ? [] : [`<p class="lead">${escaped(told)}</p>`]),
    ...(chosen.length > 3 ? [] : chosen).map(
      ({ index, name }) => `<p><b>${escaped(name)}</b>: ${escaped(sentence(view.plan, index, view.rate))}</p>`
    )
  ].join('')
}

const alone = (points: ReadonlyArray<Point>): string =>
  points.length > 1
    ? `<p class="faint">${escaped(REASON)} The line joins the policies that no other one beats; their numbers are those of the table.</p>`
    : '<p class="faint">This is the policy in force alone. With --policy or --sweep, others are shown beside it.</p>'

export const html = (view: View): string => {
  const points = pointsOf(view, rows(view))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>kclts plan: ${escaped(view.recording)}</title>
<style>${STYLE}</style>
</head>
<body>
${header(view)}
<main>
<section><h2>Writes against replay</h2>${words(view, points)}<div class="wide">${chart(points)}</div>${alone(points)}</section>
<section><h2>In force</h2><p>${escaped(inForce(view))}</p>${exactness(view)}</section>
<section><h2>Policies</h2>${policies(points)}</section>
<section><h2>Shards, under the policy in force</h2>${table(
    SHARD_HEAD,
    view.plan.shards.map((shard) => [shard.records === 0 ? 'beaten' : '', shardCells(shard)])
  )}</section>
</main>
<footer>Made by kclts plan. A write costs ${view.rate} USD a million. Renewals of leases cost the same under every policy, and are left out.</footer>
</body>
</html>
`
}
