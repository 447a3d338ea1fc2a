/** Enriches page views for the analysts, from one Kinesis stream to another. It is pure: see handler.test.ts. */
import * as t from 'io-ts'
import { ack, decodeJson, reject, sinks, skip } from 'kclts'

const View = t.type({ visitor: t.string, url: t.string, agent: t.string }, 'a page view')

const Enriched = t.type(
  {
    visitor: t.string,
    host: t.string,
    path: t.string,
    campaign: t.union([t.string, t.null]),
    device: t.keyof({ phone: null, desktop: null })
  },
  'an enriched page view'
)

/** A codec for each sink of kcl.config.yaml: any other name or value is a compile error. */
export const outputs = { enriched: Enriched }
const to = sinks(outputs)

/** The key keeps the views of one visitor in one shard of the target stream, in order. */
export const handler = decodeJson(View)(({ visitor, url, agent }) => {
  if (!URL.canParse(url)) return reject(`the URL is ${JSON.stringify(url)}`)
  if (/bot|crawler|spider/i.test(agent)) return skip('a robot')
  const { host, pathname, searchParams } = new URL(url)
  const enriched = {
    visitor,
    host,
    path: pathname,
    campaign: searchParams.get('utm_campaign'),
    device: /mobile/i.test(agent) ? ('phone' as const) : ('desktop' as const)
  }
  return to.enriched(enriched, { key: visitor })(ack())
})
