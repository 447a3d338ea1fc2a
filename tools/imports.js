'use strict'
// `npm run imports [-- --since REF]`: which room of src imports which, by how many files and arrows, and what goes in a
// circle. An arrow is a pair of files of which one imports the other, types and lazy imports included.
const path = require('node:path')
const { parseArgs } = require('node:util')
const ts = require('typescript')
const { roomOf, signed, sources, table } = require('./sources')

/** The file that a relative import names. */
const target = (from, specifier, paths) => {
  const base = path.posix.join(path.posix.dirname(from), specifier)
  return [`${base}.ts`, base.replace(/\.js$/, '.ts'), `${base}/index.ts`, base].find((one) => paths.has(one))
}

/** The arrows between files, each once, as [from, to]. */
const arrowsOf = (all) => {
  const paths = new Set(all.map((source) => source.path))
  return all.flatMap((source) => {
    const found = ts.preProcessFile(source.text, true, true).importedFiles
    const targets = found
      .filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => target(source.path, fileName, paths))
    return [...new Set(targets)].filter((one) => one !== undefined).map((to) => [source.path, to])
  })
}

/** The groups of nodes that reach each other, by Tarjan's algorithm; a node by itself is no circle. */
const circles = (arrows) => {
  const next = new Map()
  for (const [from, to] of arrows) next.set(from, [...(next.get(from) ?? []), to])
  const index = new Map()
  const low = new Map()
  const stack = []
  const found = []
  const visit = (node) => {
    index.set(node, index.size)
    low.set(node, index.get(node))
    stack.push(node)
    for (const to of next.get(node) ?? []) {
      if (!index.has(to)) visit(to)
      if (stack.includes(to)) low.set(node, Math.min(low.get(node), low.get(to)))
    }
    if (low.get(node) !== index.get(node)) return
    const group = stack.splice(stack.indexOf(node))
    if (group.length > 1) found.push(group.sort())
  }
  for (const node of [...next.keys()].sort()) if (!index.has(node)) visit(node)
  return found.sort((a, b) => (a[0] < b[0] ? -1 : 1))
}

/** What is measured of some sources. */
const measure = (all) => {
  const arrows = arrowsOf(all)
  const between = arrows
    .map(([from, to]) => ({ from, rooms: [roomOf(from), roomOf(to)] }))
    .filter(({ rooms: [a, b] }) => a !== b)
  const rooms = new Map()
  for (const { from, rooms: pair } of between) {
    const key = pair.join(' -> ')
    const one = rooms.get(key) ?? { files: new Set(), arrows: 0 }
    rooms.set(key, { files: one.files.add(from), arrows: one.arrows + 1 })
  }
  return {
    pairs: new Map([...rooms].map(([key, { files, arrows: n }]) => [key, { files: files.size, arrows: n }])),
    sums: {
      files: all.length,
      arrows: arrows.length,
      'arrows between rooms': between.length,
      'pairs of rooms': rooms.size
    },
    fileCircles: circles(arrows),
    roomCircles: circles(between.map(({ rooms: pair }) => pair))
  }
}

const circleLines = (title, groups) => [
  `${title}: ${groups.length === 0 ? 'none' : groups.length}`,
  ...groups.map((group) => `  ${group.join(', ')}`)
]

const report = (now, before) => {
  const none = { files: 0, arrows: 0 }
  const names = [...new Set([...now.pairs.keys(), ...(before?.pairs.keys() ?? [])])].sort()
  const columns = before === undefined ? [] : ['before', 'change']
  const rowOf = (name) => {
    const [is, was] = [now.pairs.get(name) ?? none, before?.pairs.get(name) ?? none]
    return [
      name,
      is.files,
      is.arrows,
      ...(before === undefined ? [] : [was.arrows, signed(is.arrows - was.arrows)])
    ]
  }
  const sums = Object.entries(now.sums).map(([name, is]) => [
    name,
    is,
    ...(before === undefined ? [] : [before.sums[name], signed(is - before.sums[name])])
  ])
  return [
    table([['rooms', 'files', 'arrows', ...columns], ...names.map(rowOf)]),
    '',
    table([['in sum', 'now', ...columns], ...sums]),
    '',
    ...circleLines('circles of files', now.fileCircles),
    ...circleLines('circles of rooms', now.roomCircles),
    ...(before === undefined
      ? []
      : [
          ...circleLines('circles of files before', before.fileCircles),
          ...circleLines('circles of rooms before', before.roomCircles)
        ])
  ].join('\n')
}

if (require.main === module) {
  const { since } = parseArgs({ options: { since: { type: 'string' } } }).values
  console.log(report(measure(sources()), since === undefined ? undefined : measure(sources(since))))
}

module.exports = { circles, measure, report }
