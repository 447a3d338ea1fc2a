/**
 * A file that is followed by its name. Whatever is written to it is copied to a temporary file at once, so that what
 * was read can be read again after the file was truncated (copytruncate, `> file`) or replaced (rotation); either is
 * noticed, and the new content is read from its beginning.
 */
import * as fs from 'node:fs'
import * as Failure from '../core/Failure'
import type { Clock } from '../run/Clock'
import * as FileSource from './FileSource'
import type { Cursor, Source } from './Source'
import * as Spool from './Spool'

export interface Options {
  readonly file: string
  readonly fd: number
  /** Where the file's present content begins in the stream, */
  readonly origin: Cursor
  /** and where to read on: what comes before is not copied. */
  readonly from: Cursor
  readonly clock: Pick<Clock, 'later'>
  readonly onNotice: (notice: string) => void
}

const BLOCK = 1 << 20
/** The bytes that are copied before others get their turn. */
const TURN = 32 * BLOCK
/** The bytes before the end of what was read that must still be there. */
const ANCHOR = 4096
const POLL_MS = 100
const NEWLINE = 0x0a

const newlines = (bytes: Buffer): number => {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1
  return count
}

/** Whether both files begin with the same bytes: an editor saves by putting another file in the place. */
const isSame = (one: number, other: number, length: number): boolean => {
  for (let at = 0; at < length; at += BLOCK) {
    const size = Math.min(BLOCK, length - at)
    if (!FileSource.readAt(one, at, size).equals(FileSource.readAt(other, at, size))) return false
  }
  return true
}

const statOf = (file: string): fs.Stats | null => fs.statSync(file, { throwIfNoEntry: false }) ?? null

class Following {
  readonly copy = Spool.scratch()
  problem: string | null = null
  origin: Cursor
  #fd: number
  /** How far it was read, */
  #offset: number
  /** and what was read last of it. */
  #anchor: Buffer
  #seen = ''
  /** The copy has the places of the first content, a hole for what is not copied, and what came later behind it. */
  #written: number
  #lines: number
  #isMidLine = false

  constructor(readonly options: Options) {
    const { fd, origin, from } = options
    this.origin = origin
    this.#fd = fd
    this.#offset = from.offset
    this.#written = from.offset
    this.#lines = from.line
    this.#anchor = FileSource.readAt(fd, Math.max(0, from.offset - ANCHOR), Math.min(ANCHOR, from.offset))
    if (from.offset > 0) fs.ftruncateSync(this.copy, from.offset)
  }

  /** Copies what is new; never throws. */
  readonly look = (): void => {
    if (this.problem !== null) return
    try {
      if (this.#isRewritten()) this.#anew(this.#fd, 'was truncated or rewritten')
      if (this.#take()) this.#lookByName()
    } catch (thrown) {
      this.problem = `${this.options.file} cannot be followed: ${Failure.fromUnknown(thrown).message}`
    }
  }

  #isRewritten(): boolean {
    const { size, mtimeMs } = fs.fstatSync(this.#fd)
    if (size < this.#offset) return true
    const seen = `${size} ${mtimeMs}`
    if (seen === this.#seen) return false
    this.#seen = seen
    return !FileSource.readAt(this.#fd, this.#offset - this.#anchor.length, this.#anchor.length).equals(
      this.#anchor
    )
  }

  /** True: at the end of what there is. */
  #take(): boolean {
    for (let taken = 0; taken < TURN;) {
      const bytes = FileSource.readAt(this.#fd, this.#offset, BLOCK)
      if (bytes.length === 0) return true
      this.#put(bytes)
      this.#offset += bytes.length
      taken += bytes.length
      this.#anchor = Buffer.concat([this.#anchor, bytes.subarray(-ANCHOR)]).subarray(-ANCHOR)
    }
    return false
  }

  #put(bytes: Buffer): void {
    Spool.writeAll(this.copy, bytes)
    this.#written += bytes.length
    this.#lines += newlines(bytes)
    this.#isMidLine = bytes[bytes.length - 1] !== NEWLINE
  }

  /** Another file may have its name by now. */
  #lookByName(): void {
    const named = statOf(this.options.file)
    const open = fs.fstatSync(this.#fd)
    if (named === null || (named.ino === open.ino && named.dev === open.dev)) return
    const fd = fs.openSync(this.options.file, 'r')
    // What was written to the old file until it lost its name.
    while (!this.#take());
    const isGrown = fs.fstatSync(fd).size >= this.#offset && isSame(this.#fd, fd, this.#offset)
    fs.closeSync(this.#fd)
    if (isGrown) this.#fd = fd
    else this.#anew(fd, 'was replaced by another file')
    this.#take()
  }

  #anew(fd: number, what: string): void {
    const cut = this.#isMidLine ? '; the last line before that had no newline and counts as it is' : ''
    // Two lines that have nothing to do with each other must not become one.
    if (this.#isMidLine) this.#put(Buffer.from([NEWLINE]))
    this.options.onNotice(`${this.options.file} ${what}: it is read from its beginning${cut}`)
    this.#fd = fd
    this.#offset = 0
    this.#anchor = Buffer.alloc(0)
    this.#seen = ''
    this.origin = { line: this.#lines, offset: this.#written }
  }

  close(): void {
    fs.closeSync(this.#fd)
  }
}

export const make = (options: Options): Source => {
  const following = new Following(options)
  const copy = FileSource.make(following.copy, () => following.problem !== null)
  let cancel = (): void => undefined
  // Also while nothing reads: a slow handler must not miss that the file is truncated meanwhile.
  const again = (): void => {
    following.look()
    cancel = options.clock.later(POLL_MS, again)
  }
  again()
  return {
    ...copy,
    read: (from, limits) => {
      following.look()
      return copy.read(from, limits)
    },
    origin: () => following.origin,
    problem: () => following.problem ?? copy.problem(),
    close: () => {
      cancel()
      following.close()
      copy.close()
    }
  }
}
