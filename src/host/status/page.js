/* global document */
'use strict'
// Asks for the status each second and shows it. Rows are kept and only their texts change, so that what a reader has
// selected, or has come to with a screen reader, stays where it is.

const PERIOD_MS = 1000
/** A rate is over so long: over a second alone it would jump with every batch. */
const WINDOW_MS = 10_000

const NONE = '–'

const PHASES = { working: 'good', starting: 'busy', waiting: 'poor', stopping: 'poor' }
const STATES = {
  working: 'busy',
  idle: 'good',
  stalled: 'bad',
  stopping: 'poor',
  'lease lost': 'poor',
  ended: 'poor',
  halting: 'bad'
}

const element = (id) => document.getElementById(id)

const write = (node, text) => {
  if (node.textContent !== text) node.textContent = text
}

const whole = (n) => Math.round(n).toLocaleString('en')

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's']
]

/** `3 min 20 s`; below a second `350 ms`. */
const duration = (ms) => {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const at = UNITS.findIndex(([size]) => ms >= size)
  const [size, unit] = UNITS[at]
  const [lesser, name] = UNITS[at + 1] ?? [0, '']
  const rest = lesser === 0 ? 0 : Math.floor((ms % size) / lesser)
  return `${Math.floor(ms / size)} ${unit}${rest > 0 ? ` ${rest} ${name}` : ''}`
}

const ago = (ms) => (ms < 1000 ? 'just now' : `${duration(ms)} ago`)

// -- rates ------------------------------------------------------------------------------------------------------------

/** What each session had handled, and when, over the window. */
const seen = new Map()

const keyOf = ({ shard, session }) => `${shard} ${session}`

/** Records per second; null when the session was seen but once. `now`: how long the worker has run. */
const rateOf = (row, now) => {
  const key = keyOf(row)
  const points = (seen.get(key) ?? []).filter(([time]) => now - time <= WINDOW_MS)
  seen.set(key, [...points, [now, row.handled]])
  const [first] = points
  return first === undefined || now <= first[0] ? null : ((row.handled - first[1]) * 1000) / (now - first[0])
}

const forget = (rows) => {
  const keys = new Set(rows.map(keyOf))
  for (const key of seen.keys()) if (!keys.has(key)) seen.delete(key)
}

const rate = (perSecond) => {
  if (perSecond === null) return NONE
  return perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : whole(perSecond)
}

// -- the table --------------------------------------------------------------------------------------------------------

const COLUMNS = [
  ['State', '', (row) => row.state],
  ['Behind', 'number', (row) => (row.millisBehindLatest === null ? NONE : duration(row.millisBehindLatest))],
  ['Records/s', 'number', (row) => rate(row.rate)],
  ['Handled', 'number', (row) => whole(row.handled)],
  ['Checkpoint', 'number', (row) => (row.checkpointAge === null ? NONE : ago(row.checkpointAge))],
  ['Skipped', 'number', (row) => whole(row.skipped)],
  ['Replay', 'number', (row) => whole(row.replay)],
  ['Position', 'position', (row) => row.position ?? NONE]
]

const rowsByKey = new Map()

const make = (row) => {
  const line = document.createElement('tr')
  const name = document.createElement('th')
  name.scope = 'row'
  name.textContent = row.shard
  line.append(name)
  const cells = COLUMNS.map(([label, className]) => {
    const cell = document.createElement('td')
    cell.dataset.label = label
    cell.className = className
    line.append(cell)
    return cell
  })
  const badge = document.createElement('span')
  cells[0].append(badge)
  return { line, cells: [badge, ...cells.slice(1)] }
}

const showRows = (rows) => {
  const keys = new Set(rows.map(keyOf))
  for (const [key, { line }] of rowsByKey) {
    if (keys.has(key)) continue
    line.remove()
    rowsByKey.delete(key)
  }
  const body = element('shards')
  rows.forEach((row, i) => {
    const made = rowsByKey.get(keyOf(row)) ?? make(row)
    rowsByKey.set(keyOf(row), made)
    COLUMNS.forEach(([, , text], at) => write(made.cells[at], text(row)))
    made.cells[0].className = `badge ${STATES[row.state]}`
    made.cells[4].title = row.checkpoint ?? ''
    if (body.children[i] !== made.line) body.insertBefore(made.line, body.children[i] ?? null)
  })
  document.querySelector('table').hidden = rows.length === 0
  element('none').hidden = rows.length > 0
}

// -- the sinks --------------------------------------------------------------------------------------------------------

const sinkText = ({ sink, failingSince, lastError, lastErrorAt }, now) => {
  if (failingSince !== null) return `${sink}: has failed for ${duration(now - failingSince)}: ${lastError}`
  return lastError === null
    ? `${sink}: works`
    : `${sink}: works again. It failed ${ago(now - lastErrorAt)}: ${lastError}`
}

const showSinks = (sinks, now) => {
  const list = element('sinks')
  while (list.children.length > sinks.length) list.lastChild.remove()
  sinks.forEach((sink, i) => {
    const item = list.children[i] ?? list.appendChild(document.createElement('li'))
    write(item, sinkText(sink, now))
    item.classList.toggle('failing', sink.failingSince !== null)
  })
  list.parentElement.hidden = sinks.length === 0
}

const NO_SHARD = {
  working:
    'This worker holds no shard. Other workers may hold them all; it takes over when one of them stops.',
  starting: 'This worker holds no shard yet: the daemon is starting.',
  waiting: 'This worker holds no shard: the daemon has ended and will be started again.',
  stopping: 'This worker holds no shard any more.'
}

// -- the whole --------------------------------------------------------------------------------------------------------

const sum = (rows, of) => rows.reduce((total, row) => total + of(row), 0)

const showTotals = (rows) => {
  const lags = rows.map((row) => row.millisBehindLatest).filter((ms) => ms !== null)
  const rates = rows.map((row) => row.rate).filter((perSecond) => perSecond !== null)
  write(element('total-shards'), whole(rows.length))
  write(element('total-rate'), rate(rows.length > 0 && rates.length === 0 ? null : sum(rates, (n) => n)))
  write(element('total-lag'), lags.length === 0 ? NONE : duration(Math.max(...lags)))
  write(element('total-replay'), whole(sum(rows, (row) => row.replay)))
  const letters = sum(rows, (row) => row.deadLetters)
  write(element('total-letters'), whole(letters))
  element('total-letters').classList.toggle('wanting', letters > 0)
}

const showPhase = (text, kind) => {
  write(element('phase'), text)
  element('phase').className = `badge ${kind}`
}

const showProblems = (problems) => {
  const list = element('problems')
  if (
    list.children.length === problems.length &&
    problems.every((one, i) => list.children[i].textContent === one)
  )
    return
  list.replaceChildren(
    ...problems.map((problem) => {
      const item = document.createElement('li')
      item.textContent = problem
      return item
    })
  )
}

/** A problem that has the same reason says enough. */
const showRestart = ({ lastRestart, problems, now }) => {
  const line = element('restart')
  line.hidden = lastRestart === null || problems.some((problem) => problem.startsWith(lastRestart.reason))
  if (lastRestart !== null)
    write(line, `The last restart of the daemon was ${ago(now - lastRestart.at)}: ${lastRestart.reason}`)
}

const show = (view) => {
  const rows = view.shards.map((row) => ({ ...row, rate: rateOf(row, view.uptime) }))
  forget(rows)
  document.title = `${view.problems.length > 0 ? '⚠ ' : ''}${view.application} · kclts`
  write(element('application'), view.application)
  write(element('stream'), view.stream)
  write(element('worker'), view.worker)
  write(element('uptime'), duration(view.uptime))
  write(element('restarts'), whole(view.restarts))
  showPhase(view.phase, view.phase === 'working' && view.problems.length > 0 ? 'poor' : PHASES[view.phase])
  showProblems(view.problems)
  showRestart(view)
  showTotals(rows)
  showRows(rows)
  showSinks(view.sinks, view.now)
  write(element('none'), NO_SHARD[view.phase])
}

/** A worker that is gone leaves what was last known of it, and says so. */
const showGone = () => {
  showPhase('no answer', 'bad')
  showProblems(['The worker does not answer. What is shown here is what it last told.'])
}

const turn = async () => {
  try {
    const response = await fetch('status.json')
    if (!response.ok) throw new Error(`status ${response.status}`)
    show(await response.json())
  } catch {
    showGone()
  }
  setTimeout(turn, PERIOD_MS)
}

void turn()
