/** The AWS SDK passes over the variables for proxies; with this agent its clients go by them. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Proxy from './Proxy'
import type { ProxyAgent } from './ProxyAgent'

/** null: no proxy is set. Rejects, with a sentence, when what is set is no proxy. */
export const agentOf = async (
  env: Readonly<Record<string, string | undefined>>
): Promise<ProxyAgent | null> => {
  if (!Proxy.isSet(env)) return null
  const any = Proxy.of(new URL('https://amazonaws.com'), env)
  if (E.isLeft(any)) throw new Error(any.left)
  const { make } = await import('./ProxyAgent.js')
  return make(
    (url) =>
      pipe(
        Proxy.of(url, env),
        E.getOrElse((): Proxy.Proxy | null => null)
      ),
    { keepAlive: true }
  )
}
