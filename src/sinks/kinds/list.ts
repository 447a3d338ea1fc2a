/** The kinds of sinks, by the type that the configuration calls them. */
import { file } from './file'
import { http } from './http'
import { kinesis } from './kinesis'
import { module } from './module'
import { sqs } from './sqs'

export const list = { file, http, kinesis, sqs, module }
