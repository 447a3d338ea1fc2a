/**
 * The text of a .properties file, read and written by the rules of java.util.Properties: comments, separators, lines
 * that go on, escapes. A file is read as ISO-8859-1 (Properties.load of a stream), so that anything else is escaped.
 */
import * as E from 'fp-ts/Either'

export interface Entry {
  readonly key: string
  readonly value: string
  /** Where it begins, from 1. */
  readonly line: number
}

/** An escape that Java refuses, and with it the whole file. */
export interface Problem {
  readonly line: number
  readonly text: string
}

interface LogicalLine {
  readonly text: string
  readonly line: number
}

const isBlank = (c: string): boolean => c === ' ' || c === '\t' || c === '\f'
const isComment = (c: string): boolean => c === '#' || c === '!'

/** Its lines; `\r\n` is one end, and what follows the last end is no line. */
const naturalLines = (text: string): ReadonlyArray<string> =>
  text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n')

/** An odd number of backslashes at the end: the line goes on. */
const goesOn = (text: string): boolean => (/\\*$/.exec(text)?.[0].length ?? 0) % 2 === 1

const withoutIndent = (text: string): string => {
  let start = 0
  while (start < text.length && isBlank(text.charAt(start))) start++
  return text.slice(start)
}

/** Neither blank lines nor comments; what goes on is one line, without the blanks at the start of each part. */
const logicalLines = (text: string): ReadonlyArray<LogicalLine> => {
  const lines: Array<LogicalLine> = []
  let whole = ''
  let line = 0
  for (const [i, natural] of naturalLines(text).entries()) {
    const rest = withoutIndent(natural)
    // Java asks whether it has anything of the line yet, so that a comment may follow a lone backslash.
    const isNothing = whole === '' && (rest === '' || isComment(rest.charAt(0)))
    if (isNothing) continue
    const isOpen = goesOn(rest)
    if (whole === '') line = i + 1
    whole += isOpen ? rest.slice(0, -1) : rest
    if (isOpen) continue
    if (whole !== '') lines.push({ text: whole, line })
    whole = ''
  }
  return whole === '' ? lines : [...lines, { text: whole, line }]
}

/** Where the key ends, and where the value begins: after blanks with one `=` or `:` among them. */
const split = (text: string): readonly [string, string] => {
  let end = 0
  for (; end < text.length; end++) {
    const c = text.charAt(end)
    if (c === '\\') end++
    else if (c === '=' || c === ':' || isBlank(c)) break
  }
  let start = end
  let hasSeparator = false
  for (; start < text.length; start++) {
    const c = text.charAt(start)
    if (!hasSeparator && (c === '=' || c === ':')) hasSeparator = true
    else if (!isBlank(c)) break
  }
  return [text.slice(0, end), text.slice(start)]
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([^]))/g

/** undefined: a `\u` without four hexadecimal digits after it. */
const unescaped = (text: string): string | undefined => {
  let isRight = true
  const plain = text.replace(ESCAPE, (_, hex: string | undefined, c: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16))
    if (c === 'u') isRight = false
    return ESCAPES[c ?? ''] ?? c ?? ''
  })
  return isRight ? plain : undefined
}

/** In the order of the text; a key may be there several times, and the last of them is the one that Java has. */
export const parse = (text: string): E.Either<ReadonlyArray<Problem>, ReadonlyArray<Entry>> => {
  const entries: Array<Entry> = []
  const problems: Array<Problem> = []
  for (const { text: logical, line } of logicalLines(text)) {
    const [key, value] = split(logical).map(unescaped)
    if (key === undefined || value === undefined)
      problems.push({
        line,
        text: 'found \\u without four hexadecimal digits, expected four, such as \\u00e4'
      })
    else entries.push({ key, value, line })
  }
  return problems.length > 0 ? E.left(problems) : E.right(entries)
}

const NAMED: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\f': '\\f' }

const unit = (c: string): string => NAMED[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`

/** ASCII alone; without the flag `u` a pattern sees UTF-16 units, as Java does. */
const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/g, unit)

const keyText = (key: string): string => ascii(key.replace(/[\\ =:#!]/g, '\\$&'))

/** Blanks at the start would be taken for the separator's. */
const valueText = (value: string): string => ascii(value.replace(/\\/g, '\\\\').replace(/^ /, '\\ '))

/** One line each: `key = value`. */
export const print = (entries: ReadonlyArray<readonly [string, string]>): string =>
  entries.map(([key, value]) => `${keyText(key)} = ${valueText(value)}\n`).join('')
