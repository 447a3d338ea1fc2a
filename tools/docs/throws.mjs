// Which functions of the sources can throw, as far as the compiler sees: those with a `throw`, and those that call one of them.
import ts from 'typescript'

/** These return what is thrown as a Left. */
const CATCHES = /^(?:E|TE)\.tryCatchK?$/

const catches = (parent, child) =>
  ts.isTryStatement(parent)
    ? parent.tryBlock === child && parent.catchClause !== undefined
    : ts.isCallExpression(parent) && parent.expression !== child && CATCHES.test(parent.expression.getText())

/** Whether what a node throws stays within the declaration. */
const isCaught = (node, declaration) => {
  for (let at = node; at !== declaration; at = at.parent) if (catches(at.parent, at)) return true
  return false
}

/** The body of the function that is declared. Functions in it count as parts of it, since they may run with it. */
const bodyOf = (declaration) =>
  ts.isVariableDeclaration(declaration)
    ? declaration.initializer
    : ts.isFunctionLike(declaration)
      ? declaration.body
      : undefined

const isCall = (node) => ts.isCallExpression(node) || ts.isNewExpression(node)

/** The nodes of a kind in a body whose throws nobody in the declaration catches. */
const uncaught = (declaration, is) => {
  const found = []
  const visit = (node) => {
    if (is(node) && !isCaught(node, declaration)) found.push(node)
    ts.forEachChild(node, visit)
  }
  visit(bodyOf(declaration))
  return found
}

/**
 * @param checker of a program
 * @returns a function of a symbol: the names of the functions from this one to the one that has the `throw`; null: none was found
 */
export const finder = (checker) => {
  const known = new Map()
  const declarationOf = (symbol) => {
    const { declarations } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return declarations?.find((one) => bodyOf(one) !== undefined)
  }
  const search = (declaration) => {
    const name = declaration.name?.getText() ?? 'a function'
    if (uncaught(declaration, ts.isThrowStatement).length > 0) return [name]
    for (const call of uncaught(declaration, isCall)) {
      const symbol = checker.getSymbolAtLocation(call.expression)
      const path = symbol === undefined ? null : find(symbol)
      if (path !== null) return [name, ...path]
    }
    return null
  }
  const find = (symbol) => {
    const declaration = declarationOf(symbol)
    if (declaration === undefined) return null
    if (!known.has(declaration)) {
      known.set(declaration, null) // a function that calls itself
      known.set(declaration, search(declaration))
    }
    return known.get(declaration)
  }
  return find
}
