/** Standard base64 with padding, looked at character by character: a regular expression of a large one overflows V8's stack. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const PADDING = '='.charCodeAt(0)

const isLetter = new Uint8Array(128)
for (const letter of LETTERS) isLetter[letter.charCodeAt(0)] = 1

/** Of whole groups of four, with `=` or `==` at the end and nowhere else. */
export const is = (text: string): boolean => {
  let { length } = text
  if (length % 4 !== 0) return false
  for (let padding = 0; padding < 2 && text.charCodeAt(length - 1) === PADDING; padding++) length -= 1
  for (let i = 0; i < length; i++) if (isLetter[text.charCodeAt(i)] !== 1) return false
  return true
}
