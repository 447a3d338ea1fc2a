/**
 * Bytes to lines. A line ends at the byte 0x0A and nowhere else: U+2028, a lone carriage return and a chunk
 * that ends inside a UTF-8 character are all just bytes of it. Any length, any split.
 *
 * Each byte is searched once, and copied once; the first bytes of a long line again where it outgrows its place.
 */

type OnLine = (line: Buffer) => void

export interface Lines {
  /**
   * Takes a chunk, whose bytes may change when this returns; calls back with each line that it completes, without the
   * newline. The line belongs to whoever is called.
   */
  readonly push: (chunk: Uint8Array, onLine: OnLine) => void
  /** Where to put the next bytes, which then need not be copied: behind `from` there is room for 64 KiB and one more byte. */
  readonly space: () => { readonly place: Buffer; readonly from: number }
  /** So many bytes were put there, the one more not among them; as `push` with them. */
  readonly filled: (count: number, onLine: OnLine) => void
  /** The bytes of the line that is not complete yet. */
  readonly pending: () => number
}

const NEWLINE = 0x0a
const nothing = Buffer.alloc(0)

export const make = (): Lines => {
  let held: Buffer = nothing
  let size = 0

  const reserve = (more: number): void => {
    if (size + more <= held.length) return
    const larger = take(Math.max(size + more, GROWTH * held.length))
    larger.set(held.subarray(0, size))
    held = larger
  }

  const hold = (bytes: Uint8Array): void => {
    reserve(bytes.length)
    held.set(bytes, size)
    size += bytes.length
  }

  /** All that is held, which is a line. */
  const whole = (): Buffer => {
    const line = held.subarray(0, size)
    lent = line
    lentOf = held
    held = nothing
    size = 0
    return line
  }

  const complete = (last: Uint8Array): Buffer => {
    if (size === 0) return Buffer.from(last)
    hold(last)
    return whole()
  }

  const push: Lines['push'] = (chunk, onLine) => {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const line = complete(chunk.subarray(from, at))
      from = at + 1
      onLine(line)
    }
    if (from < chunk.length) hold(chunk.subarray(from))
  }

  return {
    push,
    space: () => {
      reserve(CHUNK + 1)
      return { place: held, from: size }
    },
    filled: (count, onLine) => {
      let from = size
      size += count
      for (;;) {
        // The search ends there at the latest: to search a part of a place costs another view of it.
        held[size] = NEWLINE
        const at = held.indexOf(NEWLINE, from)
        if (at === size) return
        if (at === size - 1) {
          size = at
          return onLine(whole())
        }
        // An answer to a checkpoint, and behind it the beginning of the next batch, which keeps the place.
        const line = Buffer.from(held.subarray(0, at))
        held.copyWithin(0, at + 1, size)
        size -= at + 1
        from = 0
        onLine(line)
      }
    },
    pending: () => size
  }
}

// -- places for long lines --------------------------------------------------------------------------------------------

/** What a pipe of Linux holds. */
const CHUNK = 64 * 1024
const LEAST = CHUNK + 1024
/** Memory that nothing was written to costs nothing; what was outgrown costs until it is collected. */
const GROWTH = 16

/** A line of the daemon is at most some 15 MB: 10 MB of payload in base64, and what is around it. Its place has outgrown two. */
const MOST = LEAST * GROWTH ** 2

/** Those made here. A short line may lie among other bytes, in a pool of Node's. */
const places = new WeakMap<ArrayBufferLike, Buffer>()

/** Those that are free, for all shards of the thread: a batch is mostly done before the next one comes. */
let spare: Buffer | null = null
/** For what comes within a batch, while its line has the other one: an answer to a checkpoint. */
let little: Buffer | null = null

const take = (least: number): Buffer => {
  if (spare !== null && spare.length >= least) {
    const place = spare
    spare = null
    return place
  }
  if (little !== null && little.length >= least) {
    const place = little
    little = null
    return place
  }
  const place = Buffer.allocUnsafeSlow(Math.max(LEAST, least))
  places.set(place.buffer, place)
  return place
}

/** The line that was given last, and its place: mostly it is the next one to come back. */
let lent: Uint8Array = nothing
let lentOf: Buffer = nothing

/** Nobody looks at the line any more: the next long one may have its place. */
export const release = (line: Uint8Array): void => {
  const place = line === lent ? lentOf : places.get(line.buffer)
  lent = nothing
  lentOf = nothing
  if (place === undefined) return
  if (place.length === LEAST) little = place
  else if (place.length <= MOST && place.length > (spare?.length ?? 0)) spare = place
}
