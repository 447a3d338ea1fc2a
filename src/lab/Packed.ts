/**
 * The payloads of a large batch, compressed by themselves, while the file around them is gzip. At its lowest quality, Brotli takes a
 * quarter of the time of gzip for events, and almost none for payloads that are encrypted, and its text is as short.
 */
import * as zlib from 'node:zlib'
import * as Scratch from './Scratch'

/** The payloads of a batch in base64, where the daemon has written them: valid as long as the records of the line are. */
export interface Payloads {
  readonly line: Uint8Array
  /** Two numbers for each payload: where it begins and where it ends on the line. */
  readonly spans: Float64Array
  /** The bytes of each payload. */
  readonly sizes: ReadonlyArray<number>
}

/** Bytes of payloads from which on it is worth it: to begin takes Brotli as long as some kilobytes. */
const LEAST = 1 << 14

/** More than any batch of the daemon. */
const MOST = 1 << 28

const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN } = zlib.constants
/** Its window is as large as a core's cache. */
const FASTEST = { [BROTLI_PARAM_QUALITY]: 0, [BROTLI_PARAM_LGWIN]: 18 }
/** Bytes of the pieces of its output. */
const PIECE = 1 << 16

/** Where payloads are put together: they are compressed at once. */
const room = Scratch.make()

const compressed = (payloads: Buffer): string =>
  zlib.brotliCompressSync(payloads, { params: FASTEST, chunkSize: PIECE }).toString('base64')

const total = (sizes: ReadonlyArray<number>): number => sizes.reduce((sum, size) => sum + size, 0)

/** The last character but for padding has bits of no byte. They are zero, or another text would come of the bytes. */
const LAST = { one: new Set(Buffer.from('AEIMQUYcgkosw048')), two: new Set(Buffer.from('AQgw')) }
const PAD = 0x3d

const endsAsWritten = (line: Buffer, to: number): boolean => {
  if (line[to - 1] !== PAD) return true
  return line[to - 2] === PAD ? LAST.two.has(line[to - 3] ?? 0) : LAST.one.has(line[to - 2] ?? 0)
}

/** Whether there is one of the characters that Node reads as others in base64. */
const hasUrlSafe = (line: Buffer, { spans }: Payloads): boolean =>
  [...'-_'].some((character) => {
    let next = line.indexOf(character)
    for (let i = 0; i < spans.length && next >= 0; i += 2) {
      const from = spans[i] ?? 0
      if (next < from) next = line.indexOf(character, from)
      if (next >= from && next < (spans[i + 1] ?? 0)) return true
    }
    return false
  })

/**
 * Payloads on a line of the daemon, in base64.
 *
 * @returns null if they are too short, or if the same base64 would not come of their bytes
 */
export const ofLine = (payloads: Payloads): string | null => {
  const { spans, sizes } = payloads
  const length = total(sizes)
  const line = Buffer.from(payloads.line.buffer, payloads.line.byteOffset, payloads.line.byteLength)
  if (length < LEAST || hasUrlSafe(line, payloads)) return null
  const bytes = room(length)
  let at = 0
  for (const [index, size] of sizes.entries()) {
    const to = spans[2 * index + 1] ?? 0
    if (!endsAsWritten(line, to)) return null
    if (bytes.write(line.toString('latin1', spans[2 * index], to), at, 'base64') !== size) return null
    at += size
  }
  return compressed(bytes)
}

/**
 * Payloads in base64.
 *
 * @returns null if they are too short, or if the same base64 would not come of their bytes
 */
export const of = (payloads: ReadonlyArray<string>, sizes: ReadonlyArray<number>): string | null => {
  if (total(sizes) < LEAST) return null
  const bytes = payloads.map((payload) => Buffer.from(payload, 'base64'))
  const areSame = bytes.every(
    (one, index) => one.length === sizes[index] && one.toString('base64') === payloads[index]
  )
  return areSame ? compressed(Buffer.concat(bytes)) : null
}

/** The payloads in base64, in their order. Throws if it was not given by `of` or `ofLine`. */
export const read = (packed: string, sizes: ReadonlyArray<number>): ReadonlyArray<string> => {
  const bytes = zlib.brotliDecompressSync(Buffer.from(packed, 'base64'), { maxOutputLength: MOST })
  let at = 0
  return sizes.map((size) => bytes.toString('base64', at, (at += size)))
}
