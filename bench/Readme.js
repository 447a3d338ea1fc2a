'use strict'
/** The figures that the READMEs show: the tables of bench/README.md, and the sentences of the README of the package. */
const Goals = require('./Goals')
const Table = require('./Table')

/** Which file of bench/results has the part that is shown: figures of all ports, or goals, measured beside aws-kcl alone. */
const SHOWN = {
  start: 'figures',
  shapes: 'figures',
  policies: 'figures',
  handlers: 'goals',
  checkpoints: 'figures',
  slow: 'figures',
  fold: 'goals',
  growth: 'goals',
  host: 'goals'
}

/** Those parts that were measured. */
const shown = (files) => Object.keys(SHOWN).filter((part) => files[SHOWN[part]][part] !== undefined)

/** The tables of a part as far as the README of the benches has them: all but what each port costs, and the long run. */
const tablesOf = (files, part) =>
  require(`./parts/${part}`)
    .tables(files[SHOWN[part]][part])
    .filter(({ head }) => !head.includes('p50 us') && head[0] !== 'records so far')

const allTables = (files) => [
  Goals.table(files.goals),
  ...shown(files).flatMap((part) => tablesOf(files, part))
]

const FIRST = /^\| *([^|]*?) *\|/

/**
 * The text with each table in place of the one that begins with the same cell; of several that do, in their order. One that
 * has no place yet comes last, below its title.
 *
 * @param tables in that order
 */
const withTables = (text, tables) => {
  const left = [...tables]
  const replaced = text.split(/(?<=\n)(?=\n)|(?<=\n\n)/).map((block) => {
    const [, first] = FIRST.exec(block) ?? []
    const index = first === undefined ? -1 : left.findIndex(({ head }) => head[0] === first)
    if (index < 0) return block
    const [{ head, rows }] = left.splice(index, 1)
    return `${Table.render(head, rows)}\n`
  })
  const added = left.map(({ title, head, rows }) => `\n## ${title}\n\n${Table.render(head, rows)}\n`)
  return [...replaced, ...added].join('')
}

/** The first list below the heading of the README. */
const LIST = /(?<=^## How fast it is\n\n(?:(?![#-])[^\n]*\n)*)(?:- [^\n]*\n(?: {2}[^\n]*\n)*)+/m

const WIDTH = 126

/** A point of a list, of lines that are no longer than the others of the page. */
const pointOf = (sentence) =>
  sentence
    .split(' ')
    .reduce(
      ([last, ...before], word) =>
        last.length + 1 + word.length > WIDTH
          ? [`  ${word}`, last, ...before]
          : [`${last} ${word}`, ...before],
      ['-']
    )
    .reverse()
    .map((line) => `${line}\n`)
    .join('')

/** The text with these sentences as that list. */
const withSentences = (text, sentences) => text.replace(LIST, () => sentences.map(pointOf).join(''))

module.exports = { SHOWN, allTables, shown, tablesOf, withSentences, withTables }
