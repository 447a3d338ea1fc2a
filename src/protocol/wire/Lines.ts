/**
 * Bytes to lines. A line ends at the byte 0x0A and nowhere else: U+2028, a lone carriage return and a chunk
 * that ends inside a UTF-8 character are all just bytes of it. Any length, any split.
 *
 * Each byte is searched once. Chunks of a line that is not complete are kept as they come, and put together when it is: many
 * shards hold parts of lines at the same time, and none takes more memory than it has bytes.
 */
import * as Places from './Places'

type OnLine = (line: Buffer) => void

export interface Lines {
  /**
   * Takes a chunk, whose bytes may change when this returns; calls back with each line that it completes, without the
   * newline. The line belongs to whoever is called.
   */
  readonly push: (chunk: Uint8Array, onLine: OnLine) => void
  /**
   * Where to put the next bytes, which then need not be copied: behind `from` there is room for Places.CHUNK bytes and one
   * more. Not after `push`, which keeps them in pieces.
   */
  readonly space: () => { readonly place: Buffer; readonly from: number }
  /** So many bytes were put there, the one more not among them; as `push` with them. */
  readonly filled: (count: number, onLine: OnLine) => void
  /** The bytes of the line that is not complete yet. */
  readonly pending: () => number
}

const NEWLINE = 0x0a
const nothing = Buffer.alloc(0)

/** @param placeOf where a line of so many bytes is put, unless it is short */
export const make = (placeOf: (length: number) => Buffer = Places.take): Lines => {
  /** The line that is not complete: so many bytes in pieces, and what stands between two ends in the place that is held. */
  let pieces: Array<Buffer> = []
  let before = 0
  let held: Buffer = nothing
  let begin = 0
  let end = 0

  const holdAll = (bytes: Uint8Array): void => {
    held.set(bytes, end)
    end += bytes.length
  }

  const hold = (bytes: Uint8Array): void => {
    const room = held.length - end
    if (bytes.length <= room) return holdAll(bytes)
    const isBegun = end > 0
    if (isBegun) {
      holdAll(bytes.subarray(0, room))
      pieces.push(held.subarray(begin, end))
      before += end - begin
    } else Places.release(held)
    const rest = isBegun ? bytes.subarray(room) : bytes
    held = Places.take(Math.max(rest.length, Places.CHUNK))
    begin = 0
    end = 0
    holdAll(rest)
  }

  /** All that is there and this, which is a line, in one place. */
  const whole = (last: Uint8Array): Buffer => {
    if (pieces.length === 0 && end + last.length <= held.length) {
      holdAll(last)
      return leave(Places.cut(held, begin, end))
    }
    const length = before + end - begin + last.length
    const place = placeOf(length)
    let at = 0
    for (const piece of [...pieces, held.subarray(begin, end)]) {
      place.set(piece, at)
      at += piece.length
      Places.release(piece)
    }
    place.set(last, at)
    return leave(Places.cut(place, 0, length))
  }

  const leave = (line: Buffer): Buffer => {
    if (pieces.length > 0) pieces = []
    before = 0
    held = nothing
    begin = 0
    end = 0
    return line
  }

  const push: Lines['push'] = (chunk, onLine) => {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const last = chunk.subarray(from, at)
      const line = before + end === 0 ? Buffer.from(last) : whole(last)
      from = at + 1
      onLine(line)
    }
    if (from < chunk.length) hold(chunk.subarray(from))
  }

  return {
    push,
    space: () => {
      if (end === 0) {
        // Perhaps nothing came while a batch had the better place.
        if (held !== nothing) Places.release(held)
        held = placeOf(Places.CHUNK + 1)
      }
      const least = end + Places.CHUNK + 1
      if (least > held.length) held = Places.enlarged(held, end, least)
      return { place: held, from: end }
    },
    filled: (count, onLine) => {
      let from = end
      end += count
      for (;;) {
        // The search ends there at the latest: to search a part of a place costs another view of it.
        held[end] = NEWLINE
        const at = held.indexOf(NEWLINE, from)
        if (at === end) return
        if (at === end - 1) {
          end = at
          return onLine(whole(nothing))
        }
        // An answer to a checkpoint, and behind it the beginning of the next batch, which keeps the place.
        const line = Buffer.from(held.subarray(begin, at))
        begin = at + 1
        from = begin
        onLine(line)
      }
    },
    pending: () => before + end - begin
  }
}
