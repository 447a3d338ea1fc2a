'use strict'
// What the part `shapes` of the benches would give, were everybody as fast as said here.
const Shapes = require('../parts/shapes')

const same = (number, against) => ({
  median: number,
  low: number,
  high: number,
  against: { median: against, low: against * 0.9, high: against * 1.1 }
})

/** @param ratios by name, to aws-kcl; `cpu` is their inverse, and memory 100 MB over the ratio */
exports.shapes = (ratios, rounds = 7) => ({
  rounds,
  base: 'aws-kcl',
  rows: [...new Set([...Shapes.ONE_RECORD, ...Shapes.GOAL_SHAPES])].flatMap((shape) =>
    Object.keys(Shapes.HANDLERS).map((handler) => ({
      shape,
      handler,
      of: Object.fromEntries(
        Object.entries({ 'aws-kcl': 1, ...ratios }).map(([name, ratio]) => [
          name,
          {
            rate: same(1000 * ratio, ratio),
            ...Object.fromEntries(['cpu', 'p50', 'p99'].map((key) => [key, same(10 / ratio, 1 / ratio)])),
            memory: same(100 / ratio, 1 / ratio)
          }
        ])
      )
    }))
  )
})
