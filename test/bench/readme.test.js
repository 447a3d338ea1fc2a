'use strict'
/** What the READMEs say is what is in bench/results/figures.json. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const Goals = require('../../bench/Goals')
const Headline = require('../../bench/Headline')
const Results = require('../../bench/Results')
const Table = require('../../bench/Table')

const root = path.join(__dirname, '../..')

/** Without the white space that aligns a table. */
const bare = (text) => text.replace(/ +/g, ' ').replace(/-+/g, '-')

const parts = Results.load('figures')

const PARTS = ['shapes', 'policies', 'growth', 'fold', 'start', 'checkpoints', 'slow', 'host']

/** The tables of a part as far as the README of the benches has them: all but what each port costs. */
const tablesOf = (name) =>
  require(`../../bench/parts/${name}`)
    .tables(parts[name])
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
  it('in the README are those that were measured', () => has('README.md', Headline.table(parts)))

  it('as goals in the README of the benches are those that were measured', () =>
    has('bench/README.md', Goals.table(parts)))

  for (const name of PARTS)
    it(`of the part ${name} in the README of the benches are those that were measured`, () => {
      for (const table of tablesOf(name)) has('bench/README.md', table)
    })
})
