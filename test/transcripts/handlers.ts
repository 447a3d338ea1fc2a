/** The handlers that transcripts name in their header. */
import * as t from 'io-ts'
import { decodeJson } from '../../src/codec/decodeJson'
import * as Decision from '../../src/core/Decision'
import type { Handler } from '../../src/core/Handler'

/** Whatever JavaScript can return, the compiler's opinion apart. */
const untyped = (value: unknown): ReturnType<Handler> => value as ReturnType<Handler>

const nothing: unknown = null

/** Does what the partition key says, so that a transcript shows what happens to each record. */
const obey: Handler = ({ partitionKey }) => {
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
    case 'promise':
      return untyped(Promise.reject(new Error('told to')))
    default:
      return Decision.ack()
  }
}

export const handlers: Readonly<Record<string, Handler>> = {
  'ack-all': Decision.ack,
  'checkpoint-all': Decision.checkpoint,
  obey,
  'decode-json': decodeJson(t.type({ n: t.number }, 'an event'))(() => Decision.checkpoint())
}
