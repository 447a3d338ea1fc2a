'use strict'
// The keys of the configuration: what the example file says of each, and what `kclts check` expects.
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const YAML = require('yaml')

const FLAGS = /^(--[\w-]+), (KCLTS_\w+)$/
const KEY = /^( *)(# )?([\w-]+):(?: (.*))?$/

/** Of which lines the part below `# sinks:` is made, once it is no comment. */
const withSinks = (text) => {
  const start = text.indexOf('# sinks:\n')
  return text.slice(0, start) + text.slice(start).replace(/^# ?/gm, '')
}

/** The keys of the example file in its order. A section's own comment goes with the section. */
const parse = (example) => {
  const lines = withSinks(example).split('\n')
  const keys = []
  const above = []
  let comment = []
  lines.forEach((line, i) => {
    const key = KEY.exec(line)
    const flags = FLAGS.exec(comment.at(-1) ?? '')
    const isMap = key?.[4] === undefined && /^ *# {3}/.test(lines[i + 1] ?? '')
    if (key !== null && (key[2] === undefined || flags !== null || isMap)) {
      const [, indent, , name, value] = key
      const depth = indent.length / 2
      const keyPath = [...above.slice(0, depth), name].join('.')
      above[depth] = name
      const meaning = (flags === null ? comment : comment.slice(0, -1)).join(' ')
      if (value !== undefined || isMap)
        keys.push({ path: keyPath, value: value ?? '', flag: flags?.[1], variable: flags?.[2], meaning })
      comment = []
    } else comment = /^ *# /.test(line) ? [...comment, line.replace(/^ *# /, '')] : []
  })
  return keys
}

/** A list in a list, which no key takes. */
const wrong = () => [[1]]

const isType = (keyPath) => /^sinks\.[\w-]+\.type$/.test(keyPath)

/** A configuration in which every value is wrong. */
const allWrong = (keys) => {
  const root = {}
  for (const { path: keyPath, value } of keys) {
    const names = keyPath.split('.')
    let at = root
    for (const name of names.slice(0, -1)) at = at[name] ??= {}
    at[names.at(-1)] = isType(keyPath) ? value : wrong()
  }
  return YAML.stringify(root)
}

/** What each key expects, by its path, as the command says it of a value that is wrong. */
const expected = (keys, command) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-surface-'))
  try {
    const file = path.join(folder, 'kcl.config.yaml')
    fs.writeFileSync(file, allWrong(keys))
    const { stderr } = spawnSync(process.execPath, [...command, 'check', '--config', file], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
      cwd: folder
    })
    return new Map(
      [...stderr.matchAll(/^\S+:\d+:\d+: (\S+): .*?expected (.*)$/gm)].map(([, key, what]) => [key, what])
    )
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

const described = (key, expects) => [
  `${key.path} = ${key.value}`.trimEnd(),
  ...(isType(key.path) ? [] : [`  expects: ${expects.get(key.path) ?? '(it is not said)'}`]),
  ...(key.flag === undefined ? [] : [`  ${key.flag}, ${key.variable}`]),
  ...(key.meaning === '' ? [] : [`  ${key.meaning}`])
]

/**
 * @param example the text of the example file
 * @param command the arguments for Node that run `kclts`
 */
const keyLines = (example, command) => {
  const keys = parse(example)
  const expects = expected(keys, command)
  return keys.flatMap((key) => described(key, expects))
}

module.exports = { keyLines, parse }
