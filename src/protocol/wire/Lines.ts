/**
 * Bytes to lines. A line ends at the byte 0x0A and nowhere else: U+2028, a lone carriage return and a chunk
 * that ends inside a UTF-8 character are all just bytes of it. Any length, any split.
 *
 * Each byte is searched once. Chunks of a line that is not complete are kept as they come, and put together when it is: many
 * shards hold parts of lines at the same time, and none takes more memory than it has bytes.
 */
import * as BufferPool from './BufferPool'

type OnLine = (line: Buffer) => void

export interface Lines {
  /**
   * Takes a chunk, whose bytes may change when this returns; calls back with each line that it completes, without the
   * newline. The line belongs to the callee.
   */
  readonly push: (chunk: Uint8Array, onLine: OnLine) => void
  /**
   * Where to put the next bytes, which then need not be copied: behind `from` there is room for BufferPool.CHUNK bytes and one
   * more. Not after `push`, which keeps them in pieces.
   */
  readonly space: () => { readonly place: Buffer; readonly from: number }
  /** The same once a line has begun in a place where it is understood as it lies; null: `push` has to take the next bytes. */
  readonly next: () => { readonly place: Buffer; readonly from: number } | null
  /** This many bytes were put there, without the one more; the same as `push` with them. */
  readonly filled: (count: number, onLine: OnLine) => void
  /** The bytes of the line that is not complete yet. */
  readonly pending: () => number
  /** Nothing comes any more: gives back the place of a line that is not complete. */
  readonly close: () => void
}

const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d

/** Nothing, or what Windows puts before a newline. */
export const isBlank = (line: Uint8Array): boolean =>
  line.length === 0 || (line.length === 1 && line[0] === CARRIAGE_RETURN)

const nothing = Buffer.alloc(0)

class Framing implements Lines {
  /** The incomplete line: the bytes in pieces, and the part of the held buffer between two ends. */
  #pieces: Array<Buffer> = []
  #before = 0
  #buffer: Buffer = nothing
  #begin = 0
  #end = 0
  #isOver = false

  constructor(private readonly placeOf: (length: number) => Buffer) {}

  readonly push: Lines['push'] = (chunk, onLine) => {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const last = chunk.subarray(from, at)
      const line = this.#before + this.#end === 0 ? Buffer.from(last) : this.#whole(last)
      from = at + 1
      onLine(line)
    }
    if (from < chunk.length && !this.#isOver) this.#hold(chunk.subarray(from))
  }

  readonly space: Lines['space'] = () => {
    if (this.#end === 0) {
      // Perhaps nothing came while a batch had the better place.
      if (this.#buffer !== nothing) BufferPool.release(this.#buffer)
      this.#buffer = this.placeOf(BufferPool.CHUNK + 1)
    }
    const least = this.#end + BufferPool.CHUNK + 1
    if (least > this.#buffer.length) this.#buffer = BufferPool.enlarged(this.#buffer, this.#end, least)
    return { place: this.#buffer, from: this.#end }
  }

  readonly next: Lines['next'] = () => (this.#end > 0 && this.#isAtHome() ? this.space() : null)

  readonly filled: Lines['filled'] = (count, onLine) => {
    let from = this.#end
    this.#end += count
    for (;;) {
      // The search ends there at the latest: to search a part of a place costs another view of it.
      this.#buffer[this.#end] = NEWLINE
      const at = this.#buffer.indexOf(NEWLINE, from)
      if (at === this.#end) return
      if (at === this.#end - 1) {
        this.#end = at
        return onLine(this.#whole(nothing))
      }
      // An answer to a checkpoint, and behind it the beginning of the next batch, which keeps the place.
      const line = Buffer.from(this.#buffer.subarray(this.#begin, at))
      this.#begin = at + 1
      from = this.#begin
      onLine(line)
      if (this.#isOver) return
    }
  }

  readonly pending = (): number => this.#before + this.#end - this.#begin

  readonly close = (): void => {
    this.#isOver = true
    if (this.#buffer === nothing) return
    for (const piece of [...this.#pieces, this.#buffer]) BufferPool.release(piece)
    this.#takeOut(nothing)
  }

  /** Whether the line is in a place where it is understood as it lies, or can be brought there. */
  #isAtHome(): boolean {
    if (this.#pieces.length === 0 && BufferPool.isHome(this.#buffer)) return true
    const begun = this.pending()
    const home = BufferPool.home(begun + BufferPool.CHUNK + 1)
    if (home === null) return false
    this.#gather(home)
    this.#buffer = home
    this.#pieces = []
    this.#before = 0
    this.#begin = 0
    this.#end = begun
    return true
  }

  /** All that is there, in one place. */
  #gather(place: Buffer): void {
    let at = 0
    for (const piece of [...this.#pieces, this.#buffer.subarray(this.#begin, this.#end)]) {
      place.set(piece, at)
      at += piece.length
      BufferPool.release(piece)
    }
  }

  #holdAll(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }

  #hold(bytes: Uint8Array): void {
    const room = this.#buffer.length - this.#end
    if (bytes.length <= room) return this.#holdAll(bytes)
    const isBegun = this.#end > 0
    if (isBegun) {
      this.#holdAll(bytes.subarray(0, room))
      this.#pieces.push(this.#buffer.subarray(this.#begin, this.#end))
      this.#before += this.#end - this.#begin
    } else BufferPool.release(this.#buffer)
    const rest = isBegun ? bytes.subarray(room) : bytes
    const least = Math.max(rest.length, BufferPool.CHUNK)
    this.#buffer = isBegun ? BufferPool.take(least) : this.placeOf(least)
    this.#begin = 0
    this.#end = 0
    this.#holdAll(rest)
  }

  /** All that is there and this, which is a line, in one place. */
  #whole(last: Uint8Array): Buffer {
    if (this.#pieces.length === 0 && this.#end + last.length <= this.#buffer.length) {
      this.#holdAll(last)
      return this.#takeOut(BufferPool.cut(this.#buffer, this.#begin, this.#end))
    }
    const length = this.pending() + last.length
    const place = this.placeOf(length)
    this.#gather(place)
    place.set(last, length - last.length)
    return this.#takeOut(BufferPool.cut(place, 0, length))
  }

  #takeOut(line: Buffer): Buffer {
    if (this.#pieces.length > 0) this.#pieces = []
    this.#before = 0
    this.#buffer = nothing
    this.#begin = 0
    this.#end = 0
    return line
  }
}

/** @param placeOf returns the buffer for a line of the given bytes, unless it is short */
export const make = (placeOf: (length: number) => Buffer = BufferPool.take): Lines => new Framing(placeOf)
