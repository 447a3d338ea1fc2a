/**
 * Places in JSON as it was written: what `JSON.parse` and `JSON.stringify` would change (integers above 2^53, 1.0, 1e400,
 * -0, escapes, the order and the repetition of keys) is left alone. Takes only what `JSON.parse` has accepted.
 */

/** A part of the text: its first byte, and the one after its last. */
interface Span {
  readonly from: number
  readonly to: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

const afterSpace = (json: Uint8Array, from: number): number => {
  let at = from
  while (isSpace(json[at])) at += 1
  return at
}

/** @param from its opening quote */
const afterString = (json: Uint8Array, from: number): number => {
  for (let at = from + 1; ; at++) {
    const byte = json[at]
    if (byte === QUOTE || byte === undefined) return at + 1
    if (byte === BACKSLASH) at += 1
  }
}

const isEnd = (byte: number | undefined): boolean =>
  byte === undefined || byte === COMMA || byte === CLOSE || byte === CLOSE_LIST || isSpace(byte)

const afterWord = (json: Uint8Array, from: number): number => {
  let at = from
  while (!isEnd(json[at])) at += 1
  return at
}

const afterNested = (json: Uint8Array, from: number): number => {
  let depth = 0
  for (let at = from; at < json.length;) {
    const byte = json[at]
    if (byte === QUOTE) {
      at = afterString(json, at)
      continue
    }
    if (byte === OPEN || byte === OPEN_LIST) depth += 1
    if (byte === CLOSE || byte === CLOSE_LIST) depth -= 1
    at += 1
    if (depth === 0) return at
  }
  return json.length
}

const afterValue = (json: Uint8Array, from: number): number => {
  const byte = json[from]
  if (byte === QUOTE) return afterString(json, from)
  return byte === OPEN || byte === OPEN_LIST ? afterNested(json, from) : afterWord(json, from)
}

const textOf = (json: Uint8Array, { from, to }: Span): string =>
  Buffer.from(json.buffer, json.byteOffset + from, to - from).toString('utf8')

/** The value of a key of the object that begins here. Where the key is repeated the last one counts, as for `JSON.parse`. */
const ofKey = (json: Uint8Array, object: number, key: string): Span | null => {
  let found: Span | null = null
  let at = afterSpace(json, object + 1)
  while (json[at] === QUOTE) {
    const name: Span = { from: at, to: afterString(json, at) }
    const colon = afterSpace(json, name.to)
    const from = afterSpace(json, colon + 1)
    const to = afterValue(json, from)
    if (JSON.parse(textOf(json, name)) === key) found = { from, to }
    const comma = afterSpace(json, to)
    at = json[comma] === COMMA ? afterSpace(json, comma + 1) : comma
  }
  return found
}

/** The value at an index of the list that begins here. */
const ofIndex = (json: Uint8Array, list: number, index: string): Span | null => {
  let at = afterSpace(json, list + 1)
  for (let i = 0; at < json.length && json[at] !== CLOSE_LIST; i++) {
    const to = afterValue(json, at)
    if (String(i) === index) return { from: at, to }
    const comma = afterSpace(json, to)
    at = json[comma] === COMMA ? afterSpace(json, comma + 1) : comma
  }
  return null
}

/** The bytes of the value at a path of keys and indices, as they stand; null: nothing is there. */
export const at = (json: Uint8Array, path: ReadonlyArray<string>): Uint8Array | null => {
  let span: Span = { from: afterSpace(json, 0), to: json.length }
  for (const name of path) {
    const byte = json[span.from]
    const inner =
      byte === OPEN
        ? ofKey(json, span.from, name)
        : byte === OPEN_LIST
          ? ofIndex(json, span.from, name)
          : null
    if (inner === null) return null
    span = inner
  }
  return json.subarray(span.from, path.length === 0 ? afterValue(json, span.from) : span.to)
}

const INDENT = '  '

/** The same text on lines of its own for each value, with all keys and numbers as they are written. */
export const indented = (text: string): string => {
  const json = Buffer.from(text)
  const parts: Array<string> = []
  let depth = 0
  const newline = (): string => `\n${INDENT.repeat(depth)}`
  for (let at = afterSpace(json, 0); at < json.length; at = afterSpace(json, at)) {
    const byte = json[at]
    if (byte === OPEN || byte === OPEN_LIST) {
      const next = afterSpace(json, at + 1)
      const isEmpty = json[next] === CLOSE || json[next] === CLOSE_LIST
      if (!isEmpty) depth += 1
      parts.push(String.fromCharCode(byte), isEmpty ? String.fromCharCode(json[next] ?? 0) : newline())
      at = isEmpty ? next + 1 : at + 1
    } else if (byte === CLOSE || byte === CLOSE_LIST) {
      depth -= 1
      parts.push(newline(), String.fromCharCode(byte))
      at += 1
    } else if (byte === COMMA || byte === COLON) {
      parts.push(byte === COMMA ? `,${newline()}` : ': ')
      at += 1
    } else {
      const to = byte === QUOTE ? afterString(json, at) : afterWord(json, at)
      parts.push(textOf(json, { from: at, to }))
      at = to
    }
  }
  return parts.join('')
}
