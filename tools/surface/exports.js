'use strict'
// What can be imported: each entry of the package with the names that it exports, and what they are.
const path = require('node:path')
const ts = require('typescript')
const { byText, block } = require('./text')
const { printer } = require('./types')

/** The entries of package.json's `exports` that have types: `kclts/testing`, and its source. */
const entriesOf = ({ name, exports }, { program, src }) =>
  Object.entries(exports).flatMap(([key, { types }]) => {
    if (types === undefined) return []
    const file = path.join(src, path.relative('dist', types).replace(/\.d\.ts$/, '.ts'))
    return [{ entry: path.posix.join(name, key), source: program.getSourceFile(file) }]
  })

const resolved = (checker, symbol) =>
  (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol

/** All names below a module, those of its namespaces as `Policy.due`. */
const namesOf = (checker, module, prefix = '') =>
  checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = resolved(checker, exported)
    const name = `${prefix}${exported.name}`
    const isSpace = (symbol.flags & ts.SymbolFlags.ValueModule) !== 0
    return isSpace && (symbol.flags & ts.SymbolFlags.Value & ~ts.SymbolFlags.ValueModule) === 0
      ? namesOf(checker, symbol, `${name}.`)
      : [{ name, symbol }]
  })

const VALUES = [
  [ts.SymbolFlags.Function, 'function'],
  [ts.SymbolFlags.Class, 'class'],
  [ts.SymbolFlags.Variable, 'const'],
  [ts.SymbolFlags.Enum, 'enum']
]

const TYPES = [
  [ts.SymbolFlags.Interface, 'interface'],
  [ts.SymbolFlags.TypeAlias, 'type'],
  [ts.SymbolFlags.Class, 'type of class']
]

const kindOf = (kinds, symbol) => kinds.find(([flag]) => (symbol.flags & flag) !== 0)?.[1]

const describe = (checker, print, { name, symbol }) => {
  const value = kindOf(VALUES, symbol)
  const type = kindOf(TYPES, symbol)
  const texts = []
  if (value !== undefined)
    texts.push(block(`${value} ${name}`, print.ofValue(checker.getTypeOfSymbol(symbol))))
  if (type !== undefined) {
    const list = symbol.declarations.flatMap((one) => one.typeParameters ?? [])
    const parameters = print.parameters([...new Set(list.map((one) => checker.getTypeAtLocation(one)))])
    texts.push(
      block(`${type} ${name}${parameters}`, print.define(checker.getDeclaredTypeOfSymbol(symbol), symbol))
    )
  }
  return texts
}

/** The symbols behind a public name: an alias without parameters of its own also names what it stands for. */
const symbolsOf = (checker, symbol) => {
  if ((symbol.flags & ts.SymbolFlags.TypeAlias) === 0) return [symbol]
  const {
    aliasSymbol,
    aliasTypeArguments = [],
    symbol: target,
    typeParameters = []
  } = checker.getDeclaredTypeOfSymbol(symbol)
  const isInterface = target !== undefined && (target.flags & ts.SymbolFlags.Interface) !== 0
  return [
    symbol,
    ...(aliasSymbol !== undefined && aliasTypeArguments.length === 0 ? [aliasSymbol] : []),
    ...(isInterface && typeParameters.length === 0 ? [target] : [])
  ]
}

/** A map from symbols to names; of two names of one symbol the first counts, and one of its own before an alias. */
const nameTable = (checker, names, show) => {
  const table = new Map(names.map(({ name, symbol }) => [symbol, show(name)]).reverse())
  for (const { name, symbol } of names)
    for (const one of symbolsOf(checker, symbol)) if (!table.has(one)) table.set(one, show(name))
  return table
}

/** A section for each entry, and a printer for types outside of them. */
const exportsOf = (manifest, loaded) => {
  const { checker, src } = loaded
  const entries = entriesOf(manifest, loaded).map(({ entry, source }) => {
    const module = checker.getSymbolAtLocation(source)
    const whole = module.exports.get('export=')
    const names = namesOf(checker, module)
    return {
      entry,
      names: whole === undefined ? names : [...names, { name: 'export =', symbol: resolved(checker, whole) }]
    }
  })
  const tables = entries.map(({ entry, names }) => nameTable(checker, names, (name) => `${entry}:${name}`))
  const nameOf = (symbol) => tables.find((table) => table.has(symbol))?.get(symbol)
  const sections = entries.map(({ entry, names }) => {
    const own = nameTable(checker, names, (name) => name)
    const print = printer(checker, src, (symbol) => own.get(symbol) ?? nameOf(symbol))
    return {
      title: `exports of ${entry}`,
      lines: names
        .flatMap((one) => describe(checker, print, one))
        .sort(([a], [b]) => byText(a, b))
        .flat()
    }
  })
  return { sections, print: printer(checker, src, nameOf) }
}

/** Public names without a comment: an editor shows nothing where a user looks at one. */
const uncommented = (manifest, loaded) =>
  entriesOf(manifest, loaded).flatMap(({ entry, source }) =>
    namesOf(loaded.checker, loaded.checker.getSymbolAtLocation(source))
      .filter(({ symbol }) => symbol.getDocumentationComment(loaded.checker).length === 0)
      .map(({ name }) => `${entry}: ${name}`)
  )

module.exports = { exportsOf, uncommented }
