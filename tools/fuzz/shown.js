'use strict'

/** A conversation as text: its settings and the lines that were read, bytes beyond ASCII as \\u00xx. */
const shown = ({ lines, env }) =>
  [
    `settings: ${JSON.stringify(env)}`,
    ...lines.map((line) => `> ${JSON.stringify(line.toString('latin1'))}`)
  ].join('\n')

module.exports = { shown }
