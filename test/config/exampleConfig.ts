/** What `kcl.config.example.yaml` must say, from the table of keys. */
import * as Config from '../../src/config/Config'
import * as SinkSettings from '../../src/sinks/Settings'

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

const EDITORS = '# yaml-language-server: $schema=./node_modules/kclts/kcl.schema.json\n'

const HEAD =
  'Every key of kclts with its default. Only the handler must be given. Copy the keys that you want to change into your own ' +
  'kcl.config.yaml. A flag or an environment variable can also set a key: the last line of each comment names both. The flag overrides ' +
  'the variable, and the variable overrides this file. ' +
  'Durations are 250ms, 30s, 5m, 1h, 1d, or a number of seconds. A relative path in this file starts at the folder of the ' +
  'file. In a flag or a variable, a relative path starts at the current folder. In any string value, ' +
  '${NAME} stands for the environment variable of that name, ' +
  '${NAME:-default} gives a default, and $${ stands for ${ itself. The first line lets an editor with a YAML language ' +
  'server complete keys and check values.'

const entry = ({ path, fallback, example: given, meaning }: Config.Key, indent: string): string =>
  comment(`${meaning}${fallback === null ? ' Not set by default.' : ''}`, indent) +
  comment(`--${Config.flagOf(path)}, ${Config.variableOf(path)}`, indent) +
  `${indent}${fallback === null ? '# ' : ''}${path.split('.').at(-1)}: ${fallback ?? given}\n`

const PROPERTIES =
  comment(`${Config.sectionMeanings['daemon.properties'] ?? ''} Set only in this file.`, '  ') +
  [
    'properties:',
    '  shardSyncIntervalMillis: 30000',
    '  dynamoDbClient.overrideConfiguration.apiCallTimeout: PT10S'
  ]
    .map((line) => `  # ${line}\n`)
    .join('')

const SINKS =
  `${Config.sectionMeanings['sinks'] ?? ''} Set only in this file. There is no ` +
  'sink by default, so the rest of this file is commented out. It shows one sink of each type, with all keys of the type. ' +
  'Each value is the default of its key, or an example if the key has no default. The only exception is `keys`: the default ' +
  'is 1, but a new sink should set 2.'

const sinkEntry = (field: Config.Key, indent: string): string => {
  const { path, meaning, fallback, example: given } = field
  const word = fallback === undefined ? ' Must be given.' : fallback === null ? ' Not set by default.' : ''
  return `${comment(meaning + word, indent)}${indent}${path.split('.').at(-1)}: ${given}\n`
}

/** One sink of this type, named after it. */
const sink = (kind: SinkSettings.Kind): string => {
  const fields = SinkSettings.fieldsOf(kind)
  const blocks = fields.map((field) => {
    const [section = '', name] = field.path.split('.')
    if (name === undefined) return sinkEntry(field, '    ')
    const isFirst = field === fields.find(({ path }) => path.startsWith(`${section}.`))
    return `${isFirst ? `    ${section}:\n` : ''}${sinkEntry(field, '      ')}`
  })
  return [`  to-${kind}:\n    type: ${kind}\n`, ...blocks].join('')
}

/** The section `sinks`, not commented out. */
export const sinks = (): string =>
  `sinks:\n${SinkSettings.kinds.filter(SinkSettings.isKind).map(sink).join('\n')}`

const commented = (text: string): string => text.replace(/^(?=.)/gm, '# ').replace(/^(?=\n)/gm, '#')

export const example = (): string => {
  const blocks = Config.keys.map((key) => {
    const [section, name] = key.path.split('.')
    const isFirst = key === Config.keys.find(({ path }) => path.startsWith(`${section}.`))
    const begin = isFirst ? `${comment(Config.sectionMeanings[section ?? ''] ?? '', '')}${section}:\n` : ''
    return name === undefined ? entry(key, '') : begin + entry(key, '  ')
  })
  const last = Config.keys.findLastIndex(({ path }) => path.startsWith('daemon.'))
  blocks.splice(last + 1, 0, PROPERTIES)
  return [EDITORS + comment(HEAD, ''), ...blocks, `${comment(SINKS, '')}#\n${commented(sinks())}`].join('\n')
}
