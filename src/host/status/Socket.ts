/** Where the server listens: a port, or a unix socket that only its owner can use. */
import * as fs from 'node:fs'
import * as net from 'node:net'
import * as E from 'fp-ts/Either'
import * as Listen from '../../values/Listen'
import * as SocketPath from '../../values/SocketPath'
import * as Failure from '../../core/Failure'

/** Whether a process answers at the socket; a socket that refuses was left behind by a process that died. */
const isAlive = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (problem) => resolve(!Failure.hasCode(problem, 'ECONNREFUSED')))
  })

/** Removes a socket that no process listens at. Left: what is there instead of such a socket. */
const clear = async (path: string): Promise<E.Either<string, void>> => {
  const tooLong = SocketPath.problem(path)
  if (tooLong !== null) return E.left(tooLong)
  try {
    const stats = fs.lstatSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return E.right(undefined)
    if (!stats.isSocket()) return E.left('there is a file that is not a socket')
    if (await isAlive(path)) return E.left('another process listens there')
    fs.rmSync(path, { force: true })
    return E.right(undefined)
  } catch (thrown) {
    return E.left(Failure.describe(thrown))
  }
}

/** With mode 0600 from its first moment: the socket is made within `listen`. */
const listenPrivately = (server: net.Server, path: string): void => {
  const mask = process.umask(0o177)
  try {
    server.listen({ path })
  } finally {
    process.umask(mask)
  }
}

/** Where it listens, as `Listen.show` gives it: port 0 has become a free one. Left: why it cannot, in a sentence. */
export const listen = async (server: net.Server, where: Listen.Listen): Promise<E.Either<string, string>> => {
  const left = (reason: string): E.Left<string> => ({
    _tag: 'Left',
    left: `cannot listen at ${Listen.show(where)}: ${reason}`
  })
  const cleared = 'path' in where ? await clear(where.path) : E.right(undefined)
  if (E.isLeft(cleared)) return left(cleared.left)
  return new Promise((resolve) => {
    server.once('error', (problem) => resolve(left(problem.message)))
    server.once('listening', () => {
      const address = server.address()
      const found =
        typeof address === 'object' && address !== null && 'host' in where
          ? { host: where.host, port: address.port }
          : where
      resolve(E.right(Listen.show(found)))
    })
    if ('path' in where) listenPrivately(server, where.path)
    else server.listen(where)
  })
}
