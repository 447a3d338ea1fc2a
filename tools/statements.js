'use strict'
// `npm run statements [-- --since REF]`: how many statements src has, by room and in sum, and how many a commit had.
//
// What counts, by TypeScript's parser, in every .ts and .js file of src:
// - each statement (`ts.isStatement`): declarations, expressions, returns, ifs, loops, imports, exports and so on;
// - of `const a = 1, b = 2` each variable, and of `a(), b()` each expression;
// - an arrow function whose body is an expression, as the `return` that it stands for;
// - no block and no empty statement, since `if (a) { b() }` does what `if (a) b()` does.
const { parseArgs } = require('node:util')
const ts = require('typescript')
const { percent, roomOf, signed, sources, table } = require('./sources')

const weightOf = (node) => {
  if (ts.isBlock(node) || ts.isEmptyStatement(node)) return 0
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.length
  if (ts.isArrowFunction(node)) return ts.isBlock(node.body) ? 0 : 1
  if (ts.isBinaryExpression(node)) return node.operatorToken.kind === ts.SyntaxKind.CommaToken ? 1 : 0
  return ts.isStatement(node) ? 1 : 0
}

/** How many statements a source has. */
const count = ({ path, text }) => {
  let sum = 0
  const enter = (node) => {
    sum += weightOf(node)
    ts.forEachChild(node, enter)
  }
  enter(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true))
  return sum
}

/** The count of each room. */
const byRoom = (all) => {
  const rooms = new Map()
  for (const source of all) {
    const room = roomOf(source.path)
    rooms.set(room, (rooms.get(room) ?? 0) + count(source))
  }
  return rooms
}

const sumOf = (rooms) => [...rooms.values()].reduce((sum, one) => sum + one, 0)

const report = (now, before) => {
  const names = [...new Set([...now.keys(), ...(before?.keys() ?? [])])].sort()
  const rowOf = (name, is, was) =>
    before === undefined ? [name, is] : [name, was, is, signed(is - was), percent(was, is)]
  return table([
    before === undefined ? ['room', 'statements'] : ['room', 'before', 'now', 'change', ''],
    ...names.map((name) => rowOf(name, now.get(name) ?? 0, before?.get(name) ?? 0)),
    rowOf('src', sumOf(now), before === undefined ? 0 : sumOf(before))
  ])
}

if (require.main === module) {
  const { since } = parseArgs({ options: { since: { type: 'string' } } }).values
  console.log(report(byRoom(sources()), since === undefined ? undefined : byRoom(sources(since))))
}

module.exports = { count, byRoom, report }
