/** A server that says what DynamoDB says, for AWS's own client. */
import { once } from 'node:events'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Answer {
  readonly status?: number
  readonly body: unknown
}

export interface Dynamo {
  readonly endpoint: string
  /** Each request's operation and body. */
  readonly asked: ReadonlyArray<unknown>
  readonly close: () => void
}

const textOf = async (request: http.IncomingMessage): Promise<string> => {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk)
  return text
}

/** `answer` gets the number of the request, from 0 on. */
export const start = async (answer: (number: number) => Answer): Promise<Dynamo> => {
  const asked: Array<unknown> = []
  const server = http.createServer((request, response) => {
    void textOf(request).then((text) => {
      const { status = 200, body } = answer(asked.length)
      asked.push([request.headers['x-amz-target'], JSON.parse(text)])
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify(body))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    asked,
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}
