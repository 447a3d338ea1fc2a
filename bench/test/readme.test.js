'use strict'
/** What the READMEs say is what is in bench/results: figures of all ports, and goals, measured beside aws-kcl alone. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const Goals = require('../Goals')
const Headline = require('../Headline')
const Results = require('../Results')
const Table = require('../Table')

const root = path.join(__dirname, '../..')

/** Without the white space that aligns a table. */
const bare = (text) => text.replace(/ +/g, ' ').replace(/-+/g, '-')

const goals = Results.load('goals')
const figures = Results.load('figures')

const PARTS = {
  start: figures,
  shapes: figures,
  policies: figures,
  checkpoints: figures,
  slow: figures,
  fold: goals,
  growth: goals,
  host: goals
}

/** The tables of a part as far as the README of the benches has them: all but what each port costs. */
const tablesOf = (name) =>
  require(`../../bench/parts/${name}`)
    .tables(PARTS[name][name])
    .filter(({ head }) => !head.includes('p50 us'))

const has = (file, { head, rows }) => {
  const text = bare(fs.readFileSync(path.join(root, file), 'utf8'))
  const table = bare(Table.render(head, rows))
  assert.ok(
    text.includes(table),
    `${file} has another table than this; npm run bench -- --show figures\n\n${table}`
  )
}

describe('the figures that are shown', () => {
  it('in short are there when all of them were measured', () => {
    const { shapes, host } = goals
    assert.deepEqual(
      [goals, {}, { shapes }, { host }, { shapes: { ...shapes, rows: shapes.rows.slice(1) }, host }].map(
        Headline.isComplete
      ),
      [true, false, false, false, false]
    )
  })

  it('in the README are those that were measured', () => {
    const text = fs.readFileSync(path.join(root, 'README.md'), 'utf8').replace(/\s+/g, ' ')
    assert.deepEqual(
      Headline.sentences(goals).filter((sentence) => !text.includes(sentence)),
      []
    )
  })

  it('as goals in the README of the benches are those that were measured', () =>
    has('bench/README.md', Goals.table(goals)))

  for (const name of Object.keys(PARTS))
    it(`of the part ${name} in the README of the benches are those that were measured`, () => {
      for (const table of tablesOf(name)) has('bench/README.md', table)
    })
})
