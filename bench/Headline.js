'use strict'
/** The few figures that the README of the package shows, beside aws-kcl. */
const Contest = require('./Contest')
const Shapes = require('./parts/shapes')
const Table = require('./Table')

const US = 'kclts'
const THEM = 'aws-kcl'

const times = (ratio) => `${Table.figure(ratio)} times`
const megabytes = (number) => `${number.toFixed(0)} MB`

const rowOf = ({ rows }, handler, shape) =>
  rows.find((row) => row.handler === handler && row.shape === shape).of

const speed = (shapes, handler) =>
  Contest.geometricMean(
    Shapes.GOAL_SHAPES.map((shape) => rowOf(shapes, handler, shape)[US].rate.against.median)
  )

const SHAPE = '1000x1000'
const LARGE = '10000x1000'
const SHARDS = 100

/** Whether all that the table shows was measured. */
const isComplete = ({ shapes, host }) =>
  shapes?.base === THEM &&
  [...Shapes.GOAL_SHAPES, SHAPE, LARGE].every((shape) =>
    Object.keys(Shapes.HANDLERS).every((handler) =>
      shapes.rows.some((row) => row.handler === handler && row.shape === shape && row.of[US] !== undefined)
    )
  ) &&
  host?.counts.some(({ count }) => count === SHARDS) === true

/** @param parts that are complete */
const table = ({ shapes, host }) => {
  const cpu = (handler) => Table.part(rowOf(shapes, handler, SHAPE)[US].cpu.against.median)
  const large = rowOf(shapes, 'ignore', LARGE)
  const shards = host.counts.find(({ count }) => count === SHARDS).of
  const ofShards = (key, show) => [
    show(shards['kclts, 1 thread'][key].median),
    show(shards[THEM][key].median)
  ]
  const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`
  return {
    title: 'In short',
    head: ['', US, THEM],
    rows: [
      ['records in a second, a handler that ignores the data', times(speed(shapes, 'ignore')), ''],
      ['the same, one that decodes JSON and reads a field', times(speed(shapes, 'decode')), ''],
      ['CPU of a record of 1 KB, ignored', cpu('ignore'), ''],
      ['the same, decoded', cpu('decode'), ''],
      [
        'most memory in batches of 10,000 records of 1 KB',
        megabytes(large[US].memory.median),
        megabytes(large[THEM].memory.median)
      ],
      ['100 shards, in one process and in 100: memory after batches', ...ofShards('after', megabytes)],
      ['100 shards: until all have started', ...ofShards('start', seconds)]
    ]
  }
}

/**
 * The same in three sentences, for the README of the package.
 * @param parts that are complete
 */
const sentences = ({ shapes, host }) => {
  const cpu = (handler) => Table.part(rowOf(shapes, handler, SHAPE)[US].cpu.against.median)
  const shards = host.counts.find(({ count }) => count === SHARDS).of
  const [ours, theirs] = [shards['kclts, 1 thread'], shards[THEM]]
  const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`
  return [
    `It handles ${times(speed(shapes, 'ignore'))} as many records per second when the handler ignores the data, and ` +
      `${times(speed(shapes, 'decode'))} as many when it decodes JSON.`,
    `A record of 1 KB takes ${cpu('ignore')} of the CPU time when the handler ignores the data, and ${cpu('decode')} when it ` +
      'decodes JSON.',
    `${SHARDS} shards share one process: it takes ${megabytes(ours.after.median)} in place of ` +
      `${megabytes(theirs.after.median)}, and all have started after ${seconds(ours.start.median)} in place of ` +
      `${seconds(theirs.start.median)}.`
  ]
}

module.exports = { isComplete, sentences, table }
