import { deepStrictEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as SingleTable from '../../src/aws/SingleTable'
import { defaults } from '../config/defaultConfig'
import * as Dynamo from './Dynamo'

const settings = (version: string, tableName: string | null = null) => ({
  ...defaults.daemon,
  applicationName: 'shop',
  version,
  tableName
})

/** A busy machine takes longer than a start would wait. */
const LONG_MS = 120_000

const row = { leaseKey: { S: 'Migration3.0' }, entityType: { S: 'CLIENT_VERSION_MIGRATION' } }
const WHY =
  'KCL 3.1.3 cannot run this application: the lease table shop is the single table of KCL 3.5 or later, and older versions take each of its rows for a lease. Set daemon.version to 3.5.1 or later, or begin a new application with another daemon.applicationName'

describe('the single table of KCL 3.5', () => {
  it('is refused to older versions, by one row of the lease table', async () => {
    const asked: Array<ReadonlyArray<string>> = []
    const get: SingleTable.Get = (...question) => {
      asked.push(question)
      return Promise.resolve(E.right(row))
    }
    deepStrictEqual(
      [
        await SingleTable.problem(settings('3.1.3'), get),
        await SingleTable.problem(settings('2.5.4', 'leases'), get),
        await SingleTable.problem(settings('3.5.1'), get)
      ],
      [WHY, WHY.replace('3.1.3', '2.5.4').replace('shop', 'leases'), null]
    )
    deepStrictEqual(asked, [
      ['shop', 'Migration3.0'],
      ['leases', 'Migration3.0']
    ])
  })

  it('is not seen where there is no such row, or no answer', async () => {
    for (const answer of [E.right(null), E.left(new Error('no answer within 3000 ms'))])
      equal(await SingleTable.problem(settings('3.1.3'), () => Promise.resolve(answer)), null)
  })

  it('is looked for by a process of its own, which says nothing where AWS refuses to answer', async (t) => {
    const answers = [
      { body: { Item: row } },
      { body: {} },
      { status: 400, body: { __type: 'AccessDeniedException' } }
    ]
    const { endpoint, asked, close } = await Dynamo.start((number) => answers[number] ?? { body: {} })
    t.after(close)
    const env = { ...process.env, AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }
    const place = { ...settings('3.1.3'), region: 'eu-west-1', dynamoDbEndpoint: endpoint }
    const said: Array<string | null> = []
    while (said.length < answers.length) said.push(await SingleTable.look(place, env, LONG_MS))
    deepStrictEqual(said, [WHY, null, null])
    equal(await SingleTable.look({ ...place, version: '3.5.1' }, env), null)
    equal(asked.length, 3)
  })
})
