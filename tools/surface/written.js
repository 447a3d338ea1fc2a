'use strict'
// What programs and people read from outside, found in the sources by types: lines of the log, JSON, variables.
const ts = require('typescript')
const { byText, block } = require('./text')

const LEVELS = ['debug', 'error', 'info', 'warn']

/** A text in the sources with `...` for what is known at run time alone; undefined: it is not known at all. */
const textOf = (checker, node) => {
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `...${literal.text}`).join('')
  const type = checker.getTypeAtLocation(node)
  return type.isStringLiteral() ? type.value : undefined
}

const walk = (sources, visit) => {
  const enter = (node) => {
    visit(node)
    ts.forEachChild(node, enter)
  }
  sources.forEach(enter)
}

const isLevel = (checker, node) => {
  const type = checker.getTypeAtLocation(node)
  const all = type.isUnion() ? type.types : [type]
  return all.every((one) => one.isStringLiteral() && LEVELS.includes(one.value))
}

/** A call whose first argument is a level and whose second is a text, whatever is called. */
const isLogging = (checker, node) =>
  ts.isCallExpression(node) &&
  node.arguments.length >= 2 &&
  node.arguments.length <= 3 &&
  /^(log|write|warn|tell)$/i.test(node.expression.getText().split('.').at(-1)) &&
  isLevel(checker, node.arguments[0])

const levelsOf = (checker, node) => {
  const type = checker.getTypeAtLocation(node)
  return (type.isUnion() ? type.types.map(({ value }) => value) : [type.value]).sort().join('|')
}

/** The keys of an object: `error?` is there at times. */
const keysOf = (checker, node) => {
  const type = node === undefined ? undefined : checker.getTypeAtLocation(node)
  const all = type === undefined ? [] : type.isUnion() ? type.types : [type]
  const keys = new Map()
  for (const one of all)
    for (const { name, flags } of checker.getPropertiesOfType(one))
      keys.set(name, [...(keys.get(name) ?? []), (flags & ts.SymbolFlags.Optional) !== 0])
  return [...keys]
    .map(([name, optional]) => (optional.length < all.length || optional.includes(true) ? `${name}?` : name))
    .sort(byText)
}

const unique = (texts) => [...new Set(texts)].sort(byText)

/** A line for each message of the log that the sources name, with its keys. */
const logLines = ({ checker, sources }) => {
  const found = []
  walk(sources, (node) => {
    if (!isLogging(checker, node)) return
    const [level, message, fields] = node.arguments
    const text = textOf(checker, message)
    const keys = keysOf(checker, fields)
    if (text === undefined && keys.length === 0) return
    found.push(
      `${text ?? '...'} (${levelsOf(checker, level)})${keys.length === 0 ? '' : `: ${keys.join(', ')}`}`
    )
  })
  return unique(found)
}

/** The types of the objects that are written as JSON. */
const jsonLines = ({ checker, sources }, print) => {
  const found = []
  walk(sources, (node) => {
    if (!ts.isCallExpression(node) || node.expression.getText() !== 'JSON.stringify') return
    const type = checker.getTypeAtLocation(node.arguments[0])
    const isObject = (type.isUnion() ? type.types : [type]).every(
      (one) => (one.flags & ts.TypeFlags.Object) !== 0 && checker.getPropertiesOfType(one).length > 0
    )
    if (isObject && !checker.isArrayLikeType(type)) found.push(print.define(type, type.aliasSymbol))
  })
  return unique(found.map((members) => block('object', members).join('\n')))
}

const VARIABLE = /^[A-Z][A-Z0-9_]*$|^[a-z]+_proxy$/

/** Names of variables that may be read by way of a function. */
const OURS_OR_OF_TOOLS = /^(KCLTS|AWS|XDG|JAVA|MAVEN)_[A-Z_]+$|^[a-z]+_proxy$/

const isEnv = (node) => /(^|\.)env$/.test(node.getText())

/** The variables that are read by a name in the sources, beside those of the configuration's keys. */
const variables = ({ checker, sources }) => {
  const found = []
  walk(sources, (node) => {
    if (ts.isElementAccessExpression(node) && isEnv(node.expression)) {
      const type = checker.getTypeAtLocation(node.argumentExpression)
      const all = type.isUnion() ? type.types : [type]
      found.push(...all.filter((one) => one.isStringLiteral()).map(({ value }) => value))
    }
    if (ts.isPropertyAccessExpression(node) && isEnv(node.expression)) found.push(node.name.text)
    if (
      ts.isVariableDeclaration(node) &&
      ts.isObjectBindingPattern(node.name) &&
      isEnv(node.initializer ?? node)
    )
      found.push(...node.name.elements.map(({ propertyName, name }) => (propertyName ?? name).getText()))
    if (ts.isStringLiteralLike(node) && OURS_OR_OF_TOOLS.test(node.text)) found.push(node.text)
  })
  return unique(found.filter((name) => VARIABLE.test(name)))
}

module.exports = { logLines, jsonLines, variables }
