'use strict'

/** A rule of a file in src, broken once: the text that keeps it, what takes its place, the rule that is gone. */
const broken = (file) => (rule, find, put) => ({ file: `src/${file}.ts`, rule, find, put })

module.exports = { broken }
