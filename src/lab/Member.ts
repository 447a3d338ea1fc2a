/**
 * The files of a recording are gzip: a sequence of members, each of which any program can read that reads gzip. Each names its
 * length in an extra field of its header, so that it can be read by itself, and what is damaged is one member.
 */
import * as fs from 'node:fs'
import * as zlib from 'node:zlib'
import * as E from 'fp-ts/Either'
import * as Scratch from './Scratch'

/** Of the header that zlib writes. */
const HEADER = 10
const FLAGS_AT = 3
const HAS_EXTRA = 4
/** The length of the extra fields, then one field: two letters, its length and a number of 32 bits. */
const EXTRA = 10
const FIELD = EXTRA - 2

/** The memory of zlib that makes it fastest. */
const MEMORY = 9

const STORED = zlib.constants.Z_NO_COMPRESSION
const FASTEST = zlib.constants.Z_BEST_SPEED

/** @param isPacked whether the text is one that gzip could not shorten by much */
export const write = (text: Buffer, isPacked = false): Buffer => {
  const plain = isPacked
    ? zlib.gzipSync(text, { level: STORED, chunkSize: text.length + (text.length >> 8) + LEAST })
    : zlib.gzipSync(text, { level: FASTEST, memLevel: MEMORY })
  const member = Buffer.allocUnsafe(plain.length + EXTRA)
  plain.copy(member, 0, 0, HEADER)
  member[FLAGS_AT] = HAS_EXTRA
  member.writeUInt16LE(FIELD, HEADER)
  member.write('kR', HEADER + 2, 'latin1')
  member.writeUInt16LE(4, HEADER + 4)
  member.writeUInt32LE(member.length, HEADER + 6)
  plain.copy(member, HEADER + EXTRA, HEADER)
  return member
}

/** More than any that is written: a length beyond it is damage. */
const MOST = 1 << 28

/** What zlib takes as the size of a piece, and what it may be at most: a damaged size must not take all memory. */
const LEAST = 64
const MOST_AT_ONCE = 1 << 24

const lengthOf = (head: Buffer): number | null => {
  const isOurs =
    head.readUInt16LE(0) === 0x8b1f &&
    head[FLAGS_AT] === HAS_EXTRA &&
    head.toString('latin1', 12, 14) === 'kR'
  const length = isOurs ? head.readUInt32LE(HEADER + 6) : 0
  return length > HEADER + EXTRA && length <= MOST ? length : null
}

/** Of the trailer of gzip: the checksum, and then how many bytes the text has. */
const SIZE_AT = -4

/** Where members are read into, one after the other: each is inflated before the next one is read. */
const room = Scratch.make()

const readFully = (fd: number, bytes: Buffer, position: number): Buffer => {
  const { length } = bytes
  let filled = 0
  while (filled < length) {
    const count = fs.readSync(fd, bytes, filled, length - filled, position + filled)
    if (count === 0) break
    filled += count
  }
  return bytes.subarray(0, filled)
}

/** In one piece: from pieces, the text would be copied, and their memory is freed late. */
const inflate = (member: Buffer): Buffer => {
  const size = member.readUInt32LE(member.length + SIZE_AT)
  return zlib.gunzipSync(member, { chunkSize: Math.min(Math.max(size + 1, LEAST), MOST_AT_ONCE) })
}

/** The texts of a file's members in order. The last one is Left where the file is damaged or cut: what is wrong with it. */
export function* read(fd: number): Generator<E.Either<string, Buffer>, void> {
  let position = 0
  for (;;) {
    const head = readFully(fd, room(HEADER + EXTRA), position)
    if (head.length === 0) return
    const length = head.length < HEADER + EXTRA ? null : lengthOf(head)
    if (length === null) {
      const what = head.length < HEADER + EXTRA ? 'is cut' : 'is damaged'
      yield E.left(`${what} at byte ${position}`)
      return
    }
    const member = readFully(fd, room(length), position)
    if (member.length < length) {
      yield E.left(`is cut at byte ${position}`)
      return
    }
    const text = E.tryCatch(() => inflate(member), E.toError)
    if (E.isLeft(text)) {
      yield E.left(`is damaged at byte ${position}`)
      return
    }
    yield text
    position += length
  }
}
