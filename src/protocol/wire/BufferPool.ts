/**
 * Reusable memory for the lines of all shards of the thread. A batch is usually done before the next one comes.
 *
 * Freeing memory and allocating it again for the next line is not worth its cost: the C library keeps freed memory, in pieces that
 * do not fit.
 */
import * as Programs from './scan/Programs'

/** The bytes that a pipe of Linux holds. */
export const CHUNK = 64 * 1024
/** A chunk, and what marks its end. */
const LEAST = CHUNK + 1024
const GROWTH = 4
/** A line of the daemon has at most some 15 MB: 10 MB of payload in base64, and the rest of the record. */
const MOST = LEAST * GROWTH ** 4

/** The buffers in use. A line may also lie among other bytes, in a pool of Node's. */
const taken = new WeakMap<ArrayBufferLike, Buffer>()

/** The free buffers: at most MOST bytes together, so that one line of any length, or many short ones, need no new memory. */
const free: Array<Buffer> = []
let freeBytes = 0

/** The smallest free buffer that is large enough. */
const again = (least: number): Buffer | undefined => {
  let found = -1
  let length = Infinity
  for (let i = free.length - 1; i >= 0 && length > LEAST; i--) {
    const one = free[i]?.length ?? 0
    if (one < least || one >= length) continue
    found = i
    length = one
  }
  if (found < 0) return undefined
  const [place] = free.splice(found, 1)
  freeBytes -= length
  return place
}

/** A buffer of at least this many bytes. */
export const take = (least: number): Buffer => {
  const place = again(least) ?? Buffer.allocUnsafeSlow(Math.max(least, LEAST))
  taken.set(place.buffer, place)
  return place
}

let isHomeFree = true

/**
 * The memory of the scan, where a line can be scanned without a copy. A line that is elsewhere is copied into it, part by part.
 * There is only one, so a caller that takes it must release it. null: it is taken, or the line is too long.
 */
export const home = (least: number): Buffer | null => {
  const place = isHomeFree && least <= MOST ? (Programs.ofHome()?.place(least) ?? null) : null
  if (place !== null) isHomeFree = false
  return place
}

/** The memory of the scan if it is free, otherwise another buffer. */
export const takeHome = (least: number): Buffer => home(least) ?? take(least)

/** Whether a line in this buffer can be scanned without a copy. */
export const isHome = (place: Buffer): boolean => Programs.homeOf(place) !== null

/**
 * Moves the bytes of this buffer into a larger one, and releases this one.
 *
 * @param size how many of its bytes are kept
 * @param least how many bytes must fit
 */
export const enlarged = (place: Buffer, size: number, least: number): Buffer => {
  const wanted = Math.max(least, place.length * GROWTH)
  const here = least <= MOST ? Programs.homeOf(place)?.place(Math.min(wanted, MOST)) : null
  if (here !== undefined && here !== null) return here
  const larger = take(wanted)
  larger.set(place.subarray(0, size))
  release(place)
  return larger
}

/** The bytes between two positions of a buffer, as a line. */
export const cut = (place: Buffer, begin: number, end: number): Buffer =>
  Programs.homeOf(place)?.cut(begin, end) ?? place.subarray(begin, end)

/** The lines that are kept, and whether each was released meanwhile. */
const kept = new Map<Uint8Array, boolean>()

/** Keeps the buffer of the line until `unhold`, even if the line is released before. */
export const hold = (line: Uint8Array): void => void kept.set(line, false)

/** Releases the line if it was released since `hold`. */
export const unhold = (line: Uint8Array): void => {
  const isReleased = kept.get(line) === true
  kept.delete(line)
  if (isReleased) release(line)
}

/** The line is no longer used, so the next one may take its buffer. */
export const release = (line: Uint8Array): void => {
  if (kept.size > 0 && kept.has(line)) return void kept.set(line, true)
  if (Programs.homeOf(line) !== null) {
    isHomeFree = true
    return
  }
  const place = taken.get(line.buffer)
  if (place === undefined) return
  taken.delete(line.buffer)
  if (freeBytes + place.length > MOST) return
  free.push(place)
  freeBytes += place.length
}
