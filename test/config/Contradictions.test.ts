import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Contradictions from '../../src/config/Contradictions'
import type { DaemonSettings } from '../../src/config/DaemonSettings'
import { defaults } from './defaultConfig'

const streamArn = 'arn:aws:kinesis:us-east-1:123456789012:stream/orders'
const consumerArn = `${streamArn}/consumer/c:1`

const problems = (some: Partial<DaemonSettings>): ReadonlyArray<string> =>
  Contradictions.of({ ...defaults.daemon, ...some }).map(({ key, text }) => `${key}: ${text}`)

describe('settings of the daemon that contradict each other', () => {
  it('are the name of a stream and the ARN of another one', () => {
    assert.deepEqual(problems({ streamName: 'clicks', streamArn }), [
      'daemon.streamName: found clicks, but daemon.streamArn names the stream orders; remove one of them'
    ])
    assert.deepEqual(problems({ streamName: 'orders', streamArn }), [])
  })

  it('are a region that is not that of the ARN, or that AWS cannot have, unless an emulator is named', () => {
    const kinesisEndpoint = 'http://127.0.0.1:4567'
    assert.deepEqual(
      [
        problems({ streamArn, region: 'eu-west-1' }),
        problems({ region: 'eu-wst-1' }),
        problems({ streamArn, region: 'eu-west-1', kinesisEndpoint }),
        problems({ region: 'local', kinesisEndpoint }),
        ...[
          'us-east-1',
          'us-gov-west-1',
          'us-isob-east-1',
          'eusc-de-east-1',
          'mx-central-1',
          'ap-southeast-7'
        ].map((region) => problems({ region }))
      ],
      [
        ['daemon.region: found eu-west-1, but the ARN is of us-east-1'],
        ['daemon.region: found eu-wst-1, which is no region of AWS, expected one such as eu-west-1'],
        ...Array.from({ length: 8 }, () => [])
      ]
    )
  })

  it('are a consumer of another stream, region or account', () => {
    assert.deepEqual(
      [
        problems({ streamName: 'clicks', consumerArn }),
        problems({ streamArn: streamArn.replace('us-east-1', 'eu-west-1'), consumerArn }),
        problems({ streamArn, consumerArn }),
        problems({ consumerArn })
      ],
      [
        ['daemon.consumerArn: it is a consumer of orders, but the stream is clicks'],
        [
          'daemon.consumerArn: it is a consumer of a stream in us-east-1, account 123456789012, but the stream is in eu-west-1, account 123456789012'
        ],
        [],
        []
      ]
    )
  })
})
