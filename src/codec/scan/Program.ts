/**
 * The scan as WebAssembly, which compares sixteen bytes at a time, and its memory: a window of the line, and what was
 * found in there. It keeps nothing from one line to the next, so that all shards of a thread share one.
 */
import { binary } from './binary'

/** What the assembly exports, where each is described. Places are those of its memory. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly window: () => number
  readonly found: () => number
  readonly names: () => number
  readonly reserve: (size: number) => void
  readonly open: (to: number) => number
  readonly scan: (from: number, to: number, origin: number, named: number) => number
  readonly close: (at: number, to: number) => number
}

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** The numbers of a record: where its data begins and ends on the line, where its key and its sequence number end among the names, and its two numbers. */
export const NOTES = 6

const HEADER = 4
const COUNT = 0
const NAMED = 1
const PAYLOAD = 2
const STRANGE = 3

const BYTES_OF_NUMBER = 8

/** So many elements are copied sooner one by one than by a call. */
const FEW = 100

/** Looks at a line through a window. Places are those of the line. */
export class Program {
  readonly #exports: Exports
  readonly #base: number
  readonly #header: number
  readonly #names: number
  #memory: Buffer
  #found: Float64Array
  /** Where on the line the window begins and ends. */
  #from = 0
  #to = 0
  /** The line ends where the window does. */
  isAtEnd = false
  /** What the last `scan` found. */
  count = 0
  named = 0
  payload = 0
  /** What follows is of another layout, whatever comes after the window. */
  isStrange = false

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(binary, 'base64'))
    this.#exports = new WebAssembly.Instance(module).exports as Exports
    this.#base = this.#exports.window()
    this.#header = this.#exports.found() / BYTES_OF_NUMBER
    this.#names = this.#exports.names()
    this.#memory = Buffer.from(this.#exports.memory.buffer)
    this.#found = new Float64Array(this.#exports.memory.buffer)
  }

  /** Moves the window: so many bytes of the line, or what is left of it. */
  look(line: Buffer, from: number, size: number): void {
    const to = Math.min(from + size, line.length)
    if (this.#base + to - from > this.#memory.length) this.#grow(size)
    if (from === 0 && to === line.length) this.#memory.set(line, this.#base)
    else line.copy(this.#memory, this.#base, from, to)
    this.#from = from
    this.#to = to
    this.isAtEnd = to === line.length
  }

  /** The place after the opening of a batch at the window's beginning, or -1: the line is none. */
  open(): number {
    const at = this.#exports.open(this.#in(this.#to))
    return at === 0 ? -1 : this.#out(at)
  }

  /**
   * Finds the records from a place on that are in the window as a whole; gives the place after the last one.
   *
   * @param named bytes of names that were found before
   */
  scan(at: number, named: number): number {
    const origin = this.#from - this.#base
    const after = this.#exports.scan(this.#in(at), this.#in(this.#to), origin, named)
    this.count = this.#found[this.#header + COUNT] ?? 0
    this.named = this.#found[this.#header + NAMED] ?? 0
    this.payload = this.#found[this.#header + PAYLOAD] ?? 0
    this.isStrange = this.#found[this.#header + STRANGE] === 1
    return this.#out(after)
  }

  /** NaN: the daemon does not say how far the shard is behind. Less than zero: this is no end of a batch. */
  close(at: number): number {
    return this.isAtEnd ? this.#exports.close(this.#in(at), this.#in(this.#to)) : -1
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

  /** The same as a text. */
  names(): string {
    return this.#memory.toString('latin1', this.#names, this.#names + this.named)
  }

  #in(place: number): number {
    return place - this.#from + this.#base
  }

  #out(place: number): number {
    return place - this.#base + this.#from
  }

  #grow(size: number): void {
    this.#exports.reserve(size)
    this.#memory = Buffer.from(this.#exports.memory.buffer)
    this.#found = new Float64Array(this.#exports.memory.buffer)
  }
}
