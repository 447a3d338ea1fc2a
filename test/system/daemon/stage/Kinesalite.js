'use strict'
/**
 * kinesalite, in this process: for the tests of thousands of records, which it stores ten times as fast as kinesis-local. It
 * is not maintained any more; what it lacks for the KCL is added here.
 */
const crypto = require('node:crypto')
const http2 = require('node:http2')
const Faults = require('./Faults')
const listen = require('./listen')

/**
 * At a closed shard's end Kinesis names the child shards. kinesalite does not, and then the KCL asks again for
 * ever and shardEnded never comes. Must run before kinesalite itself is loaded.
 */
const tellChildShards = () => {
  const file = require.resolve('kinesalite/actions/getRecords')
  const { ITERATOR_PWD_KEY, ITERATOR_PWD_IV } = require('kinesalite/db')
  const getRecords = require(file)
  const shardOf = (iterator) => {
    const bytes = Buffer.from(iterator, 'base64').subarray(8)
    const cipher = crypto.createDecipheriv('aes-256-cbc', ITERATOR_PWD_KEY, ITERATOR_PWD_IV)
    const [, stream, shard] = Buffer.concat([cipher.update(bytes), cipher.final()])
      .toString()
      .split('/')
    return { stream, shard }
  }
  const parents = (shard) => [shard.ParentShardId, shard.AdjacentParentShardId].filter(Boolean)
  require.cache[file].exports = (store, request, done) =>
    getRecords(store, request, (problem, answer) => {
      if (problem || answer.NextShardIterator) return done(problem, answer)
      const { stream, shard } = shardOf(request.ShardIterator)
      store.getStream(stream, (missing, found) => {
        if (missing) return done(missing)
        const ChildShards = found.Shards.filter((child) => parents(child).includes(shard)).map((child) => ({
          ShardId: child.ShardId,
          ParentShards: parents(child),
          HashKeyRange: child.HashKeyRange
        }))
        done(null, { ...answer, ChildShards })
      })
    })
}

/**
 * Starts it. Out: `port`, which speaks HTTP/1.1; `endpoint`, which speaks HTTP/2 without TLS, since the KCL's client speaks
 * nothing else to http://; `cut()`, which breaks all connections to the endpoint until what it returns is called; `fail(find)`, as
 * Faults.before has it; `stop()`.
 */
const start = async () => {
  tellChildShards()
  const streams = require('kinesalite')({
    createStreamMs: 5,
    updateStreamMs: 5,
    deleteStreamMs: 5,
    shardLimit: 1000
  })
  const { listener, fail } = Faults.before(streams.listeners('request')[0], {
    type: 'application/x-amz-json-1.1'
  })
  const framed = http2.createServer({ settings: { initialWindowSize: 1 << 20 } }, listener)
  framed.on('sessionError', () => {}) // a killed daemon resets its connections
  const sessions = new Set()
  let isCut = false
  framed.on('session', (session) => {
    if (isCut) session.destroy()
    else sessions.add(session.once('close', () => sessions.delete(session)))
  })
  const [port, framedPort] = await Promise.all([streams, framed].map(listen))
  return {
    port,
    endpoint: `http://127.0.0.1:${framedPort}`,
    cut: () => {
      isCut = true
      for (const session of sessions) session.destroy()
      return () => (isCut = false)
    },
    fail,
    stop: () => {
      for (const session of sessions) session.destroy()
      streams.closeAllConnections()
      for (const server of [streams, framed]) server.close(() => {})
    }
  }
}

module.exports = { start }
