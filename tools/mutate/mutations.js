'use strict'
// Each rule of the fold, broken once.

const mutations = [
  ...require('./rules/daemon'),
  ...require('./rules/conversation'),
  ...require('./rules/records'),
  ...require('./rules/effects'),
  ...require('./rules/parts'),
  ...require('./rules/tracing')
]

/** Some of every kind, for a quick check that the machinery works. */
const sample = (size) => {
  const every = Math.floor(mutations.length / size)
  return mutations.filter((_, index) => index % every === 0).slice(0, size)
}

module.exports = { mutations, sample }
