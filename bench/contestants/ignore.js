'use strict'
const { ack } = require('kclts')

exports.handler = () => ack()
