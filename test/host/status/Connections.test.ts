import * as assert from 'node:assert/strict'
import { once } from 'node:events'
import * as http from 'node:http'
import * as net from 'node:net'
import * as path from 'node:path'
import { it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Server from '../../../src/host/status/Server'
import { NOW, TICK, worker } from './Example'

it('idle connections take no more than a few descriptors, and keep no probe from its answer', async (t) => {
  const server = await Server.open({
    listen: { host: '127.0.0.1', port: 0 },
    stalled: 0,
    worker,
    time: () => ({ monotonic: TICK, wall: NOW }),
    files: path.resolve('src/host/status')
  })
  if (E.isLeft(server)) return assert.fail(server.left)
  t.after(server.right.close)
  const port = Number(new URL(`http://${server.right.address}`).port)
  const agent = new http.Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const probe = async (): Promise<number | undefined> => {
    const [response] = (await once(
      http.get({ host: '127.0.0.1', port, path: '/healthz', agent }),
      'response'
    )) as [http.IncomingMessage]
    response.resume()
    await once(response, 'end')
    return response.statusCode
  }
  const idle = new Set<net.Socket>()
  t.after(() => idle.forEach((socket) => socket.destroy()))
  for (let count = 0; count < 100; count++) {
    const socket = net.connect(port, '127.0.0.1')
    await once(socket, 'connect')
    idle.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => idle.delete(socket))
    socket.resume()
    if (count % 10 === 0) assert.equal(await probe(), 200)
  }
  assert.equal(await probe(), 200)
  assert.ok(idle.size <= 32, `${idle.size} are open`)
})
