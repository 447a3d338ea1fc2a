/**
 * A transport whose failures reveal no secret: a server may repeat the header that it did not like, a client the address
 * that it did not reach, and both end in logs and dead letters.
 */
import type * as Secrets from '../values/Secrets'
import * as Failure from '../core/Failure'
import { again, type Entry, type Sent, type Transport } from './Sink'

const failure = (hide: Secrets.Hide, one: Failure.Failure): Failure.Failure => ({
  ...one,
  message: hide(one.message),
  stack: one.stack === null ? null : hide(one.stack)
})

const sent =
  (hide: Secrets.Hide) =>
  (one: Sent): Sent =>
    one._tag === 'Done' ? one : { ...one, failure: failure(hide, one.failure) }

export const transport = (hide: Secrets.Hide, inner: Transport): Transport => ({
  ...inner,
  send: async (entries: ReadonlyArray<Entry>, signal) => {
    try {
      return (await inner.send(entries, signal)).map(sent(hide))
    } catch (error) {
      // What `send` rejects with is an `Again` for all of them.
      const same = again(failure(hide, Failure.fromUnknown(error)))
      return entries.map(() => same)
    }
  }
})
