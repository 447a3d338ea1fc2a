/** What bytes are by how they begin: compressed data and other encodings of text, which a producer may have sent as JSON. */

/** The byte order mark of UTF-8. */
const MARK = [0xef, 0xbb, 0xbf]

const SIGNATURES: ReadonlyArray<readonly [ReadonlyArray<number>, string]> = [
  [MARK, 'a UTF-8 byte order mark'],
  [[0x1f, 0x8b], 'gzip data'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'Zstandard data'],
  [[0x42, 0x5a, 0x68], 'bzip2 data'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz data'],
  [[0x04, 0x22, 0x4d, 0x18], 'LZ4 data'],
  [[0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59], 'Snappy data'],
  [[0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00], 'Snappy data'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive'],
  [[0x4f, 0x62, 0x6a, 0x01], 'an Avro file'],
  [[0x50, 0x41, 0x52, 0x31], 'a Parquet file'],
  [[0xf3, 0x89, 0x9a, 0xc2], 'a record that the KPL aggregated'],
  // UTF-32 first: the mark of its little end begins as that of UTF-16 does.
  [[0xff, 0xfe, 0x00, 0x00], 'UTF-32 text with a byte order mark'],
  [[0x00, 0x00, 0xfe, 0xff], 'UTF-32 text with a byte order mark'],
  [[0xff, 0xfe], 'UTF-16 text with a byte order mark'],
  [[0xfe, 0xff], 'UTF-16 text with a byte order mark']
]

/** The longest signature, and enough to see a rhythm of null bytes. */
const LOOK = 16

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0')

/** RFC 1950: deflate with a window of at most 32 KiB, and a checksum over both bytes. */
const isZlib = ([method = 0, flags = 0]: Uint8Array): boolean =>
  (method & 0x0f) === 8 && method >> 4 <= 7 && (method * 256 + flags) % 31 === 0 && method === 0x78

/** ASCII in UTF-16 has a null in each pair, always on the same side. */
const isWide = (bytes: Uint8Array): boolean => {
  if (bytes.length < 4 || bytes.length % 2 === 1) return false
  const pairs = bytes.subarray(0, LOOK)
  const nulls = [0, 1].map((side) => pairs.filter((byte, i) => i % 2 === side && byte === 0).length)
  const half = pairs.length / 2
  return (nulls[0] === half && nulls[1] === 0) || (nulls[1] === half && nulls[0] === 0)
}

/** `gzip data (1F 8B)`; null: nothing that is known. */
export const nameOf = (bytes: Uint8Array): string | null => {
  const found = SIGNATURES.find(([signature]) => signature.every((byte, i) => bytes[i] === byte))
  if (found !== undefined) return `${found[1]} (${found[0].map(hex).join(' ')})`
  if (isZlib(bytes)) return `zlib data (${hex(bytes[0] ?? 0)} ${hex(bytes[1] ?? 0)})`
  return isWide(bytes) ? 'UTF-16 text (every second byte is 00)' : null
}

/** Whether a UTF-8 byte order mark is at the beginning; what follows it is text like any other. */
export const hasMark = (bytes: Uint8Array): boolean => MARK.every((byte, i) => bytes[i] === byte)
