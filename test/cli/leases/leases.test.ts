import { deepStrictEqual } from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Canvas from '../../../src/cli/leases/Canvas'
import { leases, type Context, type Options } from '../../../src/cli/leases/leases'
import type { Item } from '../../../src/aws/Item'

const START = Date.UTC(2026, 10, 23, 16, 41)

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-leases-'))
after(() => fs.rmSync(folder, { recursive: true }))
fs.writeFileSync(
  path.join(folder, 'kcl.config.yaml'),
  'handler: ./none.js\ndaemon: { applicationName: orders, region: eu-west-1, version: 2.5.4, failoverTime: 3s }\n'
)

const shard = (counter: number): Item => ({
  leaseKey: { S: 'shard-0' },
  checkpoint: { S: '100' },
  leaseCounter: { N: String(counter) },
  leaseOwner: { S: 'vm-0' }
})

const options = (some: Partial<Options> = {}): Options => ({
  request: { cwd: folder, file: null, env: {}, flags: {}, handlerRequired: false },
  named: { application: null, table: null },
  every: null,
  json: false,
  ...some
})

/**
 * Runs the command against tables that have these rows at one look after the other, an error for a look that fails; the
 * user stops it in the pause after the last. A pause takes its time on a clock of the test's own.
 */
const run = async (given: Options, looks: ReadonlyArray<ReadonlyArray<Item> | Error>) => {
  const stop = new AbortController()
  const did: Array<string> = []
  const printed: Array<string> = []
  const told: Array<string> = []
  let now = START
  let next = 0
  const around: Context = {
    connect: (daemon) => {
      did.push(`connects to ${daemon.region}`)
      return Promise.resolve(
        E.right({
          scan: (table) => {
            const content = looks[next++] ?? new Error('there is no such look')
            did.push(`scans ${table}`)
            return content instanceof Error ? Promise.reject(content) : Promise.resolve(content)
          },
          close: () => did.push('closes')
        })
      )
    },
    canvas: Canvas.appending((text) => printed.push(text), { gap: '', width: null }),
    tell: (text) => told.push(text),
    now: () => ({ wall: now, monotonic: now }),
    pause: (millis) => {
      did.push(`waits ${millis}`)
      now += millis
      if (next === looks.length) stop.abort()
      return Promise.resolve()
    },
    signal: stop.signal
  }
  return { code: await leases(given, around), did, printed, told }
}

/** The line of the shard in each picture, or what else there is to see. */
const rows = (printed: ReadonlyArray<string>): ReadonlyArray<string> =>
  printed.map((text) => text.split('\n').find((line) => line.startsWith('shard-0')) ?? text)

describe('kclts leases', () => {
  it('shows one look, with the settings of the configuration', async () => {
    const { printed, ...rest } = await run(options(), [[shard(1)]])
    deepStrictEqual(rest, {
      code: 0,
      did: ['connects to eu-west-1', 'scans orders', 'closes'],
      told: []
    })
    deepStrictEqual(rows(printed), ['shard-0  -        owned  vm-0   100/0       0'])
  })

  it('reads the table that is named', async () => {
    const { did } = await run(options({ named: { application: null, table: 'other' } }), [[shard(1)]])
    deepStrictEqual(did, ['connects to eu-west-1', 'scans other', 'closes'])
  })

  it('watches until it is stopped, and then ends with 0', async () => {
    const looks = [[shard(1)], [shard(2)], [shard(2)], [shard(2)]]
    const { printed, ...rest } = await run(options({ every: 2000 }), looks)
    deepStrictEqual(rest, {
      code: 0,
      did: ['connects to eu-west-1', ...looks.flatMap(() => ['scans orders', 'waits 2000']), 'closes'],
      told: []
    })
    deepStrictEqual(rows(printed), [
      'shard-0  -        owned  vm-0   100/0       0         0s+  0s+',
      'shard-0  -        owned  vm-0   100/0       0         0s   2s+',
      'shard-0  -        owned  vm-0   100/0       0         2s   4s+',
      'shard-0  -        expired  vm-0   100/0       0         4s   6s+'
    ])
  })

  it('goes on watching after a look that failed', async () => {
    const { code, printed, told } = await run(options({ every: 2000 }), [
      [shard(1)],
      new Error('throttled'),
      [shard(2)]
    ])
    deepStrictEqual([code, told], [0, []])
    deepStrictEqual(printed[1]?.split('\n').slice(0, 2), [
      '2026-11-23T16:41:00Z  orders: 1 lease: 1 owned',
      'The last look failed: orders cannot be read: Error: throttled'
    ])
    deepStrictEqual(rows(printed).slice(2), [
      'shard-0  -        owned  vm-0   100/0       0         0s   4s+'
    ])
  })

  it('prints a line of JSON for each look, and for each that failed', async () => {
    const { printed } = await run(options({ every: 2000, json: true }), [
      [shard(1)],
      new Error('throttled'),
      [shard(2)]
    ])
    deepStrictEqual(
      printed
        .map((line) => JSON.parse(line) as { readonly leases?: ReadonlyArray<{ counter: number }> })
        .map(({ leases: all, ...document }) =>
          all === undefined ? document : all.map(({ counter }) => counter)
        ),
      [
        [1],
        {
          time: '2026-11-23T16:41:02.000Z',
          application: 'orders',
          table: 'orders',
          problem: 'orders cannot be read: Error: throttled'
        },
        [2]
      ]
    )
  })

  it('ends with 2 when the first look fails, watched or not', async () => {
    const problem = 'kclts leases: orders cannot be read: Error: throttled\n'
    for (const every of [null, 2000]) {
      const { code, printed, told, did } = await run(options({ every }), [new Error('throttled')])
      deepStrictEqual(
        { code, printed, told, did },
        {
          code: 2,
          printed: [],
          told: [problem],
          did: ['connects to eu-west-1', 'scans orders', 'closes']
        }
      )
    }
  })

  it('ends with 2 and every mistake of the configuration, and asks no service', async () => {
    const wrong = options({
      request: {
        ...options().request,
        flags: { 'daemon-region': 'EU', 'daemon-failover-time': 'soon' }
      }
    })
    deepStrictEqual(await run(wrong, []), {
      code: 2,
      did: [],
      printed: [],
      told: [
        'kclts leases: --daemon-region: daemon.region: found "EU", expected the name of a region, such as eu-central-1\n',
        'kclts leases: --daemon-failover-time: daemon.failoverTime: found "soon", expected a duration of 1ms or more, such as 250ms, 30s, 5m, 1h, 1d or a number of seconds\n'
      ]
    })
  })

  it('ends with 2 when no application is named', async () => {
    const nowhere = fs.mkdtempSync(path.join(folder, 'empty-'))
    fs.writeFileSync(path.join(nowhere, 'package.json'), '{}')
    const { code, told } = await run(
      options({ request: { ...options().request, cwd: nowhere, file: null } }),
      []
    )
    deepStrictEqual(
      [code, told],
      [
        2,
        [
          'kclts leases: daemon.applicationName: missing, expected the application whose leases to show; set it, or use --application or --table\n'
        ]
      ]
    )
  })

  it('that is stopped while it looks ends with 0 and shows nothing', async () => {
    const stop = new AbortController()
    const printed: Array<string> = []
    const told: Array<string> = []
    const code = await leases(options(), {
      connect: () =>
        Promise.resolve(
          E.right({
            scan: () => {
              stop.abort()
              return Promise.reject(new Error('Request aborted'))
            },
            close: () => undefined
          })
        ),
      canvas: Canvas.appending((text) => printed.push(text), { gap: '', width: null }),
      tell: (text) => told.push(text),
      now: () => ({ wall: START, monotonic: 0 }),
      pause: () => Promise.resolve(),
      signal: stop.signal
    })
    deepStrictEqual([code, printed, told], [0, [], []])
  })

  it('ends with 2 when the client is not installed, with how to install it', async () => {
    const told: Array<string> = []
    const code = await leases(options(), {
      connect: () =>
        Promise.resolve(
          E.left('a package that this needs is not installed: npm install @aws-sdk/client-dynamodb')
        ),
      canvas: Canvas.appending(() => undefined, { gap: '', width: null }),
      tell: (text) => told.push(text),
      now: () => ({ wall: START, monotonic: 0 }),
      pause: () => Promise.resolve(),
      signal: new AbortController().signal
    })
    deepStrictEqual(
      [code, told],
      [
        2,
        ['kclts leases: a package that this needs is not installed: npm install @aws-sdk/client-dynamodb\n']
      ]
    )
  })
})
