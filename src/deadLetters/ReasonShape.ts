/**
 * What a reason says without the data in it, so that letters of one cause are counted together: `total: expected number,
 * found "12"` and `found "7"` are both `total: expected number, found ".."`.
 *
 * The status of an HTTP answer stays, since it is the cause. Each expression looks at a text once, from left to right.
 */

/** A longer text is cut first: what a handler throws may be of any length. */
const MOST = 2000

const QUOTED = /"(?:[^"\\]|\\.)*"/g
/** Not an apostrophe: that stands within a word. */
const SINGLE_QUOTED = /(?<!\w)'[^']*'(?!\w)/g
const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi
const HEX = /\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b/gi
/** The place of an item in a path: `items.3.total`. */
const ITEM = /(?<=[.[])\d+(?=[.:\]])/g
const STATUS = /\b(?:answered|status|code|HTTP)(?:\/[\d.]+)?(?: code)?[ :=]+[1-5]\d\d\b/gi
/** Not the end of a name, such as `utf8`. */
const NUMBER = /(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)/gi
/** As V8 says that a text is not JSON: with the text, as it is. */
const NOT_JSON = /\bUnexpected token [^]* is not valid JSON/
/** An object or a list, whatever is in it. */
const COMPOUND = /\bfound [[{][^;]*/g

const withoutNumbers = (text: string): string => text.replace(ITEM, 'n').replace(NUMBER, '..')

export const of = (reason: string): string => {
  const text = reason
    .slice(0, MOST)
    .replace(NOT_JSON, `Unexpected token '..', ".." is not valid JSON`)
    .replace(COMPOUND, 'found ..')
    .replace(QUOTED, '".."')
    .replace(SINGLE_QUOTED, "'..'")
    .replace(UUID, '..')
    .replace(HEX, '..')
  let [shape, from] = ['', 0]
  for (const { 0: status, index } of text.matchAll(STATUS)) {
    shape += withoutNumbers(text.slice(from, index)) + status
    from = index + status.length
  }
  return shape + withoutNumbers(text.slice(from))
}
