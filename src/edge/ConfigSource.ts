/** A configuration file with places: every value knows its line and column. */
import * as E from 'fp-ts/Either'
import * as yaml from 'yaml'

export interface Source {
  readonly file: string
  readonly document: yaml.Document.Parsed
  readonly lines: yaml.LineCounter
  /** Where the configuration is inside the file: [] or, in package.json, ['kcl']. */
  readonly root: ReadonlyArray<string>
}

/** `line:column`, both from 1. */
export type Place = string

/** A syntax error: where, and the parser's words. */
export interface SyntaxProblem {
  readonly place: Place
  readonly message: string
}

const placeAt = (lines: yaml.LineCounter, offset: number): Place => {
  const { line, col } = lines.linePos(offset)
  return `${line}:${col}`
}

/** JSON is YAML, so one parser reads both, and package.json has lines and columns too. */
export const parse = (
  file: string,
  text: string,
  root: ReadonlyArray<string>
): E.Either<ReadonlyArray<SyntaxProblem>, Source> => {
  const lines = new yaml.LineCounter()
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false })
  return document.errors.length > 0
    ? E.left(document.errors.map((e) => ({ place: placeAt(lines, e.pos[0]), message: e.message })))
    : E.right({ file, document, lines, root })
}

/** The plain value of the configuration; undefined for an empty file. */
export const value = ({ document, root }: Source): unknown => {
  const node = root.length === 0 ? document.contents : document.getIn(root, true)
  return yaml.isNode(node) ? node.toJS(document) : undefined
}

/** The place of the value at the path, of its key with `key`, or of the nearest thing around it. */
export const place = (source: Source, path: ReadonlyArray<string>, of: 'key' | 'value'): Place => {
  const { document, lines, root } = source
  let node: unknown = document.contents
  let at = rangeOf(node) ?? 0
  const whole = [...root, ...path]
  for (const [i, name] of whole.entries()) {
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
    const read: unknown = yaml.parse(text)
    return typeof read === 'object' ? text : read
  } catch {
    return text
  }
}
