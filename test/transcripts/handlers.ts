/** The handlers that transcripts name in their header. */
import * as t from 'io-ts'
import { decodeJson } from '../../src/payload/decodeJson'
import * as Decision from '../../src/core/Decision'
import type { EffectHandler } from '../../src/core/Handler'
import type { Effectful } from '../../src/testing'

type Outputs = { readonly orders: typeof t.string }

type Obeying = EffectHandler<Outputs>

/** Whatever JavaScript can return, the compiler's opinion apart. */
const untyped = (value: unknown): ReturnType<Obeying> => value as ReturnType<Obeying>

const nothing: unknown = null

/** Does what the partition key says, so that a transcript shows what happens to each record. */
const obey: Obeying = ({ partitionKey }) => {
  switch (partitionKey) {
    case 'checkpoint':
      return Decision.checkpoint()
    case 'skip':
      return Decision.skip('told to')
    case 'reject':
      return Decision.reject('told to')
    case 'halt':
      return Decision.halt('told to')
    case 'throw':
      throw new RangeError('told to')
    case 'throw null':
      throw nothing
    case 'true':
      return true
    case 'null':
      return untyped(null)
    case 'undefined':
      return untyped(undefined)
    case 'emit':
      return Decision.emit('orders', 'o-1')(Decision.checkpoint())
    case 'reject later':
      return Promise.reject(new Error('told to'))
    case 'never':
      return new Promise(() => {})
    default:
      return Decision.ack()
  }
}

const later: EffectHandler = () => Promise.resolve(Decision.ack())

export const handlers: Readonly<Record<string, Effectful<unknown, undefined>>> = {
  'ack-all': Decision.ack,
  'ack-later': later,
  batch: { batchHandler: (records) => Promise.resolve(records.map(Decision.ack)) },
  // As `Promise.allSettled` leaves an array that only those that worked have put an answer in.
  'batch-with-holes': {
    batchHandler: (records) => {
      const answers = new Array<Decision.Decision>(records.length)
      records.forEach(({ partitionKey }, i) => {
        if (partitionKey !== 'fails') answers[i] = Decision.ack()
      })
      return Promise.resolve(answers)
    }
  },
  'checkpoint-all': Decision.checkpoint,
  obey,
  'decode-json': decodeJson(t.type({ n: t.number }, 'an event'))(() => Decision.checkpoint())
}
