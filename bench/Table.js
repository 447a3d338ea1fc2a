'use strict'
/** Tables in Markdown, aligned so that they can be read in a terminal and pasted into a README as they are. */

/** Names to the left, figures to the right. */
const isOfFigures = (rows, column) => column > 0 && rows.some((cells) => /^\d/.test(cells[column]))

/**
 * @param head the columns' titles
 * @param rows cells of text, as many as there are titles
 */
const render = (head, rows) => {
  const columns = head.map((title, column) => ({
    width: Math.max(3, title.length, ...rows.map((cells) => cells[column].length)),
    isRight: isOfFigures(rows, column)
  }))
  const line = (cells) =>
    `| ${cells
      .map((cell, column) => {
        const { width, isRight } = columns[column]
        return isRight ? cell.padStart(width) : cell.padEnd(width)
      })
      .join(' | ')} |`
  const rule = columns.map(({ width, isRight }) =>
    isRight ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)
  )
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

/** A number with about three digits that count. */
const figure = (number) =>
  number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2)

/** `3.30 (3.12 to 3.41)`: the median, and where eight tenths of the rounds are. */
const spread = ({ median, low, high }) => `${figure(median)} (${figure(low)} to ${figure(high)})`

/** `1/5.0` for a fifth. */
const part = (number) => (number < 1 ? `1/${figure(1 / number)}` : `${figure(number)} x`)

module.exports = { figure, part, render, spread }
