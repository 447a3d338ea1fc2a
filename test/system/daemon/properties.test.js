'use strict'
/** What `kclts config` prints for the daemon is read by the daemon's own classes as it was meant. */
const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const Jars = require('./stage/Jars')

const BIN = path.join(__dirname, '..', '..', '..', 'dist', 'bin.js')
const PROBE = path.join(__dirname, 'probe', 'Probe.java')
const MAIN = 'software.amazon.kinesis.multilang.config.Probe'

const HEADING = /^# The daemon's properties .*$/m

/** The .properties file of a configuration, which is written as JSON, and so is YAML. */
const propertiesOf = (folder, daemon) => {
  const file = path.join(folder, 'kcl.config.yaml')
  fs.writeFileSync(file, JSON.stringify({ handler: './handler.js', daemon }))
  const printed = execFileSync(process.execPath, [BIN, 'config', '--config', file], { encoding: 'utf8' })
  return printed.slice(HEADING.exec(printed).index)
}

for (const version of Jars.VERSIONS)
  describe(`the daemon of KCL ${version}`, () => {
    let folder
    before(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-properties-'))
      execFileSync('javac', ['-cp', Jars.classpath(version), '-d', folder, PROBE])
    })
    after(() => fs.rmSync(folder, { recursive: true }))

    const read = (daemon) => {
      const file = path.join(folder, 'kcl.properties')
      fs.writeFileSync(file, propertiesOf(folder, { version, ...daemon }))
      const classpath = [folder, Jars.classpath(version)].join(path.delimiter)
      const said = execFileSync('java', ['-cp', classpath, MAIN, file], { encoding: 'utf8', stdio: 'pipe' })
      return Object.fromEntries(
        said
          .split('\n')
          .filter((line) => line.startsWith('> '))
          .map((line) => line.slice(2).split(': '))
      )
    }
    const orders = {
      streamName: 'orders',
      applicationName: 'order-consumer',
      region: 'eu-west-1',
      workerId: 'me'
    }

    it('reads what is given to it by default', () =>
      assert.deepEqual(read(orders), {
        application: 'order-consumer',
        worker: 'me',
        stream: 'orders',
        position: 'TRIM_HORIZON',
        from: 'null',
        retrieval: 'polling, 10000 each 1500 ms',
        metrics: 'NONE',
        failover: '10000',
        leases: '2147483647',
        sync: '60000',
        grace: '20000',
        'empty batches': 'true',
        retries: '2'
      }))

    it('reads every setting', () =>
      assert.deepEqual(
        read({
          ...orders,
          streamName: undefined,
          streamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders',
          initialPosition: '2026-01-31T12:00:00Z',
          retrieval: 'fan-out',
          consumerName: 'mine',
          credentials: 'profile:dev',
          kinesisEndpoint: 'http://127.0.0.1:4567',
          dynamoDbEndpoint: 'http://127.0.0.1:8000',
          metrics: 'summary',
          tableName: 'leases',
          failoverTime: '20s',
          maxLeases: 3,
          shutdownGrace: '9s',
          properties: { shardSyncIntervalMillis: 1000, callProcessRecordsEvenForEmptyRecordList: false }
        }),
        {
          application: 'leases',
          worker: 'me',
          stream: 'orders',
          position: 'AT_TIMESTAMP',
          from: String(Date.parse('2026-01-31T12:00:00Z')),
          retrieval: 'fan-out by mine',
          metrics: 'SUMMARY',
          failover: '20000',
          leases: '3',
          sync: '1000',
          grace: '9000',
          'empty batches': 'false',
          retries: '2'
        }
      ))

    it('polls as configured', () =>
      assert.equal(
        read({ ...orders, maxRecords: 100, idleTimeBetweenReads: '250ms' }).retrieval,
        'polling, 100 each 250 ms'
      ))
  })
