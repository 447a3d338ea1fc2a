/** How large the pieces of src are: lines of a function and of a file, parameters, bare booleans in calls. */
import * as ts from 'typescript'
import type { Source } from './Rooms'

/** What is too large: where, and what it is. */
export interface Finding {
  /** `sinks/Outbox.ts make`; outside a function the path alone. */
  readonly where: string
  readonly what: string
}

const FUNCTION_LINES = 60
const FILE_LINES = 400
const PARAMETERS = 6
/** A call with as many arguments as that says by names what is true of it. */
const BARE = 4

const isBoolean = ({ kind }: ts.Node): boolean =>
  kind === ts.SyntaxKind.TrueKeyword || kind === ts.SyntaxKind.FalseKeyword

/** Its own name, or that of the variable or the property that it is the value of. */
const nameOf = (node: ts.SignatureDeclaration): string | undefined => {
  const { name = 'name' in node.parent ? node.parent.name : undefined } = node
  return ts.isConstructorDeclaration(node) ? 'constructor' : name?.getText()
}

/** All that is too large in a file. A function within a function counts for both. */
export const findings = (source: Source): ReadonlyArray<Finding> => {
  const file = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true)
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line
  const found: Array<Finding> = []
  const lines = source.text.trimEnd().split('\n').length
  if (lines > FILE_LINES) found.push({ where: source.path, what: `${lines} lines` })
  const look = (node: ts.Node, around: string): void => {
    let name = around
    if (ts.isFunctionLike(node)) {
      name = nameOf(node) ?? around
      const where = `${source.path} ${name}`.trimEnd()
      const size = lineOf(node.end) - lineOf(node.getStart()) + 1
      if ('body' in node && size > FUNCTION_LINES) found.push({ where, what: `${size} lines` })
      if (node.parameters.length > PARAMETERS)
        found.push({ where, what: `${node.parameters.length} parameters` })
    }
    if (ts.isCallExpression(node) && node.arguments.length >= BARE && node.arguments.some(isBoolean))
      found.push({
        where: `${source.path} ${name}`.trimEnd(),
        what: `a bare boolean in ${node.expression.getText()}(…)`
      })
    ts.forEachChild(node, (child) => look(child, name))
  }
  look(file, '')
  return found
}
