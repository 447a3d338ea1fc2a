'use strict'
/**
 * kinesis-local as a server of one address: `HOST` (127.0.0.1) and `PORT` (4568), plain HTTP/1.1 and HTTP/2.
 * The server ends with its stdin, so that it does not outlive the program that started it by a pipe.
 */
const net = require('node:net')
const path = require('node:path')

const { HOST = '127.0.0.1', PORT = '4568' } = process.env

/** kinesis-local has no setting for the address that it listens on, and would take every interface. */
const { listen } = net.Server.prototype
net.Server.prototype.listen = function (port, listening) {
  return listen.call(this, port, HOST, listening)
}

const main = require.resolve('kinesis-local')
const AT_ONCE = '5ms'
Object.assign(process.env, {
  KINESIS_MOCK_PLAIN_PORT: PORT,
  KINESIS_MOCK_TLS_PORT: '0', // any free port: nothing here speaks TLS
  KINESIS_MOCK_CERT_PATH: path.join(path.dirname(main), 'server.json'), // else it is looked for in the current folder
  SHARD_LIMIT: '5000',
  LOG_LEVEL: 'ERROR',
  CREATE_STREAM_DURATION: AT_ONCE,
  DELETE_STREAM_DURATION: AT_ONCE,
  MERGE_SHARDS_DURATION: AT_ONCE,
  SPLIT_SHARD_DURATION: AT_ONCE,
  UPDATE_SHARD_COUNT_DURATION: AT_ONCE
})

require('./endWithStdin')
require(main)
