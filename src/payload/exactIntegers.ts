/** JSON with its integers as they are written, whatever their size. */

/** An integer above 2^53 has sixteen digits or more. */
const MAY_BE_LARGE = /[0-9]{16}/

const INTEGER = /^-?[0-9]+$/

/** What stands neither in a string nor between values: a number, true, false or null. */
const WORD = /[-+.\w]+/y

const SPACE = /\s*/y

/** A place in a text that `JSON.parse` has accepted: nothing in it can be wrong. */
interface Cursor {
  readonly text: string
  at: number
}

const take = (cursor: Cursor, pattern: RegExp): string => {
  pattern.lastIndex = cursor.at
  const [found = ''] = pattern.exec(cursor.text) ?? []
  cursor.at += found.length
  return found
}

/** The next character that is no space. */
const peek = (cursor: Cursor): string => {
  take(cursor, SPACE)
  return cursor.text.charAt(cursor.at)
}

const string = (cursor: Cursor): string => {
  const from = cursor.at
  for (cursor.at += 1; cursor.text[cursor.at] !== '"'; cursor.at += 1)
    if (cursor.text[cursor.at] === '\\') cursor.at += 1
  cursor.at += 1
  return JSON.parse(cursor.text.slice(from, cursor.at)) as string
}

const scalar = (cursor: Cursor): unknown => {
  const word = take(cursor, WORD)
  const value: unknown = JSON.parse(word)
  return INTEGER.test(word) && !Number.isSafeInteger(value) ? BigInt(word) : value
}

/** What stands between a bracket and the one that closes it. */
const items = <A>(cursor: Cursor, close: string, item: () => A): ReadonlyArray<A> => {
  const found: Array<A> = []
  cursor.at += 1
  while (peek(cursor) !== close) {
    found.push(item())
    if (peek(cursor) === ',') cursor.at += 1
  }
  cursor.at += 1
  return found
}

const field = (cursor: Cursor): readonly [string, unknown] => {
  peek(cursor)
  const name = string(cursor)
  peek(cursor)
  cursor.at += 1
  return [name, read(cursor)]
}

const read = (cursor: Cursor): unknown => {
  switch (peek(cursor)) {
    case '{':
      return Object.fromEntries(items(cursor, '}', () => field(cursor)))
    case '[':
      return items(cursor, ']', () => read(cursor))
    case '"':
      return string(cursor)
    default:
      return scalar(cursor)
  }
}

/**
 * Like `JSON.parse`, but an integer that a JavaScript number may not hold exactly, one above 2^53 - 1, becomes a bigint.
 * Smaller ones, fractions and numbers with an exponent are numbers. Throws what `JSON.parse` throws.
 *
 * @param text JSON
 * @returns the value
 * @throws SyntaxError if the text is not JSON
 * @example
 * decodeJson(z.object({ id: z.union([z.number(), z.bigint()]) }), { parse: exactIntegers })
 */
export const exactIntegers = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  return MAY_BE_LARGE.test(text) ? read({ text, at: 0 }) : value
}
