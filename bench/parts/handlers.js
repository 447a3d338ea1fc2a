'use strict'
// The handlers that people write, each beside aws-kcl with the one way that it has.
const Contest = require('../Contest')
const Meter = require('../Meter')
const Shapes = require('./shapes')
const Table = require('../Table')

/** By the name of the contestant: how its handler reads an order. */
const NAMES = {
  data: 'JSON.parse(record.data.toString())',
  buffer: 'JSON.parse(Buffer.from(record.data).toString())',
  decoder: 'JSON.parse(new TextDecoder().decode(record.data))',
  text: 'JSON.parse of text(record)',
  decode: 'json(record)',
  codec: 'decodeJson with a codec of io-ts'
}

/** Those that have a goal: a codec of io-ts looks at each property of a value. */
const USUAL = Object.keys(NAMES).filter((name) => name !== 'codec')

const OURS = ['kclts-run', 'kclts']
const BASE = 'aws-kcl'

const pace = ({ rounds }) => ({
  rounds,
  turns: 3,
  warm: { milliseconds: 500, batches: 3 },
  burst: { milliseconds: 100, batches: 2 }
})

/** Only beside aws-kcl: the others have no other ways. */
const run = async (context) => {
  const { peers, shapes = Shapes.GOAL_SHAPES, progress } = context
  if (peers[BASE] === undefined) return null
  const rows = []
  for (const shape of shapes) {
    progress(shape)
    const line = Meter.lineOf(shape)
    const ours = OURS.filter((name) => peers[name] !== undefined).flatMap((name) =>
      Object.keys(NAMES).map((handler) => [
        `${name}: ${handler}`,
        { line, start: () => peers[name].start({ handler }) }
      ])
    )
    const contestants = {
      [BASE]: { line, start: () => peers[BASE].start({ handler: 'decode' }) },
      ...Object.fromEntries(ours)
    }
    const samples = await Meter.play(contestants, pace(context))
    const figures = Object.fromEntries(
      Object.entries(samples).map(([name, turns]) => [name, turns.map(({ rate, cpu }) => ({ rate, cpu }))])
    )
    rows.push({ shape, of: Contest.compare(figures, () => BASE) })
  }
  return { rounds: context.rounds, rows }
}

/** The geometric mean of the speeds over the shapes of the goals; undefined: not all were measured. */
const mean = ({ rows }, name, handler) => {
  const found = Shapes.GOAL_SHAPES.map(
    (shape) => rows.find((row) => row.shape === shape)?.of[`${name}: ${handler}`]?.rate.against.median
  )
  return found.includes(undefined) ? undefined : Contest.geometricMean(found)
}

const tables = (measured) =>
  OURS.filter((name) => measured.rows[0].of[`${name}: data`] !== undefined).map((name) => ({
    title: `Usual handlers in ${name}: records in a second, relative to ${BASE} in the same turn`,
    head: ['the handler reads', ...measured.rows.map(({ shape }) => shape), 'geometric mean'],
    rows: Object.entries(NAMES).map(([handler, words]) => [
      words,
      ...measured.rows.map(({ of }) => Table.figure(of[`${name}: ${handler}`].rate.against.median)),
      mean(measured, name, handler) === undefined ? '' : Table.figure(mean(measured, name, handler))
    ])
  }))

module.exports = {
  NAMES,
  USUAL,
  name: 'handlers',
  isOnOneCore: true,
  title: 'the usual handlers, and the ways in which they read a payload',
  rounds: { full: 7, quick: 1 },
  mean,
  run,
  tables,
  problems: () => []
}
