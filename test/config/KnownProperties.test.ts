import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Config from '../../src/config/Config'
import * as KclVersion from '../../src/config/KclVersion'
import * as KnownProperties from '../../src/config/KnownProperties'

const names = (version: string): ReadonlyArray<string> => KnownProperties.of(version).map(({ name }) => name)

describe('the table of properties', () => {
  it('has each once in a version', () => {
    for (const version of ['2.5.4', '2.6.1', '2.7.0', '3.0.0', '3.1.3', '3.5.1'])
      assert.equal(new Set(names(version)).size, names(version).length)
  })

  it('has as many as the setters of the version, and those that the daemon reads beside them', () =>
    // Of MultiLangDaemonConfiguration, its delegates and FanoutConfigBean; executableName, processingLanguage and
    // maxActiveThreads are read from the file itself. No file can set shardPrioritization.
    assert.deepEqual(
      ['2.5.4', '3.1.3', '3.5.1', '3.5.3'].map((version) => names(version).length),
      [44 + 6 + 3 - 1, 77 + 6 + 3 - 1, 77 + 6 + 3 - 1 + 3, 77 + 6 + 3 - 1 + 3]
    ))

  it('has for 3.5.1 the setters of its multilang jar, 3.1.3, three that our main class reads, and the words of its own core', () => {
    assert.deepEqual(
      names('3.5.1').filter((name) => !names('3.1.3').includes(name)),
      [
        'migrateAllEntitiesToLeaseTable',
        'tableMigrationCompleteBakeTimeSeconds',
        'leaseTableScanTotalSegments'
      ]
    )
    const phase = 'CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X_PHASE1'
    const expectedOf = (version: string): string | null | undefined => {
      const known = KnownProperties.find(version, 'clientVersionConfig')
      return known && KnownProperties.expected(known, phase)
    }
    assert.deepEqual(['3.1.3', '3.5.1', '3.5.3'].map(expectedOf), [
      'CLIENT_VERSION_CONFIG_3X or CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X',
      null,
      null
    ])
  })

  it('has a default of its type where it has one', () =>
    assert.deepEqual(
      KnownProperties.all.filter(
        (known) => known.fallback !== null && KnownProperties.expected(known, known.fallback) !== null
      ),
      []
    ))

  it('has keys of the configuration for those that are not for the user', () =>
    assert.deepEqual(
      [...KnownProperties.reserved.values()].flatMap((reserved) =>
        reserved._tag === 'Key' && Config.keyOf(`daemon.${reserved.key}`) === undefined ? [reserved.key] : []
      ),
      []
    ))

  it('has the one name of the credentials or the other', () =>
    assert.deepEqual(
      ['2.6.1', '2.7.0', '3.1.3'].map((version) => names(version).filter((name) => /^aws/i.test(name))),
      [
        ['AWSCredentialsProvider', 'AWSCredentialsProviderDynamoDB', 'AWSCredentialsProviderCloudWatch'],
        ['AwsCredentialsProvider', 'AwsCredentialsProviderDynamoDB', 'AwsCredentialsProviderCloudWatch'],
        ['AwsCredentialsProvider', 'AwsCredentialsProviderDynamoDB', 'AwsCredentialsProviderCloudWatch']
      ]
    ))
})

describe('versions', () => {
  it('are compared by their numbers', () =>
    assert.deepEqual(['3.1.3', '2.10.0', '2.5.4', '2.7.0'].sort(KclVersion.compare), [
      '2.5.4',
      '2.7.0',
      '2.10.0',
      '3.1.3'
    ]))
})
