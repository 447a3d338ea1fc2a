'use strict'
// Which child has a conversation: a session, and each fourth time kclts/compat.
const Compat = require('./compat')
const Session = require('./session')

const have = (seed, number) => (number % 4 === 3 ? Compat : Session).have(seed, number)

module.exports = { have }
