/** The end of a pipe that is read: chunks of bytes from a descriptor, without a stream's queue in between. */
import * as fs from 'node:fs'
import * as net from 'node:net'
import type { Readable } from 'node:stream'
import * as E from 'fp-ts/Either'
import * as Clock from '../run/Clock'
import type { IdleDetector } from './IdleDetector'
import * as Turn from '../run/Turn'

/** `bytes`: nothing but these; `turn`: it goes on when the event loop has run; `else`: a handler, a timer. */
export type Awaited = 'bytes' | 'turn' | 'else'

/** A place whose bytes from `from` on are free: as many as a pipe holds, and one more. */
interface Space {
  readonly place: Buffer
  readonly from: number
}

/** Where bytes are put. */
export interface Into {
  readonly space: () => Space
  /** Where the bytes of a line go that has begun there; null: there is none, and bytes go to `chunk`. */
  readonly next: () => Space | null
  /** The last one of the free bytes is never among them. */
  readonly filled: (count: number) => void
}

export interface Listener {
  readonly awaits: () => Awaited

  /** The bytes are valid until it returns: the next ones are read into the same buffer. */
  readonly chunk: (bytes: Buffer) => void
  /** Another buffer to read into, so that the bytes are not copied, and how many bytes were read into it. */
  readonly into?: Into
  /** Nothing comes any more. May be called twice. */
  readonly end: () => void
  readonly broken: (problem: Error) => void
}

export interface Reader {
  /** Begins to read. Called once. */
  readonly listen: (listener: Listener) => void
  readonly pause: () => void
  readonly resume: () => void
  /** Closes the descriptor. */
  readonly close: () => void
}

/** What a pipe of Linux holds. */
const CHUNK = 64 * 1024
/**
 * Shared by all readers of the thread: what came is taken before the next bytes come. It is larger than a pipe, since libuv
 * reads again at once when a place has become full, and the other readers of the thread would wait.
 */
const place = Buffer.allocUnsafeSlow(CHUNK + 1)

const between = ({ chunk }: Listener): Into => ({
  space: () => ({ place, from: 0 }),
  next: () => null,
  filled: (count) => chunk(place.subarray(0, count))
})

/**
 * Reads the descriptor. 0 is read as `process.stdin`, so that user code which listens there too takes nothing away.
 */
export const of = (fd: number): Reader => {
  if (fd === 0) return ofStream(process.stdin)
  const stat = fs.fstatSync(fd)
  return stat.isFIFO() || stat.isSocket()
    ? ofPipe(fd)
    : ofStream(fs.createReadStream('', { fd, autoClose: false }))
}

const ofStream = (stream: Readable): Reader => ({
  listen: (listener) => {
    stream.on('data', listener.chunk)
    follow(stream, listener)
  },
  pause: () => stream.pause(),
  resume: () => stream.resume(),
  close: () => stream.destroy()
})

const follow = (stream: Readable, { end, broken }: Listener): void => {
  stream.on('end', end)
  stream.on('close', end)
  stream.on('error', broken)
}

/** A socket reads as soon as it is made, so it is made by `listen`. */
const ofPipe = (fd: number): Reader => {
  let socket: net.Socket | null = null
  return {
    listen: (listener) => {
      const { into } = listener
      const onread: net.OnReadOpts = {
        buffer: () => {
          const space = into?.next() ?? null
          return space === null ? place : space.place.subarray(space.from, -1)
        },
        callback: (count, where) => {
          try {
            if (where === place) listener.chunk(place.subarray(0, count))
            else into?.filled(count)
          } catch (thrown) {
            // Node asks where the next bytes go only when this returns, and the place may be another shard's by then.
            process.nextTick(() => {
              throw thrown
            })
          }
          return true
        }
      }
      const options: net.SocketConstructorOpts & { readonly onread: net.OnReadOpts } = {
        fd,
        readable: true,
        writable: false,
        onread
      }
      socket = new net.Socket(options)
      follow(socket, listener)
    },
    pause: () => socket?.pause(),
    resume: () => socket?.resume(),
    close: () => {
      if (socket === null) fs.closeSync(fd)
      else socket.destroy()
    }
  }
}

/** A pipe that carries no bytes, and ends when another process ends. */
export interface Leash {
  readonly reader: Reader
  /** Whether it has ended, which may be before the reader hears it. */
  readonly hasEnded: () => boolean
  /** What its end means. */
  readonly reason: string
}

export const leash = (fd: number, reason: string): Leash => ({
  reader: of(fd),
  hasEnded: () => {
    try {
      return fs.readSync(fd, place, 0, 1, null) === 0
    } catch {
      // EAGAIN: nothing is there.
      return false
    }
  },
  reason
})

/** The reader, which is broken when the leash ends. An end of both is that of the leash. */
export const boundTo = (reader: Reader, { reader: bond, hasEnded, reason }: Leash): Reader => {
  // Closed as well: by then the descriptor of the leash may belong to something else.
  let isOver = false
  const once = (then: () => void): void => {
    if (!isOver) then()
    isOver = true
  }
  return {
    listen: (listener) => {
      const snaps = (): void => listener.broken(new Error(reason))
      reader.listen({ ...listener, end: () => once(() => (hasEnded() ? snaps() : listener.end())) })
      bond.listen({
        awaits: () => 'bytes',
        chunk: () => undefined,
        end: () => once(snaps),
        broken: () => once(snaps)
      })
    },
    pause: reader.pause,
    resume: reader.resume,
    close: () => {
      isOver = true
      reader.close()
      bond.close()
    }
  }
}

/** How long the event loop may rest while bytes come one after the other: signals are heard then. */
const TURN_MS = 20
/** The number of reads per look at the clock: a look takes a tenth of the time of a short read. */
const READS = 8

/** Nothing is there and the pipe does not wait, or a signal has come that has a listener. */
const isEmpty = (problem: Error): boolean =>
  'code' in problem && (problem.code === 'EAGAIN' || problem.code === 'EINTR')

/**
 * The same pipe opened once more, as proc(5) of Linux allows, to look into it without waiting: whether a descriptor waits is
 * up to how it was opened. null: elsewhere, or it is no pipe. A file would be read from its beginning.
 */
const glanceAt = (fd: number): number | null => {
  try {
    if (!fs.fstatSync(fd).isFIFO()) return null
    return fs.openSync(`/proc/self/fd/${fd}`, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  } catch {
    return null
  }
}

/** Reads once. Says whether there may be more. */
const take = (from: number, listener: Listener): 'more' | 'empty' | 'over' => {
  const { into = between(listener) } = listener
  const space = into.space()
  let count
  try {
    count = fs.readSync(from, space.place, space.from, CHUNK, null)
  } catch (thrown) {
    const problem = E.toError(thrown)
    if (isEmpty(problem)) return 'empty'
    listener.broken(problem)
    return 'over'
  }
  if (count === 0) {
    listener.end()
    return 'over'
  }
  // How long a row of reads may last without a turn of the loop is up to `readOn`.
  Turn.renew()
  into.filled(count)
  return 'more'
}

/**
 * Reads a pipe in this very thread, waiting in the kernel, for as long as nothing else waits for the event loop; then,
 * and from then on, as `of` does. The listener sees no difference.
 */
export const whileIdle = (fd: number, idle: IdleDetector): Reader => {
  const glance = glanceAt(fd)
  let later: Reader | null = null
  let isClosed = false
  Turn.keepApart(idle.apart)

  const leave = (listener: Listener): void => {
    idle.end()
    if (glance !== null) fs.closeSync(glance)
    later = of(fd)
    later.listen(listener)
  }

  const soon = (listener: Listener): void => idle.apart(() => setImmediate(read, listener))

  /** The next bytes are read even if a listener throws: a session that halts waits for an answer. */
  const read = (listener: Listener): void => {
    try {
      readOn(listener)
    } catch (thrown) {
      if (later === null) soon(listener)
      throw thrown
    }
  }

  const readOn = (listener: Listener): void => {
    const until = Clock.monotonic() + TURN_MS
    for (let count = 1; !isClosed; count++) {
      const awaits = listener.awaits()
      const now = idle.now()
      const isBreath = awaits === 'turn'
      if (awaits === 'else' || now === 'no' || (isBreath && glance === null)) return leave(listener)
      if (!isBreath && (now === 'turn' || (count % READS === 0 && Clock.monotonic() > until)))
        return soon(listener)
      // In the middle of a batch an answer to a checkpoint may have come, or the end.
      const taken = take(isBreath ? (glance ?? fd) : fd, listener)
      if (taken === 'over') return
      if (isBreath) return soon(listener)
      if (taken === 'empty') return leave(listener)
    }
  }

  return {
    listen: soon,
    pause: () => later?.pause(),
    resume: () => later?.resume(),
    close: () => {
      isClosed = true
      if (later !== null) later.close()
      else if (glance !== null) fs.closeSync(glance)
    }
  }
}
