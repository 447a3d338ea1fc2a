/**
 * The number of a worker among those of its application, user and host. Two workers with one id would renew each
 * other's leases; one that comes back with the id that it had keeps its leases.
 *
 * A worker holds its number by a unix socket that it listens on: the kernel lets go of it however the process ends, and
 * a process that looks for it connects. (A file with a process id, as files/PidLock has, proves nothing once ids are used again, or
 * to another container that shares the folder.) The name of each socket is used once, so that a dead one is removed
 * without harm. Who wants a number listens first and looks then: of two, one at least sees the other.
 */
import { createHash, randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import * as net from 'node:net'
import * as os from 'node:os'
import * as path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import * as SocketPath from '../values/SocketPath'
import * as Failure from '../core/Failure'
import * as Clock from '../run/Clock'

export interface Slot {
  /** The name of the worker in the lease table: what was asked for, or `HOST-NUMBER`. */
  readonly workerId: string
  /** A path in a folder of the user's own, to which endings may be put for what belongs to this worker. */
  readonly file: string
  readonly release: () => void
}

/** `NUMBER-TIME-RANDOM`, the time so that of two names of a number the older one is less. */
const nameOf = (number: number): string =>
  `${number}-${Clock.wall().toString(36).padStart(9, '0')}-${randomBytes(4).toString('hex')}`

const numberIn = (name: string): number => Number(/^([0-9]+)-[0-9a-z]+-[0-9a-f]+$/.exec(name)?.[1] ?? NaN)

const listen = (file: string): Promise<net.Server> =>
  new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(file, () => {
      server.unref()
      resolve(server)
    })
  })

const DEAD = ['ECONNREFUSED', 'ENOENT']

/** A process that is stopped, or busy, is alive: the kernel answers for it. */
const isAlive = (file: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(file)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (problem) =>
      resolve(!('code' in problem && DEAD.some((code) => code === problem.code)))
    )
  })

/** The names of the others that hold this number, or want it; what the dead have left goes. */
const others = async (folder: string, number: number, own: string): Promise<ReadonlyArray<string>> => {
  const names = fs.readdirSync(folder).filter((name) => name !== own && numberIn(name) === number)
  const alive: Array<string> = []
  for (const name of names) {
    const file = path.join(folder, name)
    // What is not a socket reserves no number, and is not ours to remove.
    if (fs.lstatSync(file, { throwIfNoEntry: false })?.isSocket() !== true) continue
    if (await isAlive(file)) alive.push(name)
    else fs.rmSync(path.join(folder, name), { force: true })
  }
  return alive
}

const LOOKS = 20
const BETWEEN_LOOKS_MS = 10

/** null: another process has it. */
const hold = async (folder: string, number: number): Promise<(() => void) | null> => {
  const own = nameOf(number)
  const server = await listen(path.join(folder, own))
  const release = (): void => {
    server.close()
    fs.rmSync(path.join(folder, own), { force: true })
  }
  for (let look = 0; look < LOOKS; look++) {
    const found = await others(folder, number, own)
    if (found.length === 0) return release
    // The younger one gives way; the older one waits for that. (A holder whose clock was ahead never does.)
    if (found.some((name) => name < own)) break
    await setTimeout(BETWEEN_LOOKS_MS)
  }
  release()
  return null
}

/** Short, whatever the names are. */
const folderOf = (state: string, ...names: ReadonlyArray<string>): string =>
  path.join(state, 'workers', createHash('sha256').update(names.join('\0')).digest('hex').slice(0, 12))

const tooLongIn = (folder: string): string | null =>
  SocketPath.problem(path.join(folder, nameOf(100))) === null
    ? null
    : `${folder}: too long for the path of a socket; set XDG_STATE_HOME to a shorter folder`

const inFolder = async (folder: string): Promise<E.Either<string, string>> => {
  const tooLong = tooLongIn(folder)
  if (tooLong !== null) return E.left(tooLong)
  await fs.promises.mkdir(folder, { recursive: true, mode: 0o700 })
  return E.right(folder)
}

const lowest = async (folder: string): Promise<Slot> => {
  for (let number = 0; ; number++) {
    const release = await hold(folder, number)
    if (release !== null)
      return { workerId: `${os.hostname()}-${number}`, file: path.join(folder, String(number)), release }
  }
}

const asked = async (
  folder: string,
  application: string,
  workerId: string
): Promise<E.Either<string, Slot>> => {
  const release = await hold(folder, 0)
  return release === null
    ? E.left(
        `a worker ${workerId} of ${application} is already running on this machine; each worker needs a name of its own`
      )
    : E.right({ workerId, file: path.join(folder, '0'), release })
}

const folderFor = (state: string, application: string, workerId: string | null): string =>
  // By host: home folders are shared among machines, and the kernel of one does not know the sockets of another.
  folderOf(state, os.hostname(), application, ...(workerId === null ? [] : [workerId]))

/** Why no number could be held there; null: it could. Makes nothing. */
export const obstacle = (state: string, application: string, workerId: string | null): string | null =>
  tooLongIn(folderFor(state, application, workerId))

/**
 * The lowest number that no live worker has, or the id that the user gave.
 *
 * @param state the folder of the user's state; a folder within is made with mode 0700
 * @param workerId null: the host's name and a number
 *
 * Left: another worker has that id, or the folder cannot be used.
 */
export const acquire = async (
  state: string,
  application: string,
  workerId: string | null
): Promise<E.Either<string, Slot>> => {
  try {
    const folder = await inFolder(folderFor(state, application, workerId))
    if (E.isLeft(folder)) return folder
    return workerId === null
      ? E.right(await lowest(folder.right))
      : await asked(folder.right, application, workerId)
  } catch (thrown) {
    return E.left(`${state}: the worker's number cannot be reserved: ${Failure.describe(thrown)}`)
  }
}
