/** Reads chunks of bytes from the descriptor of a pipe, without a stream's queue in between. */
import * as fs from 'node:fs'
import * as net from 'node:net'
import type { Readable } from 'node:stream'
import * as E from 'fp-ts/Either'
import * as Clock from '../run/Clock'
import type { IdleDetector } from './IdleDetector'
import * as Turn from '../run/Turn'

/** `bytes`: nothing but these; `turn`: it goes on when the event loop has run; `else`: a handler, a timer. */
export type Awaited = 'bytes' | 'turn' | 'else'

/** A buffer whose bytes from `from` on are free: as many as a pipe holds, and one more. */
interface Space {
  readonly place: Buffer
  readonly from: number
}

/** Where the bytes are put. */
export interface Into {
  readonly space: () => Space
  /** Where the next bytes go if a line has begun there; null: no line has, and bytes go to `chunk`. */
  readonly next: () => Space | null
  /** The last free byte is never used. */
  readonly filled: (count: number) => void
}

export interface Listener {
  readonly awaits: () => Awaited

  /** The bytes are valid until this returns: the next ones are read into the same buffer. */
  readonly chunk: (bytes: Buffer) => void
  /** Another buffer to read into, so that the bytes are not copied, and how many bytes were read into it. */
  readonly into?: Into
  /** No more bytes come. It may be called twice. */
  readonly end: () => void
  readonly broken: (problem: Error) => void
}

export interface Reader {
  /** Begins to read. It is called once. */
  readonly listen: (listener: Listener) => void
  /** To be called while the listener is given bytes; then these are the last ones until `resume`. */
  readonly pause: () => void
  readonly resume: () => void
  /** Closes the descriptor. */
  readonly close: () => void
}

/** What a pipe of Linux holds. */
const CHUNK = 64 * 1024
/**
 * All readers of the thread share it, since the bytes are used before the next ones are read. It is larger than a pipe, since
 * libuv reads again at once when a buffer is full, and the other readers of the thread would wait.
 */
const place = Buffer.allocUnsafeSlow(CHUNK + 1)

const between = ({ chunk }: Listener): Into => ({
  space: () => ({ place, from: 0 }),
  next: () => null,
  filled: (count) => chunk(place.subarray(0, count))
})

/**
 * Reads the descriptor. Descriptor 0 is read as `process.stdin`, so that user code that also listens there takes no bytes away.
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
  let isPaused = false
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
            // Node asks where the next bytes go only when this returns, and by then the buffer may belong to another shard.
            process.nextTick(() => {
              throw thrown
            })
          }
          // False: the socket stops reading.
          return !isPaused
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
    // What the socket has to do for `pause` and `resume` of a stream takes longer than a read.
    pause: () => {
      isPaused = true
    },
    resume: () => {
      isPaused = false
      socket?.read(0)
    },
    close: () => {
      if (socket === null) fs.closeSync(fd)
      else socket.destroy()
    }
  }
}

/** A pipe that carries no bytes, and ends when another process ends. */
export interface Leash {
  readonly reader: Reader
  /** Whether it has ended, which may be before the reader gets the event. */
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
      // EAGAIN: there are no bytes.
      return false
    }
  },
  reason
})

/** The reader, which fails when the leash ends. If both end, the end of the leash counts. */
export const boundTo = (reader: Reader, { reader: bond, hasEnded, reason }: Leash): Reader => {
  // If it is closed, the descriptor of the leash may already belong to something else.
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

/** How long the event loop may wait while bytes keep coming: after that, signals are handled. */
const TURN_MS = 20
/** The number of reads per look at the clock, which takes a tenth of the time of a short read. */
const READS = 8

/** There are no bytes and the pipe does not block, or a signal that has a listener has arrived. */
const isEmpty = (problem: Error): boolean =>
  'code' in problem && (problem.code === 'EAGAIN' || problem.code === 'EINTR')

/**
 * Opens the same pipe once more, as proc(5) of Linux allows, to look into it without blocking: whether a descriptor blocks
 * depends on how it was opened. null: on another system, or if it is not a pipe. A file would be read from its beginning.
 */
const glanceAt = (fd: number): number | null => {
  try {
    if (!fs.fstatSync(fd).isFIFO()) return null
    return fs.openSync(`/proc/self/fd/${fd}`, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  } catch {
    return null
  }
}

/** Reads once, and says whether there may be more bytes. */
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
  // `readOn` decides how long reads may go on without a turn of the event loop.
  Turn.renew()
  into.filled(count)
  return 'more'
}

/**
 * Reads a pipe in this thread, and blocks in the kernel, as long as nothing else waits for the event loop. From then on it reads
 * as `of` does. The listener sees no difference.
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
      // In the middle of a batch, the answer to a checkpoint or the end of the pipe may have arrived.
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
