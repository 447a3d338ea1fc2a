'use strict'
/** The speeds of the part `shapes` as a picture, readable on light and on dark pages. */
const Contest = require('./Contest')
const Shapes = require('./parts/shapes')
const Table = require('./Table')

const WIDTH = 860
const LEFT = 150
const RIGHT = 70
const ROW = 24
const PANEL_HEAD = 64
const TOP = 60
const FOOT = 34

/** In this order of drawing and of the legend; a mark of another form for each, since not everybody sees colours. */
const MARKS = {
  'kclts-run': {
    light: '#cf222e',
    dark: '#ff7b72',
    draw: (x, y) => `<path d="M${x - 6} ${y}h12M${x} ${y - 6}v12" stroke-width="3"/>`
  },
  kclts: { light: '#0969da', dark: '#58a6ff', draw: (x, y) => `<circle cx="${x}" cy="${y}" r="6"/>` },
  'minimal-node': {
    light: '#1a7f37',
    dark: '#3fb950',
    draw: (x, y) => `<rect x="${x - 4}" y="${y - 4}" width="8" height="8"/>`
  },
  amazon_kclpy: {
    light: '#bc4c00',
    dark: '#f0883e',
    draw: (x, y) => `<path d="M${x - 5} ${y + 4}h10l-5 -9z"/>`
  },
  kclpy: {
    light: '#8250df',
    dark: '#bc8cff',
    draw: (x, y) => `<path d="M${x} ${y - 6}l6 6l-6 6l-6 -6z"/>`
  }
}

/** Who is named otherwise in the legend. */
const TITLES = { 'kclts-run': 'kclts run', kclts: 'kclts-child', 'minimal-node': 'minimal Node child' }

/** From one mark of the legend to the next. */
const SPACE = 155

const STYLE = `
  text { font: 13px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328 }
  .page { fill: #ffffff }
  .title { font-size: 16px; font-weight: 600 }
  .panel { font-weight: 600 }
  .soft { fill: #59636e; font-size: 12px }
  .value { font-weight: 600; font-size: 12px }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .base { stroke: #59636e; stroke-width: 1.5 }
  .range { stroke-width: 2; opacity: 0.45 }
${Object.entries(MARKS)
  .map(([name, { light }]) => `  .${name} { fill: ${light}; stroke: ${light} }`)
  .join('\n')}
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .page { fill: #0d1117 }
    .soft { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .base { stroke: #9198a1 }
${Object.entries(MARKS)
  .map(([name, { dark }]) => `    .${name} { fill: ${dark}; stroke: ${dark} }`)
  .join('\n')}
  }
`

const bytesName = (bytes) =>
  bytes >= 1e6 ? `${bytes / 1e6} MB` : bytes >= 1000 ? `${bytes / 1000} KB` : `${bytes} B`

/** `1000x100` as `1000 x 100 B`. */
const nameOf = (shape) => {
  const [records, bytes] = shape.split('x').map(Number)
  return `${records} x ${bytesName(bytes)}`
}

const MEAN = 'geometric mean'

/** What a panel shows: a row for each shape that the goal is about, and one for their mean. */
const rowsOf = ({ rows }, handler, names) => {
  const shown = Shapes.GOAL_SHAPES.map((shape) =>
    rows.find((row) => row.handler === handler && row.shape === shape)
  )
  const ofShapes = shown.map(({ shape, of }) => ({
    label: nameOf(shape),
    points: names.map((name) => ({ name, ...of[name].rate.against }))
  }))
  const means = names.map((name) => {
    const median = Contest.geometricMean(shown.map(({ of }) => of[name].rate.against.median))
    return { name, median, low: median, high: median }
  })
  return [...ofShapes, { label: MEAN, points: means }]
}

/** Powers of two around all medians; a range that is longer is cut there. */
const ticksOf = (points) => {
  const medians = points.map(({ median }) => median)
  const least = Math.floor(Math.log2(Math.min(0.5, ...medians)))
  const most = Math.ceil(Math.log2(Math.max(2, ...medians)))
  return Array.from({ length: most - least + 1 }, (_, index) => 2 ** (least + index))
}

const tickName = (tick) => (tick < 1 ? `1/${1 / tick}` : `${tick} x`)

const round = (number) => Number(number.toFixed(1))

const text = (x, y, content, kind = '', anchor = 'start') =>
  `<text x="${round(x)}" y="${round(y)}" class="${kind}" text-anchor="${anchor}">${content}</text>`

const line = (x1, y1, x2, y2, kind) =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`

const grid = (ticks, place, top, bottom, base) =>
  ticks.flatMap((tick) => [
    line(place(tick), top, place(tick), bottom, tick === 1 ? 'base' : 'grid'),
    text(place(tick), top - 8, tick === 1 ? base : tickName(tick), 'soft', 'middle')
  ])

const drawPoint = (place, y, { name, median, low, high }) => [
  ...(high > low ? [line(place(low), y, place(high), y, `range ${name}`)] : []),
  `<g class="${name}">${MARKS[name].draw(round(place(median)), y)}</g>`
]

/** The mark that matters most is drawn last, over the others. */
const drawRow = (place, y, { label, points }) => [
  text(LEFT - 14, y + 4, label, label === MEAN ? 'panel' : '', 'end'),
  ...[...points].reverse().flatMap((point) => drawPoint(place, y, point)),
  text(WIDTH - RIGHT + 14, y + 4, `${Table.figure(points[0].median)} x`, 'value')
]

const panel = ({ title, rows }, ticks, top, { base, names }) => {
  const first = Math.log2(ticks[0])
  const last = Math.log2(ticks.at(-1))
  const within = (value) => Math.min(last, Math.max(first, Math.log2(value)))
  const place = (value) => LEFT + ((within(value) - first) / (last - first)) * (WIDTH - LEFT - RIGHT)
  const start = top + PANEL_HEAD
  const bottom = start + rows.length * ROW
  return [
    text(14, top + 22, title, 'panel'),
    text(WIDTH - RIGHT + 14, start - 14, TITLES[names[0]] ?? names[0], 'soft'),
    ...grid(ticks, place, start - 6, bottom, base),
    ...rows.flatMap((row, index) => drawRow(place, start + (index + 0.5) * ROW, row))
  ]
}

const legend = (names) =>
  names.flatMap((name, index) => [
    `<g class="${name}">${MARKS[name].draw(LEFT + index * SPACE, 48)}</g>`,
    text(LEFT + 12 + index * SPACE, 52, TITLES[name] ?? name)
  ])

/** Whether all is there that the means and the goals are about. */
const isComplete = ({ base, rows }) =>
  base === 'aws-kcl' && Shapes.GOAL_SHAPES.every((shape) => rows.some((row) => row.shape === shape))

/**
 * @param measured what the part `shapes` gave, complete
 * @param caption what it was measured on
 * @returns the text of an SVG file
 */
const draw = (measured, caption) => {
  const { base, rows } = measured
  const names = Object.keys(MARKS).filter((name) => name !== base && rows[0].of[name] !== undefined)
  const panels = Object.entries(Shapes.HANDLERS).map(([handler, does]) => ({
    title: `a handler that ${does}`,
    rows: rowsOf(measured, handler, names)
  }))
  const points = panels.flatMap((one) => one.rows.flatMap((row) => row.points))
  const ticks = ticksOf(points)
  const heightOf = (one) => PANEL_HEAD + one.rows.length * ROW
  const tops = panels.map((_, index) =>
    panels.slice(0, index).reduce((top, one) => top + heightOf(one) + 12, TOP)
  )
  const height = tops.at(-1) + heightOf(panels.at(-1)) + FOOT
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">`,
    `<title id="title">Records in a second, relative to ${base}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}"/>`,
    text(14, 26, `Records in a second, relative to ${base} (batches of records x bytes)`, 'title'),
    ...legend(names),
    ...panels.flatMap((one, index) => panel(one, ticks, tops[index], { base, names })),
    text(14, height - 12, caption, 'soft'),
    '</svg>',
    ''
  ].join('\n')
}

module.exports = { draw, isComplete, ticksOf }
