/** What `kcl.config.example.yaml` must say, from the table of keys. */
import * as Config from '../../src/codec/Config'

const WIDTH = 100

/** Words as comment lines, each with its newline. */
const comment = (words: string, indent: string): string => {
  const lines: Array<string> = []
  let line = ''
  for (const word of words.split(' ')) {
    if (line !== '' && indent.length + line.length + word.length + 3 > WIDTH) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((text) => `${indent}# ${text}\n`).join('')
}

const HEAD =
  'Every key of kclts with its default. Only the handler must be given: copy what you want otherwise into a ' +
  'kcl.config.yaml of your own. A flag (named here after each meaning) wins over its variable, and that over this ' +
  'file. Durations are 250ms, 30s, 5m, 1h, 1d, or a number of seconds. Relative paths are relative to this file, and ' +
  'to the current folder in flags and variables.'

const entry = ({ path, fallback, meaning }: Config.Key, indent: string): string =>
  comment(meaning, indent) +
  comment(`--${Config.flagOf(path)}, ${Config.variableOf(path)}`, indent) +
  `${indent}${path.split('.').at(-1)}: ${fallback ?? './handler.js'}\n`

export const example = (): string => {
  const blocks = Config.keys.map((key) => {
    const [section, name] = key.path.split('.')
    const isFirst = key === Config.keys.find(({ path }) => path.startsWith(`${section}.`))
    return name === undefined ? entry(key, '') : `${isFirst ? `${section}:\n` : ''}${entry(key, '  ')}`
  })
  return [comment(HEAD, ''), ...blocks].join('\n')
}
