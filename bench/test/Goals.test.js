'use strict'
const assert = require('node:assert/strict')
const { describe, it } = require('node:test')
const Goals = require('../Goals')
const Flight = require('../parts/flight')
const Growth = require('../parts/growth')
const Shapes = require('../parts/shapes')
const figures = require('./figures')

const verdicts = (parts) => Goals.table(parts).rows.map((cells) => cells.slice(3))

const spread = (median) => ({ median, low: median, high: median })

const policies = (ofOne) => ({
  rounds: 3,
  rows: [
    { name: 'kclts', daemon: '0 ms', of: { 'each batch': { ofOne: spread(1) } } },
    { name: 'kclts', daemon: '50 ms', of: { 'each batch': { ofOne: spread(ofOne) } } },
    { name: 'kclts', daemon: '10 ms, a tenth throttled', of: { 'each batch': { ofOne: spread(0.1) } } },
    { name: 'aws-kcl', daemon: '0 ms', of: { 'each batch': { ofOne: spread(0.2) } } }
  ]
})

const growth = (memory, records = 10_000_000) => ({
  rounds: 1,
  records: [300, ...memory].map((megabytes, part) => ({
    records: ((part + 1) * records) / 10,
    rate: 1,
    memory: megabytes
  }))
})

const row = (situation, few, many) => ({
  situation,
  growth: many / few,
  of: [few, many].map((nanoseconds) => ({ nanoseconds, longest: 0, memory: 0 }))
})

const flight = (...rows) => ({ rounds: 7, rows: [row('the records alone', 500, 600), ...rows] })

const flat = [80, 90, 80, 80, 85, 88, 91, 90, 90]

describe('the goals of the benches', () => {
  it('are not measured until they are', () => {
    assert.deepEqual(
      verdicts({}),
      Array.from({ length: 24 }, () => ['', 'not measured'])
    )
    assert.deepEqual(Goals.problems({}), [])
  })

  it('are reached, or reached as far as they aim, or missed', () => {
    const parts = {
      shapes: figures.shapes({ kclts: 3.5 }),
      policies: policies(0.96),
      growth: growth(flat),
      fold: { rounds: 20, of: { 'the fold': spread(70) } }
    }
    assert.deepEqual(verdicts(parts).slice(0, 11), [
      ['3.50', 'reached'],
      ['3.50', 'aim reached'],
      ['1/3.50', 'MISSED'],
      ['1/3.50', 'aim reached'],
      ['70 ns', 'aim reached'],
      ['29 MB', 'aim reached'],
      ['0.29', 'aim reached'],
      ['0.29', 'aim reached'],
      ['0.960', 'aim reached'],
      ['1.01', 'aim reached'],
      ['', 'not measured']
    ])
    assert.deepEqual(Goals.problems(parts), [
      'CPU of a 1 KB record in batches of 1000, ignoring: 1/3.50, and it must be 1/5.00'
    ])
  })

  it('are about kclts run as well: one shard, a hundred, and the usual handlers', () => {
    const against = (median) => ({ ...spread(median), against: spread(median) })
    const shards = Object.fromEntries(
      Object.entries({ cpu: 1 / 7, start: 1 / 9, idle: 1 / 16, after: 1 / 22 }).map(([key, part]) => [
        key,
        against(part)
      ])
    )
    const rows = Shapes.GOAL_SHAPES.map((shape) => ({
      shape,
      of: Object.fromEntries(
        ['data', 'buffer', 'decoder', 'text', 'decode'].map((handler, index) => [
          `kclts: ${handler}`,
          { rate: against(1.9 + index / 4) }
        ])
      )
    }))
    const parts = {
      shapes: figures.shapes({ kclts: 4, 'kclts-run': 5 }),
      host: { rounds: 3, counts: [{ count: 100, of: { 'kclts, 1 thread': shards } }] },
      handlers: { rounds: 7, rows }
    }
    assert.deepEqual(verdicts(parts).slice(11), [
      ['5.00', 'reached'],
      ['5.00', 'aim reached'],
      ['0.20', 'aim reached'],
      ['0.20', 'aim reached'],
      ['1/7.00', 'reached'],
      ['1/9.00', 'MISSED'],
      ['1/16.0', 'aim reached'],
      ['1/22.0', 'reached'],
      ['1.90', 'MISSED'],
      ['2.15', 'reached'],
      ['2.40', 'aim reached'],
      ['2.65', 'aim reached'],
      ['2.90', 'aim reached']
    ])
  })

  it('say when a figure is from too few rounds', () => {
    assert.deepEqual(verdicts({ shapes: figures.shapes({ kclts: 1 }, 2) })[0], [
      '1.00',
      'MISSED (of 7 rounds 2)'
    ])
  })

  it('take the worst of the daemons that are not throttled', () => {
    assert.deepEqual(verdicts({ policies: policies(0.5) })[8], ['0.500', 'MISSED'])
  })

  it('ask for ten million records, and for memory that does not grow after warm-up', () => {
    assert.deepEqual(verdicts({ growth: growth(flat, 1_000_000) })[9], ['', 'not measured'])
    assert.deepEqual(verdicts({ growth: growth([80, 81, 82, 83, 84, 85, 86, 87, 110]) })[9], [
      '1.33',
      'MISSED'
    ])
  })

  it('do not compare with another base than aws-kcl', () => {
    const shapes = { ...figures.shapes({ kclts: 4 }), base: 'kclpy' }
    assert.deepEqual(verdicts({ shapes })[0], ['', 'not measured'])
  })
})

describe('what a record costs among many', () => {
  const measured = flight(row('in flight', 2500, 3000), row('retrying', 1500, 2100))

  it('is compared without the cost of the records themselves, and the worst situation counts', () => {
    assert.equal(Flight.worst(measured), 1.5)
    assert.deepEqual(verdicts({ flight: measured })[10], ['1.50', 'MISSED'])
  })

  it('is a problem in each situation that grows beyond the limit', () => {
    assert.deepEqual(Flight.problems(measured), [
      'retrying: a record among 200000 costs 1.50 times what one among 20000 does, and it must be 1.3'
    ])
  })
})

describe('growth', () => {
  it('is the most memory of the second half against that of the first without its warm-up', () => {
    assert.equal(Growth.growthOf(growth([10, 20, 10, 10, 30, 10, 10, 10, 10]).records), 1.5)
  })
})
