'use strict'
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const Chart = require('../Chart')
const Results = require('../Results')
const figures = require('./figures')

const drawn = Chart.draw(
  figures.shapes({ kclts: 4, 'minimal-node': 1.5, kclpy: 0.5, 'reads-only': 20 }),
  'here'
)

const all = (pattern) => [...drawn.matchAll(pattern)].map((match) => match[1])

describe('the chart', () => {
  it('has a row for each shape of the goal and one for their mean, for each handler', () => {
    const labels = [
      '1 x 100 B',
      '1 x 1 KB',
      '100 x 1 KB',
      '1000 x 100 B',
      '1000 x 1 KB',
      '1000 x 10 KB',
      '10000 x 1 KB',
      'geometric mean'
    ]
    assert.deepEqual(all(/text-anchor="end">([^<]+)</g), [...labels, ...labels])
  })

  it('says the figure of kclts in each row', () => {
    assert.deepEqual(
      all(/class="value"[^>]*>([^<]+)</g),
      Array.from({ length: 16 }, () => '4.00 x')
    )
  })

  it('has powers of two on its axis, and aws-kcl where it is 1', () => {
    assert.deepEqual(all(/class="soft" text-anchor="middle">([^<]+)</g).slice(0, 4), [
      '1/2',
      'aws-kcl',
      '2 x',
      '4 x'
    ])
    assert.deepEqual(Chart.ticksOf([{ median: 0.3 }, { median: 9 }]), [0.25, 0.5, 1, 2, 4, 8, 16])
  })

  it('puts twice as fast one step to the right, in a mark of its own for each child', () => {
    const [kclts] = all(/<g class="kclts"><circle cx="([\d.]+)" cy="1\d\d/g).map(Number)
    const [slow] = all(/<g class="kclpy"><path d="M([\d.]+) 1\d\d/g).map(Number)
    const places = all(/<text x="([\d.]+)"[^>]* class="soft" text-anchor="middle"/g)
      .slice(0, 4)
      .map(Number)
    assert.deepEqual([slow, kclts], [places[0], places[3]])
  })

  it('leaves out the child that only shows how fast the stand-in is', () => {
    assert.ok(!drawn.includes('reads-only'))
  })

  it('has colours for light pages and for dark ones', () => {
    const [light, dark] = drawn.split('@media (prefers-color-scheme: dark)')
    for (const name of ['kclts', 'minimal-node', 'kclpy', 'page', 'soft', 'grid', 'base']) {
      const colour = (css) => new RegExp(`\\.${name} \\{[^}]*(#[0-9a-f]{6})`).exec(css)[1]
      assert.notEqual(colour(light), colour(dark))
    }
  })

  it('closes every element that it opens', () => {
    const open = []
    for (const [, closing, name, , empty] of drawn.matchAll(/<(\/?)(\w+)((?:[^>"]|"[^"]*")*?)(\/?)>/g)) {
      if (closing) assert.equal(open.pop(), name)
      else if (!empty) open.push(name)
    }
    assert.deepEqual(open, [])
  })
})

const folder = path.join(__dirname, '../results')
const kept = fs.existsSync(folder) ? fs.readdirSync(folder).filter((file) => file.endsWith('.svg')) : []

describe('the charts that are kept', () => {
  for (const file of kept)
    it(`${file} is what its figures come to`, () => {
      const { shapes } = Results.load(path.parse(file).name)
      assert.equal(
        fs.readFileSync(path.join(folder, file), 'utf8'),
        Chart.draw(shapes, Results.caption(shapes))
      )
    })
})
