/**
 * The scan as WebAssembly, which compares sixteen bytes at a time, and its memory: a window of the line, or all of it, and
 * what was found in there. It keeps nothing from one line to the next.
 */

/** What the assembly exports, where each is described. Places are those of its memory. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly window: () => number
  readonly slack: () => number
  readonly found: () => number
  readonly names: () => number
  readonly reserve: (size: number) => void
  readonly open: (from: number, to: number) => number
  readonly scan: (from: number, to: number, origin: number, named: number) => number
  readonly close: (at: number, to: number) => number
}

declare const WebAssembly: { readonly Instance: new (module: object) => { readonly exports: unknown } }

/**
 * The numbers of a record: where its data begins and ends on the line, where its key and its sequence number end among
 * the names, and its two numbers.
 */
export const NOTES = 6

const HEADER = 5
const COUNT = 0
const NAMED = 1
const PAYLOAD = 2
const STRANGE = 3
const ASCII = 4

const BYTES_OF_NUMBER = 8

/** Up to this many elements, a loop copies faster than a call. */
const FEW = 100

/** Looks at a line through a window, or at one that lies in its memory as it is. Places are those of the line. */
export class Program {
  readonly #exports: Exports
  readonly #base: number
  readonly #slack: number
  readonly #header: number
  readonly #names: number
  #memory: Buffer
  #bytes: ArrayBufferLike
  #found: Float64Array
  #place: Buffer
  /** The line that was cut from the place last. */
  #line: Buffer | null = null
  /** What is to be added to a place of the line for its place in the memory. */
  #shift = 0
  /** Where on the line the window ends. */
  #to = 0
  /** The line ends where the window does. */
  isAtEnd = false
  /** What the last `scan` found. */
  count = 0
  named = 0
  payload = 0
  /** What follows is of another layout, whatever comes after the window. */
  isStrange = false
  /** Whether all names that were found are ASCII. */
  isAscii = true

  constructor(module: object) {
    this.#exports = new WebAssembly.Instance(module).exports as Exports
    this.#base = this.#exports.window()
    this.#slack = this.#exports.slack()
    this.#header = this.#exports.found() / BYTES_OF_NUMBER
    this.#names = this.#exports.names()
    this.#bytes = this.#exports.memory.buffer
    this.#memory = Buffer.from(this.#bytes)
    this.#found = new Float64Array(this.#bytes)
    this.#place = this.#room()
  }

  /**
   * The whole window, as a place for a line that is then looked at where it is; null: there is no memory for so much. What
   * is in there stays when it is larger later.
   *
   * @param least bytes
   */
  place(least: number): Buffer | null {
    if (least > this.#place.length) this.#grow(least)
    return least > this.#place.length ? null : this.#place
  }

  /** What stands between two ends in its place, as a line. */
  cut(begin: number, end: number): Buffer {
    this.#line = this.#place.subarray(begin, end)
    return this.#line
  }

  /**
   * Whether the bytes lie in its memory. To ask them for it is a call of V8's, which takes longer than to look at a
   * short line.
   */
  holds(bytes: Uint8Array): boolean {
    return bytes === this.#line || bytes === this.#place || bytes.buffer === this.#bytes
  }

  /** Moves the window to the given number of bytes of the line, or what is left of it. False: not enough memory. */
  look(line: Buffer, from: number, size: number): boolean {
    if (this.holds(line)) {
      this.#shift = line.byteOffset
      this.#to = line.length
      this.isAtEnd = true
      return true
    }
    const to = Math.min(from + size, line.length)
    if (this.place(to - from) === null) return false
    if (from === 0 && to === line.length) this.#memory.set(line, this.#base)
    else line.copy(this.#memory, this.#base, from, to)
    this.#shift = this.#base - from
    this.#to = to
    this.isAtEnd = to === line.length
    return true
  }

  /** The place after the opening of a batch at the window's beginning, or -1: the line is not a batch. */
  open(): number {
    const at = this.#exports.open(this.#shift, this.#to + this.#shift)
    return at === 0 ? -1 : at - this.#shift
  }

  /**
   * Finds the records from a place on that are in the window as a whole; gives the place after the last one.
   *
   * @param named bytes of names that were found before
   */
  scan(at: number, named: number): number {
    const shift = this.#shift
    const after = this.#exports.scan(at + shift, this.#to + shift, -shift, named)
    this.count = this.#found[this.#header + COUNT] ?? 0
    this.named = this.#found[this.#header + NAMED] ?? 0
    this.payload = this.#found[this.#header + PAYLOAD] ?? 0
    this.isStrange = this.#found[this.#header + STRANGE] === 1
    this.isAscii = this.#found[this.#header + ASCII] === 1
    return after - shift
  }

  /** NaN: the daemon does not say how far the shard is behind. Less than zero: this is no end of a batch. */
  close(at: number): number {
    return this.isAtEnd ? this.#exports.close(at + this.#shift, this.#to + this.#shift) : -1
  }

  /** Copies what was found of each record: NOTES numbers. */
  copyNotes(into: Float64Array, at: number): void {
    const size = NOTES * this.count
    const from = this.#header + HEADER
    const found = this.#found
    if (size > FEW) into.set(found.subarray(from, from + size), at)
    else for (let i = 0; i < size; i++) into[at + i] = found[from + i] ?? NaN
  }

  /** Copies the keys and the sequence numbers that were found, one after the other. */
  copyNames(into: Buffer, at: number): void {
    this.#memory.copy(into, at, this.#names, this.#names + this.named)
  }

  /** The same as a text, if they are ASCII. */
  names(): string {
    return this.#memory.toString('latin1', this.#names, this.#names + this.named)
  }

  /** What the assembly may look at behind a line is not part of it. */
  #room(): Buffer {
    return this.#memory.subarray(this.#base, this.#memory.length - this.#slack)
  }

  #grow(size: number): void {
    this.#exports.reserve(size)
    this.#bytes = this.#exports.memory.buffer
    this.#memory = Buffer.from(this.#bytes)
    this.#found = new Float64Array(this.#bytes)
    this.#place = this.#room()
    this.#line = null
  }
}
