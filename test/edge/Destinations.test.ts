import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { SinkSettings } from '../../src/sinks/Settings'
import type * as Config from '../../src/config/Config'
import { ack } from '../../src/core/Decision'
import type { HandlerModule } from '../../src/edge/HandlerModule'
import * as Destinations from '../../src/edge/Destinations'
import type { Open } from '../../src/sinks/open'
import { record } from '../../src/testing'
import { letter } from '../deadLetters/letter'
import { loadIn, project, yaml } from '../config/Project'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-outlets-'))
after(() => fs.rmSync(room, { recursive: true }))

const config = (deadLetters: string, sinks: Readonly<Record<string, SinkSettings>> = {}): Config.Config => {
  const loaded = loadIn(project(yaml('')))
  if (E.isLeft(loaded)) throw new Error('the configuration is wrong')
  const { failure } = loaded.right.config
  return { ...loaded.right.config, failure: { ...failure, deadLetters }, sinks }
}

const moduleWith = (exports: Readonly<Record<string, unknown>> = {}): HandlerModule => ({
  handler: () => ack(),
  version: null,
  name: 'handler.js',
  exported: (name) => exports[name]
})

const unwanted: Open = () => assert.fail('no sink is needed')

/** What was asked of sinks that take everything. */
const taking =
  (asked: Array<string>, largest = Infinity): Open =>
  () => {
    asked.push('opened')
    return Promise.resolve(
      E.right({
        bury: (sink) => (one) => {
          asked.push(`letter ${one.sequenceNumber} to ${sink}`)
          return Promise.resolve(E.right(undefined))
        },
        largest: () => largest,
        deliver: (_delivery, then) => then(E.right(undefined)),
        close: () => Promise.resolve(void asked.push('closed'))
      })
    )
  }

const letters = path.join(room, 'dead-letters.ndjson')
const sinks = { orders: { type: 'module', export: 'store' } } as const

describe('destinations', () => {
  it('write no secret of the configuration into a letter, whose payload stays as it came', async () => {
    const file = path.join(room, 'discreet.ndjson')
    const url = 'https://example.com/?token=x7Qp01mZsecret'
    const secret = { out: { type: 'http', url } } as const
    const destinations = await Destinations.open(config(file, secret), moduleWith(), assert.fail, taking([]))
    assert.ok(E.isRight(destinations))
    const said = 'no answer with x7Qp01mZsecret'
    await destinations.right.bury({
      ...letter,
      reason: said,
      error: { name: 'E', message: said, stack: said }
    })
    await destinations.right.close()
    const { reason, error, data } = JSON.parse(fs.readFileSync(file, 'utf8')) as typeof letter
    const shown = 'no answer with ***'
    assert.deepEqual([reason, error, data], [shown, { name: 'E', message: shown, stack: shown }, letter.data])
  })

  it('without sinks load none, and put letters into the file', async () => {
    const destinations = await Destinations.open(config(letters), moduleWith(), assert.fail, unwanted)
    assert.ok(E.isRight(destinations))
    assert.deepEqual(destinations.right.bury(letter), E.right(undefined))
    await destinations.right.close()
    assert.match(fs.readFileSync(letters, 'utf8'), /"sequenceNumber":"7"/)
  })

  it('without sinks halt at an output', async () => {
    const destinations = await Destinations.open(config(letters), moduleWith(), assert.fail, unwanted)
    assert.ok(E.isRight(destinations))
    const { deliver, close } = destinations.right
    const { signal } = new AbortController()
    const end = await new Promise((resolve) =>
      deliver({ record: record(), outputs: [{ sink: 'orders', value: 1 }], recalled: signal }, resolve)
    )
    await close()
    assert.deepEqual(
      end,
      E.left({
        then: 'halt',
        failure: {
          name: 'UnknownSink',
          message: 'the handler emitted an output for orders, but the configuration has no sinks',
          stack: null
        }
      })
    )
  })

  it('put letters into the sink that is named for them, and close what they opened', async () => {
    const asked: Array<string> = []
    const destinations = await Destinations.open(
      config('sink:orders', sinks),
      moduleWith(),
      assert.fail,
      taking(asked)
    )
    assert.ok(E.isRight(destinations))
    assert.deepEqual(await destinations.right.bury(letter), E.right(undefined))
    await destinations.right.close()
    assert.deepEqual(asked, ['opened', 'letter 7 to orders', 'closed'])
  })

  it('advise of a sink that does not take the letter of the largest record', async () => {
    const of = async (largest: number): Promise<ReadonlyArray<string>> => {
      const destinations = await Destinations.open(
        config('sink:orders', sinks),
        moduleWith(),
        assert.fail,
        taking([], largest)
      )
      assert.ok(E.isRight(destinations))
      await destinations.right.close()
      return destinations.right.advice
    }
    assert.deepEqual(await of(64 << 20), [])
    const [advice, ...more] = await of(1 << 20)
    assert.deepEqual(more, [])
    assert.match(
      advice ?? '',
      /^failure\.deadLetters: sink orders takes outputs of up to 1048576 bytes, and the dead letter of a record of 10 MiB has 13985112; a letter that is too large goes to .*dead-letters\.ndjson \(failure\.fallback\)$/
    )
  })

  it('put a letter for a sink that is not there into the file', async () => {
    const file = path.join(room, 'fallback.ndjson')
    const all = config('sink:orders')
    const warnings: Array<string> = []
    const destinations = await Destinations.open(
      { ...all, failure: { ...all.failure, fallback: file } },
      null,
      (warning) => warnings.push(warning)
    )
    assert.ok(E.isRight(destinations))
    assert.deepEqual(await destinations.right.bury(letter), E.right(undefined))
    await destinations.right.close()
    assert.match(fs.readFileSync(file, 'utf8'), /"sequenceNumber":"7"/)
    assert.match(warnings.join('\n'), /its sink refuses it: UnknownSink: the configuration has no sinks/)
  })

  it('open the sinks when the module has outputs, so that they are compared', async () => {
    const asked: Array<string> = []
    const destinations = await Destinations.open(
      config(letters),
      moduleWith({ outputs: {} }),
      assert.fail,
      taking(asked)
    )
    assert.ok(E.isRight(destinations))
    await destinations.right.close()
    assert.deepEqual(asked, ['opened', 'closed'])
  })

  it('report all that is wrong, each with its key, and close what was opened', async () => {
    const both = await Destinations.open(config(room, sinks), moduleWith(), assert.fail, () =>
      Promise.resolve(E.left(['there is sinks.orders']))
    )
    assert.deepEqual(
      pipe(
        both,
        E.mapLeft((all) => all.map(({ key }) => key))
      ),
      E.left(['failure.deadLetters', 'sinks'])
    )

    const asked: Array<string> = []
    await Destinations.open(config(room, sinks), moduleWith(), assert.fail, taking(asked))
    assert.deepEqual(asked, ['opened', 'closed'])
  })
})
