/** A configuration file with places: every value knows its line and column. */
import * as E from 'fp-ts/Either'
import * as yaml from 'yaml'
import * as Failure from '../core/Failure'

export interface Source {
  readonly file: string
  /** Plain data; undefined when nothing is said. */
  readonly value: unknown
  readonly document: yaml.Document.Parsed
  readonly lines: yaml.LineCounter
  /** Where the configuration is inside the file: [] or, in package.json, ['kcl']. */
  readonly root: ReadonlyArray<string>
}

/** Both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A syntax error: where, and the parser's words. */
export interface SyntaxProblem {
  readonly place: Place
  readonly text: string
}

const START: Place = { line: 1, column: 1 }

const placeAt = (lines: yaml.LineCounter, offset: number | undefined): Place => {
  if (offset === undefined) return START
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

/** A name, and not what a slip has put in its place. */
const KEY = /^["']?([\w.-]+)["']?\s*(?:[:,}\n]|$)/

const QUOTES = 'put quotes around it'

/**
 * The parser's words are kept where they are fixed ones. Others have the text in them, which may be a secret: a password
 * that begins with `!`, `*`, `|` or `%` is a tag, an alias or the like to YAML.
 */
const words = (text: string, { code, message, pos }: yaml.YAMLParseError | yaml.YAMLWarning): string => {
  switch (code) {
    case 'DUPLICATE_KEY': {
      const name = KEY.exec(text.slice(pos[0]))?.[1]
      return `${name === undefined ? 'this key' : `the key ${name}`} is there twice; keep one of them`
    }
    case 'MULTIPLE_DOCS':
      return 'a second YAML document begins here, expected one'
    case 'TAG_RESOLVE_FAILED':
      return `a tag begins here, expected plain YAML without tags; if it is a value, ${QUOTES}`
    case 'UNEXPECTED_TOKEN':
      return /^Unexpected [\w-]+ (?:at|in) [\w -]+$/.test(message) ? message : `this is not YAML; ${QUOTES}`
    case 'BAD_DIRECTIVE':
      return `a directive begins here, expected none; if it is a value, ${QUOTES}`
    case 'BAD_DQ_ESCAPE':
      return 'YAML does not know this escape; write \\\\ for a backslash, or use single quotes'
    case 'BAD_COLLECTION_TYPE':
    case 'RESOURCE_EXHAUSTION':
      return 'this is not plain YAML'
    case 'ALIAS_PROPS':
    case 'BAD_ALIAS':
    case 'BAD_INDENT':
    case 'BAD_PROP_ORDER':
    case 'BAD_SCALAR_START':
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'BLOCK_IN_FLOW':
    case 'IMPOSSIBLE':
    case 'KEY_OVER_1024_CHARS':
    case 'MISSING_CHAR':
    case 'MULTILINE_IMPLICIT_KEY':
    case 'MULTIPLE_ANCHORS':
    case 'MULTIPLE_TAGS':
    case 'NON_STRING_KEY':
    case 'TAB_AS_INDENT':
      return message
  }
}

/** Aliases without an anchor, which the parser reports only when the value is read. */
const loose = (document: yaml.Document.Parsed, lines: yaml.LineCounter): ReadonlyArray<SyntaxProblem> => {
  const problems: Array<SyntaxProblem> = []
  yaml.visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) === undefined)
        problems.push({
          place: placeAt(lines, alias.range?.[0]),
          text: `an alias begins here, and there is no anchor of its name before it; if it is a value, ${QUOTES}`
        })
    }
  })
  return problems
}

const plain = (document: yaml.Document.Parsed, root: ReadonlyArray<string>): unknown => {
  const node = root.length === 0 ? document.contents : document.getIn(root, true)
  return (yaml.isNode(node) ? node.toJS(document) : undefined) ?? undefined
}

/**
 * JSON is YAML, so one parser reads both, and package.json has lines and columns too.
 *
 * Left: every syntax error; a tag is one, since it would be dropped in silence (`!env HANDLER` is the text HANDLER).
 */
export const parse = (
  file: string,
  bytes: string,
  root: ReadonlyArray<string>
): E.Either<ReadonlyArray<SyntaxProblem>, Source> => {
  const text = bytes.replace(/^\uFEFF/, '') // a byte order mark would shift the columns of the first line
  const lines = new yaml.LineCounter()
  const document = yaml.parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    logLevel: 'error'
  })
  const problems = [
    ...[...document.errors, ...document.warnings].map((problem) => ({
      place: placeAt(lines, problem.pos[0]),
      text: words(text, problem)
    })),
    ...loose(document, lines)
  ]
  if (problems.length > 0) return E.left(problems)
  try {
    return E.right({ file, value: plain(document, root), document, lines, root })
  } catch (thrown) {
    // Aliases of aliases of aliases, more than memory could hold.
    return E.left([{ place: START, text: Failure.fromUnknown(thrown).message }])
  }
}

/** The place of the value at the path, of its key with `key`, or of the nearest thing around it. */
export const place = (source: Source, path: ReadonlyArray<string>, of: 'key' | 'value'): Place => {
  const { document, lines, root } = source
  let node: unknown = document.contents
  let at = rangeOf(node)
  const whole = [...root, ...path]
  for (const [i, name] of whole.entries()) {
    if (yaml.isSeq(node)) {
      node = node.items[Number(name)]
      at = rangeOf(node) ?? at
      continue
    }
    if (!yaml.isMap(node)) break
    const pair = node.items.find((item) => keyText(item.key) === name)
    if (pair === undefined) break
    node = pair.value
    const wanted = of === 'key' && i === whole.length - 1 ? pair.key : pair.value
    at = rangeOf(wanted) ?? rangeOf(pair.key) ?? at
  }
  return placeAt(lines, at)
}

const keyText = (key: unknown): string => (yaml.isScalar(key) ? String(key.value) : '')

const rangeOf = (node: unknown): number | undefined => (yaml.isNode(node) ? node.range?.[0] : undefined)

/** A scalar as YAML reads it: how the text of a variable or a flag becomes a value. */
export const scalar = (text: string): unknown => {
  try {
    const read: unknown = yaml.parse(text, { logLevel: 'error' })
    return typeof read === 'object' ? text : read
  } catch {
    return text
  }
}
