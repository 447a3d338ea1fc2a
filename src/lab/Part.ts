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

/** Where the text of a member is put together. It is compressed before the next one is. */
const room = Scratch.make()

/** In UTF-8. Most lines are ASCII, for which latin1 is the same, and three times as fast. */
const put = (line: string, bytes: number, into: Buffer, at: number): void => {
  into.write(line, at, bytes, bytes === line.length ? 'latin1' : 'utf8')
}

interface Pending {
  readonly line: string
  /** In UTF-8. */
  readonly bytes: number
}

class PartFile implements Part {
  #lines: Array<Pending> = []
  /** Bytes of these lines with their newlines. */
  #length = 0
  #bytes = 0

  constructor(
    readonly file: string,
    private readonly fd: number
  ) {}

  readonly append = (line: string): void => {
    const bytes = Buffer.byteLength(line)
    this.#lines.push({ line, bytes })
    this.#length += bytes + 1
    if (this.#length >= MEMBER) this.flush()
  }

  readonly flush = (): void => {
    if (this.#length === 0) return
    const member = Member.write(this.#text())
    this.#lines = []
    this.#length = 0
    for (let at = 0; at < member.length;) at += fs.writeSync(this.fd, member, at)
    this.#bytes += member.length
  }

  #text(): Buffer {
    const text = room(this.#length)
    let at = 0
    for (const { line, bytes } of this.#lines) {
      put(line, bytes, text, at)
      at += bytes
      text[at++] = NEWLINE
    }
    return text
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
