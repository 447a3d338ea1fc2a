'use strict'

/** A rule of a file in src/core, broken once: the text that keeps it, what takes its place, the rule that is gone. */
const broken = (file) => (rule, find, put) => ({ file: `src/core/${file}.ts`, rule, find, put })

module.exports = { broken }
