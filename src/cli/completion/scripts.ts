/**
 * Scripts by which a shell completes the command line. Each holds all commands and options, so that nothing is started when
 * the Tab key is pressed; a new version of the program prints a new script.
 */
import * as Tree from './Tree'

export type Shell = 'bash' | 'fish' | 'zsh'
export const SHELLS: ReadonlyArray<Shell> = ['bash', 'zsh', 'fish']

const quoted = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`

/** As the patterns of `case` name a command: `/dead-letters/list`. */
const pathOf = ({ path }: Tree.Node): string => path.map((word) => `/${word}`).join('')

const words = (texts: ReadonlyArray<string>): string => quoted(texts.join(' '))

/** The options that take a value, by the values that they take: without any, the shell offers files. */
const values = (node: Tree.Node): ReadonlyArray<string> => {
  const names = new Map<string, ReadonlyArray<string>>()
  for (const flag of node.flags.filter(({ hasValue }) => hasValue)) {
    const offered = words(flag.values)
    names.set(offered, [...(names.get(offered) ?? []), ...flag.names])
  }
  return [...names].map(([offered, all]) => {
    const patterns = all.map((name) => quoted(`${pathOf(node)} ${name}`)).join(' | ')
    return `    ${patterns}) words=${offered} given=1 ;;`
  })
}

const bash = (name: string, root: Tree.Node): string => {
  const nodes = Tree.all(root)
  return `# bash completion of ${name}
_${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' words='' given='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path/\${COMP_WORDS[i]}" in
    ${nodes.slice(1).map(pathOf).join(' | ')}) path=$path/\${COMP_WORDS[i]} ;;
    esac
  done
  case "$path \${COMP_WORDS[COMP_CWORD - 1]}" in
${nodes.flatMap(values).join('\n')}
  esac
  if [ -z "$given" ]; then
    case "$path $current" in
${nodes
  .map((node) => `    '${pathOf(node)} -'*) words=${words(node.flags.flatMap(({ names }) => names))} ;;`)
  .join('\n')}
${nodes
  .map((node) => {
    const offered = [...node.commands.map(({ path }) => path[path.length - 1] ?? ''), ...node.values]
    return `    '${pathOf(node)} '*) words=${words(offered)} ;;`
  })
  .join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _${name} ${name}
`
}

/** zsh runs completions of bash. */
const zsh = (name: string, root: Tree.Node): string =>
  `autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${bash(name, root)}`

/** The condition of fish under which this command is the one that is completed. */
const when = (node: Tree.Node): string => {
  const seen = node.path.map((word) => `__fish_seen_subcommand_from ${word}`)
  const below = node.commands.map(({ path }) => path[path.length - 1] ?? '')
  const isFirst = below.length === 0 ? [] : [`not __fish_seen_subcommand_from ${below.join(' ')}`]
  return quoted([...seen, ...isFirst].join('; and '))
}

const fish = (name: string, root: Tree.Node): string => {
  const line = (node: Tree.Node, rest: string): string => `complete -c ${name} -n ${when(node)} ${rest}`
  const lines = Tree.all(root).flatMap((node) => [
    ...node.commands.map(({ path, summary }) =>
      line(node, `-f -a ${path[path.length - 1] ?? ''} -d ${quoted(summary)}`)
    ),
    ...(node.values.length === 0 ? [] : [line(node, `-f -a ${words(node.values)}`)]),
    ...node.flags.map((flag) => {
      const names = flag.names.map((one) =>
        one.startsWith('--') ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`
      )
      const value = !flag.hasValue ? '' : flag.values.length === 0 ? ' -r' : ` -x -a ${words(flag.values)}`
      return line(node, `${names.join(' ')}${value} -d ${quoted(flag.summary)}`)
    })
  ])
  return `# fish completion of ${name}\n${lines.join('\n')}\n`
}

const SCRIPTS: Readonly<Record<Shell, (name: string, root: Tree.Node) => string>> = { bash, fish, zsh }

/** The script for this shell; `name` is the program's, `root` its commands. */
export const scriptFor = (shell: Shell, name: string, root: Tree.Node): string => SCRIPTS[shell](name, root)
