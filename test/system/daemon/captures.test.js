'use strict'
/**
 * What Amazon's daemon makes of lines that a child of ours never says. Each conversation is compared with the one of
 * that name in test/protocol/captures, which `protocol/Daemon` is held to; UPDATE_CAPTURES=1 writes them.
 */
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const Emulators = require('./stage/Emulators')
const Jars = require('./stage/Jars')
const Leases = require('./stage/Leases')
const Stage = require('./stage/Stage')
const Stream = require('./stage/Stream')
const Capture = require('./stage/Capture')

const VERSION = Jars.CURRENT
const ZERO = 'shardId-000000000000'

const checkpoint = (sequenceNumber, subSequenceNumber) => ({
  ask: JSON.stringify({ action: 'checkpoint', sequenceNumber, subSequenceNumber })
})
const ask = (line) => ({ ask: line })
const say = (line) => ({ say: line })
const status = (responseFor) => say(JSON.stringify({ action: 'status', responseFor }))

const END = 'the shard is split'
const STOP = 'the worker is stopped'
const THEFT = 'the lease is stolen'
const DEATH = 'the daemon ends by itself'

/** By name: what happens after the first batch, and what the child says. */
const conversations = {
  'the-last-record-at-a-shards-end': [
    END,
    {
      processRecords: [status('processRecords')],
      shardEnded: [
        checkpoint('$last'),
        checkpoint(null),
        checkpoint('$last'),
        checkpoint('SHARD_END'),
        status('shardEnded')
      ]
    }
  ],
  'the-last-checkpoint-again-at-a-shards-end': [
    END,
    {
      processRecords: [checkpoint('$last'), status('processRecords')],
      shardEnded: [checkpoint('$last'), status('shardEnded')]
    }
  ],
  'positions-beside-the-last-at-a-shards-end': [
    END,
    {
      processRecords: [status('processRecords')],
      shardEnded: [
        checkpoint('$last-1'),
        checkpoint('$first'),
        checkpoint('$last', 1),
        checkpoint('$last'),
        checkpoint('$last+1'),
        checkpoint('SHARD_END', 2),
        checkpoint('SHARD_END'),
        status('shardEnded')
      ]
    }
  ],
  'sentinels-before-the-first-checkpoint': [
    STOP,
    {
      processRecords: [
        checkpoint('TRIM_HORIZON'),
        checkpoint('AT_TIMESTAMP'),
        checkpoint('LATEST'),
        checkpoint('TRIM_HORIZON'),
        checkpoint('LATEST', 3),
        checkpoint('SHARD_END'),
        checkpoint('007'),
        checkpoint('7'),
        checkpoint('7', 1),
        checkpoint('007', 1),
        checkpoint('$last', 1),
        checkpoint('$last+1'),
        checkpoint(null, 5),
        checkpoint('$last'),
        status('processRecords')
      ]
    }
  ],
  'lines-that-jackson-takes': [
    STOP,
    {
      processRecords: [
        say('{"action":"initialize","shardId":"x","sequenceNumber":null,"subSequenceNumber":null}'),
        say('{"action":"processRecords","records":[],"millisBehindLatest":null}'),
        say('{"action":"shutdown","reason":"ZOMBIE"}'),
        say('{"action":"shutdown"}'),
        say('{"action":"leaseLost"}'),
        ask('{"action":"checkpoint","sequenceNumber":"$first","subSequenceNumber":"0"}'),
        ask('{"action":"checkpoint","sequenceNumber":"$first","subSequenceNumber":1.9}'),
        ask('{"action":"checkpoint","sequenceNumber":"$first","subSequenceNumber":""}'),
        ask('{"action":"checkpoint","sequenceNumber":"$first","error":"x"}'),
        ask('{"action":"checkpoint","sequenceNumber":true}'),
        ask('{"action":"checkpoint","sequenceNumber":1e3}'),
        ask('{"action":"checkpoint","sequenceNumber":$first}'),
        ask(' {"sequenceNumber":"$last","action":"checkpoint"} and more'),
        ask('{"action":"checkpoint","sequenceNumber":"1","sequenceNumber":"$last"}'),
        status('processRecords')
      ]
    }
  ],
  'lines-that-jackson-does-not-take': [
    STOP,
    {
      processRecords: [
        say('  '),
        say('[]'),
        say('7'),
        say('"status"'),
        say('{}'),
        say('{"action":null}'),
        say('{"action":"record"}'),
        say('{"action":"checkpoint","sequenceNumber":{}}'),
        say('{"action":"checkpoint","sequenceNumber":["1"]}'),
        say('{"action":"checkpoint","subSequenceNumber":true}'),
        say('{"action":"checkpoint","subSequenceNumber":"x"}'),
        say('{"action":"checkpoint","subSequenceNumber":9223372036854775808}'),
        say('{"action":"checkpoint","checkpoint":"1"}'),
        say('{"action":"status","responseFor":"processRecords","extra":null}'),
        say("{'action':'status','responseFor':'processRecords'}"),
        say('{"action":"status","responseFor":{}}'),
        say('{"action":"leaseLost","extra":1}'),
        status('processRecords')
      ]
    }
  ],
  'a-wrong-status-at-a-stop': [STOP, { shutdownRequested: [status('initialize')] }],
  'null-at-a-stop': [STOP, { shutdownRequested: [say('null')] }],
  'an-exit-at-a-stop': [STOP, { shutdownRequested: [{ exit: 0 }] }],
  'null-in-a-batch': [DEATH, { processRecords: [say('null')] }],
  'a-status-for-nothing': [DEATH, { processRecords: [say('{"action":"status"}')] }],
  'a-status-for-a-number': [DEATH, { processRecords: [say('{"action":"status","responseFor":7}')] }],
  'an-exit-between-actions': [STOP, { processRecords: [status('processRecords'), { exit: 0 }] }],
  'checkpoints-without-a-lease': [
    THEFT,
    {
      processRecords: [
        checkpoint('$first'),
        { when: 'stolen' },
        checkpoint('$first'),
        checkpoint('$last+1'),
        checkpoint('nothing'),
        checkpoint('$last'),
        checkpoint(null),
        status('processRecords')
      ]
    }
  ]
}

describe(`under Amazon's daemon ${VERSION}`, () => {
  let emulators
  before(async () => (emulators = await Emulators.start()))
  after(() => emulators.stop())

  const happens = {
    [END]: async (stage, daemon) => {
      await Stream.split(emulators, stage.stream, ZERO)
      await daemon.until('the shard ended', () => Capture.has(stage, 'eof'))
    },
    [STOP]: (stage, daemon) => daemon.terminate(),
    [THEFT]: async (stage, daemon) => {
      await daemon.until('the first checkpoint was stored', () => Capture.has(stage, '>', /"checkpoint"/))
      const thief = await Leases.steal(emulators, stage.application, ZERO)
      await daemon.until('the lease is lost', () => /LEASE_LOST|lost lease|Lost lease/i.test(daemon.log()))
      fs.writeFileSync(path.join(stage.project.folder, 'stolen'), '')
      await daemon.until('the child is told', () => Capture.has(stage, 'eof'))
      await thief.stop()
    },
    [DEATH]: (stage, daemon) => daemon.exited
  }

  for (const [name, [what, script]] of Object.entries(conversations))
    it(`${name}: ${what}`, async (t) => {
      const stage = await Stage.set(t, emulators, {
        version: VERSION,
        shards: 1,
        handler: 'wire',
        configuration: { script }
      })
      await stage.put(Stream.numbered(4))
      const daemon = stage.run({ executableName: 'node wire.js' })
      await daemon.until('the batch was heard', () => Capture.has(stage, '>', /processRecords/))
      if (what === STOP)
        await daemon.until('the batch was answered', () => Capture.has(stage, '<', /status.*processRecords/))
      await happens[what](stage, daemon)
      await Capture.left(stage)
      const said = Capture.of(stage, ZERO)
      const file = path.join(__dirname, '..', '..', 'protocol', 'captures', `${name}.txt`)
      if (process.env.UPDATE_CAPTURES === '1') fs.writeFileSync(file, said)
      else assert.equal(Capture.numbered(said), Capture.numbered(fs.readFileSync(file, 'utf8')))
    })
})
