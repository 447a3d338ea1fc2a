/** One file of a recording, while it is written. All calls are synchronous: it belongs on a thread without handlers. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Line from './Line'
import * as Member from './Member'
import type { Header } from './Recording'
import * as Scratch from './Scratch'

export interface Part {
  readonly file: string
  /** One line, without its newline. Throws what `node:fs` throws, as the others do. */
  readonly append: (line: string) => void
  /** A line that is compressed already, for the most part. */
  readonly appendPacked: (line: string) => void
  /** What was appended is in the file: a crash of this process does not take it away. */
  readonly flush: () => void
  /** Bytes of the file so far. */
  readonly bytes: () => number
  readonly end: (end: Line.End) => void
  /** Without an end, as if the process had crashed; what was flushed stays. */
  readonly abandon: () => void
}

/** Bytes of text in a member, unless it is flushed sooner. */
const MEMBER = 1 << 16

const EXTENSION = '.ndjson.gz'

/** Only what every file system takes in a name. */
const plain = (text: string): string => text.replaceAll(/[^A-Za-z0-9_.-]/g, '_')

/** The name is for people: the reader believes the header alone. */
export const nameOf = ({ stream, shard, life, part }: Header): string =>
  [stream ?? '-', shard, life, String(part).padStart(4, '0')].map(plain).join('.') + EXTENSION

export const isName = (name: string): boolean => name.endsWith(EXTENSION)

const NEWLINE = 0x0a

/** Where a member is put together if it is larger. It is compressed before the next one is. */
const room = Scratch.make()

class PartFile implements Part {
  /** The lines of the next member, while they are few. */
  #pending: Buffer | null = null
  /** Bytes of these lines with their newlines. */
  #length = 0
  #bytes = 0

  constructor(
    readonly file: string,
    private readonly fd: number
  ) {}

  readonly append = (line: string): void => {
    const bytes = Buffer.byteLength(line)
    const length = this.#length + bytes + 1
    if (length < MEMBER) this.#put(line, bytes, (this.#pending ??= Buffer.allocUnsafeSlow(MEMBER)))
    else {
      const text = room(length)
      this.#pending?.copy(text, 0, 0, this.#length)
      this.#put(line, bytes, text)
      this.#write(text)
    }
  }

  readonly appendPacked = (line: string): void => {
    this.flush()
    const bytes = Buffer.byteLength(line)
    const text = room(bytes + 1)
    this.#put(line, bytes, text)
    this.#write(text, true)
  }

  readonly flush = (): void => {
    if (this.#pending !== null && this.#length > 0) this.#write(this.#pending.subarray(0, this.#length))
  }

  /** @param bytes of the line in UTF-8. Most lines are ASCII, for which latin1 is the same, and three times as fast. */
  #put(line: string, bytes: number, into: Buffer): void {
    into.write(line, this.#length, bytes, bytes === line.length ? 'latin1' : 'utf8')
    into[this.#length + bytes] = NEWLINE
    this.#length += bytes + 1
  }

  #write(text: Buffer, isPacked = false): void {
    const member = Member.write(text, isPacked)
    this.#length = 0
    for (let at = 0; at < member.length;) at += fs.writeSync(this.fd, member, at)
    this.#bytes += member.length
  }

  readonly bytes = (): number => this.#bytes

  readonly end = (end: Line.End): void => {
    this.append(Line.end(end))
    this.flush()
    fs.closeSync(this.fd)
  }

  readonly abandon = (): void => {
    try {
      // What a full disk has taken of a member is no member.
      fs.ftruncateSync(this.fd, this.#bytes)
    } catch {
      // The reader finds the cut.
    }
    fs.closeSync(this.fd)
  }
}

/** Makes the file, readable by its owner alone; the header is in it at once. */
export const create = (folder: string, header: Header): Part => {
  const file = path.join(folder, nameOf(header))
  const part = new PartFile(file, fs.openSync(file, 'wx', 0o600))
  part.append(Line.header(header))
  part.flush()
  return part
}
