'use strict'
/** The few figures that the README of the package shows, beside aws-kcl. */
const Contest = require('./Contest')
const Shapes = require('./parts/shapes')
const Table = require('./Table')

/** What `kclts run` keeps all shards in, and the child beside it for who starts the daemon himself. */
const RUN = 'kclts-run'
const US = 'kclts'
const THEM = 'aws-kcl'

const times = (ratio) => `${Table.figure(ratio)} times`
const megabytes = (number) => `${number.toFixed(0)} MB`

const rowOf = ({ rows }, handler, shape) =>
  rows.find((row) => row.handler === handler && row.shape === shape).of

const speed = (shapes, handler, name = US) =>
  Contest.geometricMean(
    Shapes.GOAL_SHAPES.map((shape) => rowOf(shapes, handler, shape)[name].rate.against.median)
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

/** Those of us that were measured, the one that most people run first. */
const oursIn = ({ rows }) => [RUN, US].filter((name) => rows.every(({ of }) => of[name] !== undefined))

/** @param parts that are complete */
const table = ({ shapes, host }) => {
  const ours = oursIn(shapes)
  const each = (show) => ours.map(show)
  const cpu = (handler) => (name) => Table.part(rowOf(shapes, handler, SHAPE)[name].cpu.against.median)
  const large = rowOf(shapes, 'ignore', LARGE)
  const shards = host.counts.find(({ count }) => count === SHARDS).of
  /** Shards share a process in `kclts run` alone. */
  const ofShards = (key, show) => [
    ...each((name) => (name === ours[0] ? show(shards['kclts, 1 thread'][key].median) : '')),
    show(shards[THEM][key].median)
  ]
  const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`
  return {
    title: 'In short',
    head: ['', ...ours, THEM],
    rows: [
      [
        'records in a second, a handler that ignores the data',
        ...each((name) => times(speed(shapes, 'ignore', name))),
        ''
      ],
      [
        'the same, one that decodes JSON and reads a field',
        ...each((name) => times(speed(shapes, 'decode', name))),
        ''
      ],
      ['CPU of a record of 1 KB, ignored', ...each(cpu('ignore')), ''],
      ['the same, decoded', ...each(cpu('decode')), ''],
      [
        'most memory in batches of 10,000 records of 1 KB',
        ...each((name) => megabytes(large[name].memory.median)),
        megabytes(large[THEM].memory.median)
      ],
      ['100 shards, in one process and in 100: memory after batches', ...ofShards('after', megabytes)],
      ['100 shards: until all have started', ...ofShards('start', seconds)]
    ]
  }
}

const ofSpeed = (shapes, subject, name) =>
  `${subject} handles ${times(speed(shapes, 'ignore', name))} as many records per second as ${THEM} when the handler ` +
  `ignores the data, and ${times(speed(shapes, 'decode', name))} as many when the handler decodes JSON.`

const ofCpu = (shapes, subject, name) => {
  const cpu = (handler) => `${(rowOf(shapes, handler, SHAPE)[name].cpu.against.median * 100).toFixed(0)} %`
  return (
    `For a 1 KB record that the handler ignores, ${subject} needs ${cpu('ignore')} of the CPU time of ${THEM}; ` +
    `for one that the handler decodes as JSON, it needs ${cpu('decode')}.`
  )
}

/**
 * The same in a few sentences, for the README of the package.
 * @param parts that are complete
 */
const sentences = ({ shapes, host }) => {
  const shards = host.counts.find(({ count }) => count === SHARDS).of
  const [ours, theirs] = [shards['kclts, 1 thread'], shards[THEM]]
  const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`
  const ofShards =
    `With ${SHARDS} shards, ${US} runs one Node process, takes ${megabytes(ours.after.median)} of memory, and has started all shards ` +
    `after ${seconds(ours.start.median)}. ${THEM} runs ${SHARDS} Node processes, takes ${megabytes(theirs.after.median)}, and ` +
    `needs ${seconds(theirs.start.median)}.`
  return oursIn(shapes).includes(RUN)
    ? [
        ofSpeed(shapes, '`kclts run`, with one shard,', RUN),
        'For `kclts-child`, which runs one process for each shard, these two figures are ' +
          `${times(speed(shapes, 'ignore'))} and ${times(speed(shapes, 'decode'))}.`,
        ofCpu(shapes, '`kclts run`', RUN),
        ofShards
      ]
    : [ofSpeed(shapes, US, US), ofCpu(shapes, US, US), ofShards]
}

module.exports = { isComplete, sentences, table }
