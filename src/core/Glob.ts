/**
 * Patterns for a text: `*` stands for any number of any characters, and every other character for itself. Each part between two
 * stars is searched for once, from the left, at or after the end of the part before it. Nothing is tried again, so the time is at
 * most the length of the text times the length of the pattern.
 */

/** Whether the pattern matches the whole text. */
export const matches = (pattern: string, text: string): boolean => {
  const parts = pattern.split('*')
  const [first = '', ...others] = parts
  const last = others.pop()
  if (last === undefined) return text === first
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false
  const end = text.length - last.length
  let at = first.length
  for (const part of others) {
    const found = text.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
