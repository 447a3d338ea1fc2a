/**
 * Patterns for a text: `*` stands for any characters, none included, and every other character for itself. Each part between
 * two stars is looked for once, from the left, so the time is that of one pass through the text whatever the pattern is.
 */

/** Whether the whole text is as the pattern says. */
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
