/**
 * Bytes to lines. A line ends at the byte 0x0A and nowhere else: U+2028, a lone carriage return and a chunk
 * that ends inside a UTF-8 character are all just bytes of it. Any length, any split.
 */

export interface Lines {
  /** Takes a chunk; calls back with each line that it completes, without the newline. */
  readonly push: (chunk: Buffer, onLine: (line: Buffer) => void) => void
  /** The bytes of the line that is not complete yet. */
  readonly pending: () => number
}

const NEWLINE = 0x0a

/** Each byte is searched once and copied at most once, so long lines in small chunks cost no more than short ones. */
export const make = (): Lines => {
  let parts: Array<Buffer> = []
  let size = 0

  const take = (last: Buffer): Buffer => {
    if (size === 0) return last
    const line = Buffer.concat([...parts, last], size + last.length)
    parts = []
    size = 0
    return line
  }

  return {
    push: (chunk, onLine) => {
      let from = 0
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        const line = take(chunk.subarray(from, at))
        from = at + 1
        onLine(line)
      }
      if (from < chunk.length) {
        parts.push(chunk.subarray(from))
        size += chunk.length - from
      }
    },
    pending: () => size
  }
}
