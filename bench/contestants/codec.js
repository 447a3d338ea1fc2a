'use strict'
const { createRequire } = require('node:module')
const { ack, decodeJson } = require('kclts')
// That of kclts: the project of the bench installs nothing.
const t = createRequire(require.resolve('kclts'))('io-ts')

const Order = t.type({ id: t.string, total: t.number, note: t.string }, 'Order')

exports.handler = decodeJson(Order)(() => ack())
