import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Secrets from '../../src/codec/Secrets'

describe('what is shown', () => {
  it('has no secret in it', () =>
    assert.deepEqual(
      [
        ['authorization', 'Bearer abc'],
        ['X-Api-Key', 'abc'],
        ['kinesisClient.secretAccessKey', 'abc'],
        ['daemon.repository', 'https://me:abc@example.com/maven'],
        ['daemon.java', '-Xmx1g -Dhttps.proxyPassword=abc -Dother=1'],
        ['daemon.credentials', 'com.example.Static|AKIA|abc,default']
      ].map(([name = '', text = '']) => Secrets.mask(name, text)),
      [
        '***',
        '***',
        '***',
        'https://me:***@example.com/maven',
        '-Xmx1g -Dhttps.proxyPassword=*** -Dother=1',
        'com.example.Static|***,default'
      ]
    ))

  it('is all else, and where a secret is to be read from', () => {
    for (const [name = '', text = ''] of [
      ['authorization', 'Bearer ${TOKEN}'],
      ['daemon.streamName', 'secret'],
      ['daemon.credentials', 'profile:dev'],
      ['daemon.credentials', 'StsAssumeRoleCredentialsProvider|arn:aws:iam::1:role/a|session'],
      ['daemon.kinesisEndpoint', 'http://127.0.0.1:4567'],
      ['daemon.java', '-XX:MaxRAMPercentage=25']
    ])
      assert.equal(Secrets.mask(name, text), text)
  })
})
