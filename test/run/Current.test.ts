import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { ack } from '../../src/core/Decision'
import type { AnyHandler } from '../../src/core/Handler'
import * as Action from '../../src/protocol/Action'
import * as ActionCodec from '../../src/protocol/wire/Action'
import * as Current from '../../src/run/Current'
import * as Interpreter from '../../src/run/Interpreter'
import { records } from '../../src/testing'
import * as Settings from '../../src/testing/Settings'
import * as World from '../../src/testing/World'

/** What was said, and the sequence number of the record that it is about; null: of none. */
const said: Array<readonly [string, unknown]> = []
const say = (message: string): void => {
  const speaker = Current.speaker()
  if (speaker === null) said.push([message, null])
  else speaker.log('info', message)
}

const settle = (): Promise<void> => new Promise((go) => setImmediate(go))

const handle = async (handler: AnyHandler): Promise<ReadonlyArray<readonly [string, unknown]>> => {
  said.length = 0
  const world = World.make({
    start: 0,
    random: () => 0,
    bury: () => E.right(undefined),
    onEvent: (event) => {
      if (event._tag === 'Logged' && event.fields['sequenceNumber'] !== undefined)
        said.push([event.message, event.fields['sequenceNumber']])
    }
  })
  const env = { ...Settings.toEnv({}), limits: { concurrency: 10, undelivered: 10 } }
  const interpreter = Interpreter.make(world.capabilities, env, handler)
  const batch = records(
    ['1', '2', '3'].map((name) => ({ text: name, partitionKey: name, sequenceNumber: name }))
  )
  for (const action of [Action.initialize('shard', 'TRIM_HORIZON', 0), Action.processRecords(batch, 0)])
    interpreter.line(Buffer.from(ActionCodec.encode(action)))
  say('after')
  for (let i = 0; i < 5; i++) await settle()
  return said
}

describe('what is said', () => {
  it('while a handler is called is about its record, and after the call about none', async () =>
    assert.deepEqual(
      await handle(() => {
        say('in')
        return ack()
      }),
      [
        ['in', '1'],
        ['in', '2'],
        ['in', '3'],
        ['after', null]
      ]
    ))

  it('by an effect later is about its record, where it is heard and effects are followed', async () => {
    const handler = async (): Promise<ReturnType<typeof ack>> => {
      await settle()
      say('later')
      return ack()
    }
    const unknown = ['later', null] as const
    Current.followEffects()
    assert.deepEqual(await handle(handler), [['after', null], unknown, unknown, unknown])
    Current.hear()
    // Nothing has said yet that it is an effect: its first record does.
    assert.deepEqual(await handle(handler), [['after', null], unknown, ['later', '2'], ['later', '3']])
    Current.followEffects()
    assert.deepEqual(await handle(handler), [
      ['after', null],
      ['later', '1'],
      ['later', '2'],
      ['later', '3']
    ])
  })
})
