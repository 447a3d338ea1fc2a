'use strict'
// Text with brackets: where it can be split, and how a long one is broken into lines that a diff can show.

const OPENING = '{[(<'
const CLOSING = '}])>'

const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0)

/** Calls `visit(index, depth)` for each character outside of quotes; a bracket belongs to what is around it. */
const walk = (text, visit) => {
  let depth = 0
  let quote = null
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (quote !== null) {
      if (char === '\\') i += 1
      else if (char === quote) quote = null
    } else if (char === '"' || char === '`') quote = char
    else if (CLOSING.includes(char) && text[i - 1] !== '=') visit(i, (depth -= 1))
    else {
      visit(i, depth)
      if (OPENING.includes(char)) depth += 1
    }
  }
}

/** The parts of a text between separators that stand in no brackets and in no quotes. */
const split = (text, separator) => {
  const cuts = []
  walk(text, (i, depth) => {
    if (depth === 0 && text.startsWith(separator, i)) cuts.push(i)
  })
  const starts = [0, ...cuts.map((cut) => cut + separator.length)]
  return starts.map((start, i) => text.slice(start, cuts[i] ?? text.length))
}

/** The longest group of these brackets that stands in no others, as [start, end], or undefined. */
const longestGroup = (text, [open, close]) => {
  const groups = []
  walk(text, (i, depth) => {
    if (depth !== 0) return
    if (text[i] === open) groups.push([i])
    if (text[i] === close && groups.at(-1)?.length === 1) groups.at(-1).push(i)
  })
  return groups
    .filter(([start, end]) => end > start + 1)
    .sort((a, b) => b[1] - b[0] - (a[1] - a[0]))
    .at(0)
}

const WIDTH = 120

const GROUPS = [
  ['{}', '; '],
  ['()', ', '],
  ['<>', ', ']
]

/** The lines of a text: a long one is broken at its unions, then at the members of its longest group. */
const lines = (text, indent = '') => {
  if (indent.length + text.length <= WIDTH) return [indent + text]
  const [, label, value] = /^((?:readonly )?[\w$."]+\??: )?([^]*)$/.exec(text)
  const [result, ...heads] = split(text, ' => ').reverse()
  const results = heads.length === 0 ? [] : split(result, ' | ')
  if (results.length > 1)
    return [
      ...lines(`${heads.reverse().join(' => ')} =>`, indent),
      ...results.flatMap((part) => lines(`| ${part}`, `${indent}  `))
    ]
  const parts = heads.length > 0 ? [] : split(value.replace(/^\| /, ''), ' | ')
  if (parts.length > 1 && label === undefined) return parts.flatMap((part) => lines(`| ${part}`, indent))
  if (parts.length > 1)
    return [indent + label.trim(), ...parts.flatMap((part) => lines(`| ${part}`, `${indent}  `))]
  const found = GROUPS.map(([brackets, separator]) => ({ separator, at: longestGroup(text, brackets) }))
    .filter(({ at }) => at !== undefined)
    .sort((a, b) => b.at[1] - b.at[0] - (a.at[1] - a.at[0]))[0]
  if (found === undefined) return [indent + text]
  const [start, end] = found.at
  const inner = split(text.slice(start + 1, end).trim(), found.separator)
  const [last, ...rest] = lines(text.slice(end), '')
  return [
    indent + text.slice(0, start + 1),
    ...inner.flatMap((part) => lines(part, `${indent}  `)),
    ...[last, ...rest].map((line) => indent + line)
  ]
}

/** `head = body` on a line, or the body below the head. */
const block = (head, bodies) =>
  bodies.length === 1 && head.length + 3 + bodies[0].length <= WIDTH
    ? [`${head} = ${bodies[0]}`]
    : [head, ...bodies.flatMap((body) => lines(body, '  '))]

module.exports = { byText, split, block }
