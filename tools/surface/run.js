'use strict'
// What a running kclts shows: its commands, and what its status server answers.
const commander = require('commander')
const { byText } = require('./text')

/** The tree of commands: `main` is run, and stopped where it would read its arguments. */
const programOf = async (main) => {
  const { parseAsync } = commander.Command.prototype
  let program
  commander.Command.prototype.parseAsync = function () {
    program = this
    return Promise.resolve(this)
  }
  try {
    await main('0.0.0', [])
  } finally {
    commander.Command.prototype.parseAsync = parseAsync
  }
  return program
}

const optionLine = ({ flags, description, defaultValue, argChoices, mandatory, hidden }) =>
  [
    `  ${flags}`,
    `: ${description}`,
    ...(defaultValue === undefined ? [] : [` (default: ${JSON.stringify(defaultValue)})`]),
    ...(argChoices === undefined ? [] : [` (one of ${argChoices.join(', ')})`]),
    ...(mandatory ? [' (must be given)'] : []),
    ...(hidden ? [' (hidden)'] : [])
  ].join('')

const argumentLine = (argument) => {
  const name = argument.variadic ? `${argument.name()}...` : argument.name()
  return `  ${argument.required ? `<${name}>` : `[${name}]`}: ${argument.description}`
}

const paragraphs = (text) => text.split(/\n+/).map((line) => `  ${line.trim()}`)

/** A command and those within it. Of the flags that are keys of the configuration only the number is given. */
const commandLines = (command, keyFlags, above = []) => {
  const names = [...above, command.name()]
  const own = command.options.filter(({ long }) => !keyFlags.has(long))
  const ofKeys = command.options.length - own.length
  return [
    [names, ...command.aliases()].flat().join(' '),
    ...(command.summary() === '' ? [] : paragraphs(command.summary())),
    ...paragraphs(command.description()),
    ...command.registeredArguments.map(argumentLine),
    ...own.map(optionLine).sort(byText),
    ...(ofKeys === 0
      ? []
      : [`  and the flags of ${ofKeys === keyFlags.size ? 'all' : ofKeys} keys of the configuration`]),
    ...command.commands.flatMap((one) => commandLines(one, keyFlags, names))
  ]
}

/** The metrics of a text for Prometheus: name, kind, labels, help. */
const metricLines = (text) => {
  const helps = [...text.matchAll(/^# HELP (\S+) (.*)$/gm)]
  const kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]))
  const labels = new Map(helps.map(([, name]) => [name, new Set()]))
  for (const [, sample, inner = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const name = labels.has(sample) ? sample : sample.replace(/_(bucket|sum|count)$/, '')
    for (const [, label] of inner.matchAll(/(\w+)="/g)) labels.get(name)?.add(label)
  }
  return helps
    .flatMap(([, name, help]) => [`${name} (${[kinds.get(name), ...labels.get(name)].join(', ')}): ${help}`])
    .sort(byText)
}

const fetched = async (address, route) => {
  const response = await fetch(`http://${address}${route}`)
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

const probeLine = (route, { status, type, body }) =>
  `${route}: ${status}, ${type}${/healthz|readyz/.test(route) ? `: ${body.trim()}` : ''}`

/**
 * What is served of each of the given workers, and the metrics of the first.
 *
 * @param open opens a server that shows a worker: { address, close }
 */
const served = async (open, workers) => {
  const lines = []
  let metrics = []
  for (const worker of workers) {
    const server = await open(worker)
    try {
      const { body } = await fetched(server.address, '/nothing-is-here')
      for (const route of body.match(/\/\S*/g).sort(byText))
        lines.push(probeLine(route, await fetched(server.address, route)))
      if (metrics.length === 0) metrics = metricLines((await fetched(server.address, '/metrics')).body)
    } finally {
      await server.close()
    }
  }
  return { lines: [...new Set(lines)], metrics }
}

module.exports = { programOf, commandLines, metricLines, served }
