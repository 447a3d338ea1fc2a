import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Secrets from '../../src/values/Secrets'

const { shown } = Secrets

describe('what is shown of', () => {
  for (const [what, reader, rows] of [
    [
      'a URL',
      Secrets.url,
      [
        ['http://127.0.0.1:4567', 'http://127.0.0.1:4567'],
        ['https://me:abc@example.com/maven', 'https://***@example.com/maven'],
        ['https://abc@example.com', 'https://***@example.com'],
        ['https://me:a@b@example.com/a', 'https://***@example.com/a'],
        ['https://h/x?token=abc&page=2#abc', 'https://h/x?token=***&page=***#***'],
        ['https://h/x?abc', 'https://h/x?***'],
        [
          'https://hooks.example.com/services/T0001/x7Qp01mZx7Qp01mZx7Qp',
          'https://hooks.example.com/services/T0001/***'
        ],
        [
          'https://api.telegram.org/bot1234567:AAx7Qp01mZx7Qp01mZx7Qp01mZ/sendMessage',
          'https://api.telegram.org/***/sendMessage'
        ],
        ['https://h/in/eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0./x', 'https://h/in/***/x'],
        [
          'https://sqs.eu-central-1.amazonaws.com/123456789012/orders',
          'https://sqs.eu-central-1.amazonaws.com/123456789012/orders'
        ],
        ['abc', '***'],
        ['me:abc@h', '***'],
        ['https://me:a/b@h', '***']
      ]
    ],
    [
      'options of the JVM',
      Secrets.options,
      [
        ['-XX:MaxRAMPercentage=25 -Xmx1g', '-XX:MaxRAMPercentage=25 -Xmx1g'],
        ['-Dhttps.proxyPassword=abc -Dother=1', '-Dhttps.proxyPassword=*** -Dother=1'],
        ['-Djavax.net.ssl.trustStorePass=abc', '-Djavax.net.ssl.trustStorePass=***'],
        ['-Daws.secretKey=abc -Daws.accessKeyId=abc', '-Daws.secretKey=*** -Daws.accessKeyId=***'],
        ['-Dproxy=http://u:abc@h:1', '-Dproxy=http://***@h:1'],
        ['-DproxyPassword=abc def', '-DproxyPassword=*** ***'],
        ['-javaagent:a.jar=abc', '-javaagent:a.jar=***']
      ]
    ],
    [
      'credentials providers',
      Secrets.providers,
      [
        ['com.example.Static|AKIA|abc,default', 'com.example.Static|***,default'],
        ['com.example.MyProfileStore|abc', 'com.example.MyProfileStore|***'],
        ['profile:dev', 'profile:dev'],
        ['ProfileCredentialsProvider|dev', 'ProfileCredentialsProvider|dev'],
        [
          'StsAssumeRoleCredentialsProvider|arn:aws:iam::1:role/a|session|externalId=abc',
          'StsAssumeRoleCredentialsProvider|arn:aws:iam::1:role/a|session|externalId=***'
        ],
        ['AKIA:abc', '***']
      ]
    ],
    [
      'a header',
      Secrets.header('X-Anything'),
      [
        ['abc', '***'],
        ['Bearer ${TOKEN}', 'Bearer ${TOKEN}'],
        ['${TOKEN}', '${TOKEN}'],
        ['abc${TOKEN}', '***${TOKEN}']
      ]
    ],
    ['a header that is never a secret', Secrets.header('content-type'), [['text/plain', 'text/plain']]],
    ['a property by its name', Secrets.property('kinesisClient.secretAccessKey'), [['abc', '***']]],
    [
      'a property by its value',
      Secrets.property('kinesisClient.proxy'),
      [
        ['http://u:abc@h', 'http://***@h'],
        ['STANDARD', 'STANDARD']
      ]
    ],
    [
      'what others say',
      Secrets.foreign,
      [
        ['from central (https://u:p@repo/maven2): 401', 'from central (https://***@repo/maven2): 401'],
        [
          'Picked up JAVA_TOOL_OPTIONS: -Dhttp.proxyPassword=abc',
          'Picked up JAVA_TOOL_OPTIONS: -Dhttp.proxyPassword=***'
        ],
        ["unknown option '-Dx.token=abc'", "unknown option '-Dx.token=***'"],
        ['authorization: Bearer abc123 is wrong', 'authorization: Bearer *** is wrong'],
        ['bad URL https://u:a b@h', 'bad URL https://u:a b@h'],
        [
          'InvalidClientTokenId: The security token is not valid',
          'InvalidClientTokenId: The security token is not valid'
        ]
      ]
    ]
  ] as const)
    it(`${what} has no secret`, () =>
      assert.deepEqual(
        rows.map(([text]) => shown(reader)(text)),
        rows.map(([, expected]) => expected)
      ))
})

describe('a known secret', () => {
  const hide = Secrets.hide(['user:p/w+r d1', 'Bearer x7Qp01mZ', 'abc'])

  it('is hidden as it is, in a URL, in JSON and in base64', () => {
    for (const text of [
      'user:p/w+r d1',
      'p/w+r d1',
      encodeURIComponent('p/w+r d1'),
      `"Bearer x7Qp01mZ"`,
      'x7Qp01mZ',
      ...['', 'a', 'ab', 'abc'].map((before) => Buffer.from(`${before}:x7Qp01mZ!`).toString('base64'))
    ])
      assert.match(hide(`<${text}>`), /\*\*\*/, text)
  })

  it('that is too short to be distinguished from a word is left', () =>
    assert.equal(hide('abcdef abc'), 'abcdef abc'))

  it('of a Basic header is hidden without its user, too', () =>
    assert.equal(
      Secrets.hide([`Basic ${Buffer.from('me:x7Qp01mZ').toString('base64')}`])('password x7Qp01mZ is wrong'),
      'password *** is wrong'
    ))
})
