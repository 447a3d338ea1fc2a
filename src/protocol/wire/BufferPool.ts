/**
 * Where lines are put: memory that is used again, for all shards of the thread. A batch is mostly done before the next one
 * comes.
 *
 * To give memory back and to ask for other memory for the next line costs more than it is worth: the C library keeps what was
 * given back, in pieces that do not fit.
 */
import * as Programs from './scan/Programs'

/** What a pipe of Linux holds. */
export const CHUNK = 64 * 1024
/** A chunk, and what marks its end. */
const LEAST = CHUNK + 1024
const GROWTH = 4
/** A line of the daemon is at most some 15 MB: 10 MB of payload in base64, and what is around it. */
const MOST = LEAST * GROWTH ** 4

/** The buffers in use. A line may also lie among other bytes, in a pool of Node's. */
const taken = new WeakMap<ArrayBufferLike, Buffer>()

/** The free buffers: at most MOST bytes together, so that one line of any length, or many short ones, need no new memory. */
const free: Array<Buffer> = []
let freeBytes = 0

/** The smallest one that is free and large enough. */
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
 * The place where a line is understood as it lies; from elsewhere it is copied once more, part by part. There is one, so that
 * who takes it has to release it. null: it is taken, or the line is too long.
 */
export const home = (least: number): Buffer | null => {
  const place = isHomeFree && least <= MOST ? (Programs.ofHome()?.place(least) ?? null) : null
  if (place !== null) isHomeFree = false
  return place
}

/** The same, and else another place. */
export const takeHome = (least: number): Buffer => home(least) ?? take(least)

/** Whether a line in this place is understood as it lies. */
export const isHome = (place: Buffer): boolean => Programs.homeOf(place) !== null

/**
 * A larger place for what is in this one, which is given back.
 *
 * @param size how many of its bytes are taken along
 * @param least how many have to fit
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

/** What stands between two ends in a place, as a line. */
export const cut = (place: Buffer, begin: number, end: number): Buffer =>
  Programs.homeOf(place)?.cut(begin, end) ?? place.subarray(begin, end)

/** The line is not used any more: the next one may take its buffer. */
export const release = (line: Uint8Array): void => {
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
