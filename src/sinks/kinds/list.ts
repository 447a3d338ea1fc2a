/** The kinds of sinks, by the type that the configuration calls them. */
import { file } from './file'
import { http } from './http'
import { kinesis } from './kinesis'
import { lazily } from './Kind'
import { module } from './module'
import { sqs } from './sqs'

export const list = {
  file: lazily(file, () => import('../file.js')),
  // With node:http and node:https, which no other sink needs.
  http: lazily(http, () => import('../http.js')),
  kinesis: lazily(kinesis, () => import('../kinesis.js')),
  sqs: lazily(sqs, () => import('../sqs.js')),
  module: lazily(module, () => import('../module.js'))
}
