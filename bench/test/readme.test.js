'use strict'
/** What the READMEs say is what is in bench/results: figures of all ports, and goals, measured beside aws-kcl alone. */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const Goals = require('../Goals')
const Headline = require('../Headline')
const Readme = require('../Readme')
const Results = require('../Results')
const Table = require('../Table')

const root = path.join(__dirname, '../..')

/** Without the white space that aligns a table. */
const bare = (text) => text.replace(/ +/g, ' ').replace(/-+/g, '-')

const goals = Results.load('goals')
const figures = Results.load('figures')

const files = { goals, figures }

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

  for (const name of Readme.shown(files))
    it(`of the part ${name} in the README of the benches are those that were measured`, () => {
      for (const table of Readme.tablesOf(files, name)) has('bench/README.md', table)
    })

  it('replace no other table when --readme writes them into the README of the benches', () => {
    const page = fs.readFileSync(path.join(root, 'bench/README.md'), 'utf8')
    assert.equal(bare(Readme.withTables(page, Readme.allTables(files))), bare(page))
  })

  it('are written into both by --readme: tables by their first cell, in order, and the sentences as the list', () => {
    const table = (first, cell) => ({ title: cell, head: [first, 'b'], rows: [['1', cell]] })
    assert.equal(
      Readme.withTables(
        '# x\n\n| a   | old |\n| --- | --- |\n| 0 | 0 |\n\ntext\n\n| a | b |\n| - | - |\n\n| c | d |\n',
        [table('a', 'one'), table('a', 'two'), table('e', 'new')]
      ),
      `# x\n\n${['one', 'two'].map((cell) => Table.render(['a', 'b'], [['1', cell]])).join('\n\ntext\n\n')}\n\n| c | d |\n\n## new\n\n${Table.render(['e', 'b'], [['1', 'new']])}\n`
    )
    assert.equal(
      Readme.withSentences('## How fast it is\n\nbeside\nx:\n\n- one\n  two\n- three\n\nnext\n\n- four\n', [
        'a',
        'b'
      ]),
      '## How fast it is\n\nbeside\nx:\n\n- a\n- b\n\nnext\n\n- four\n'
    )
    const page = fs.readFileSync(path.join(root, 'README.md'), 'utf8')
    assert.equal(Readme.withSentences(page, Headline.sentences(goals)), page)
    assert.match(Readme.withSentences(page, ['a sentence']), /^- a sentence$/m)
  })
})
