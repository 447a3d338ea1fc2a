/** A wait that has an end, whatever it waits for. */
import * as E from 'fp-ts/Either'
import * as Clock from '../run/Clock'
import type { Answer } from './Permission'

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name })

/**
 * What was asked for, or why it failed: by itself, because it took longer than `millis` (`TimeoutError`), or because
 * the user wants no more (`AbortError`). The request is stopped by its signal, and not waited for.
 */
export const within =
  (millis: number, stop: AbortSignal) =>
  <A>(ask: (signal: AbortSignal) => Promise<A>): Promise<Answer<A>> =>
    new Promise((resolve) => {
      const own = new AbortController()
      const end = (answer: Answer<A>): void => {
        cancel()
        stop.removeEventListener('abort', stopped)
        resolve(answer)
        own.abort()
      }
      const stopped = (): void => end(E.left(named('AbortError', 'stopped')))
      const cancel = Clock.later(millis, () =>
        end(E.left(named('TimeoutError', `no answer within ${millis} ms`)))
      )
      stop.addEventListener('abort', stopped)
      if (stop.aborted) stopped()
      else
        ask(own.signal).then(
          (value) => end(E.right(value)),
          (thrown: unknown) => end(E.left(thrown))
        )
    })
