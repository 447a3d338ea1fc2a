import { deepStrictEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Permission from '../../src/aws/Permission'
import { failing } from './access'

const asked = { action: 'kinesis:GetRecords', resource: 'arn:aws:kinesis:eu-west-1:1:stream/orders' }

const outcome = (name: string, message: string): Permission.Outcome =>
  Permission.outcome('daemon.kinesisEndpoint')(asked, E.left(failing(name, message)))

describe('an answer of AWS', () => {
  it('says that it is permitted', () => {
    deepStrictEqual(Permission.outcome('daemon.kinesisEndpoint')(asked, E.right('records')), {
      _tag: 'Granted'
    })
  })

  for (const name of [
    'ConditionalCheckFailedException',
    'ResourceNotFoundException',
    'ProvisionedThroughputExceededException',
    'ThrottlingException'
  ])
    it(`says that it is permitted, too, when it is ${name}: AWS looks at permissions first`, () =>
      deepStrictEqual(outcome(name, 'no'), { _tag: 'Granted' }))

  for (const [what, message, denied] of [
    ['without more', 'no', { permission: asked, why: null }],
    [
      'with the reason',
      'User: u is not authorized to perform: kinesis:GetRecords on resource: arn:x because no identity-based policy allows the kinesis:GetRecords action',
      {
        permission: { action: 'kinesis:GetRecords', resource: 'arn:x' },
        why: 'because no identity-based policy allows the kinesis:GetRecords action'
      }
    ],
    [
      'of what it needs besides',
      'User: u is not authorized to perform: kms:Decrypt on resource: arn:key with an explicit deny',
      { permission: { action: 'kms:Decrypt', resource: 'arn:key' }, why: 'with an explicit deny' }
    ],
    [
      'with an action alone',
      'User: u is not authorized to perform: kinesis:ListShards',
      { permission: { action: 'kinesis:ListShards', resource: asked.resource }, why: null }
    ]
  ] as const)
    it(`says that it is denied, ${what}`, () =>
      deepStrictEqual(outcome('AccessDeniedException', message), { _tag: 'Denied', ...denied }))

  it('says nothing of permissions', () => {
    deepStrictEqual(outcome('Error', 'connect ECONNREFUSED 127.0.0.1:1'), {
      _tag: 'Unclear',
      why: 'nothing listens at 127.0.0.1:1; check daemon.kinesisEndpoint and the network'
    })
  })
})

describe('a policy for what is denied', () => {
  it('has a statement for each resource, with each action once', () => {
    const of = (action: string, resource: string): Permission.Permission => ({ action, resource })
    deepStrictEqual(Permission.policy([of('a:B', 'x'), of('a:C', 'y'), of('a:D', 'x'), of('a:B', 'x')]), {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: ['a:B', 'a:D'], Resource: 'x' },
        { Effect: 'Allow', Action: ['a:C'], Resource: 'y' }
      ]
    })
  })

  it('is null if nothing is denied', () => deepStrictEqual(Permission.policy([]), null))
})
