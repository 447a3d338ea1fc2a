/** Whether what a shell line names exists. */

/** What there is to be named. */
export interface Known {
  readonly scripts: ReadonlyArray<string>
  readonly steps: ReadonlyArray<string>
  readonly exists: (file: string) => boolean
  /** The help of `kclts <command>`; undefined if there is no such command. */
  readonly help: (command: string) => string | undefined
}

/** Commands of others, with which a reader gets here. */
const OTHERS = ['git', 'cd', 'mkdir', 'cat', 'cp', 'echo', 'java', 'mvn']

const flagsOf = (words: ReadonlyArray<string>): ReadonlyArray<string> =>
  words.filter((word) => word.startsWith('--') && word !== '--').map((word) => word.split('=')[0] ?? word)

const complainScript = (known: Known, script: string, rest: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (!known.scripts.includes(script)) return [`package.json has no script ${script}`]
  const steps = script === 'test' ? rest.filter((_, index) => rest[index - 1] === '--only') : []
  return steps.filter((step) => !known.steps.includes(step)).map((step) => `npm test has no step ${step}`)
}

const complainKclts = (
  known: Known,
  [command = '', ...rest]: ReadonlyArray<string>
): ReadonlyArray<string> => {
  if (command.startsWith('--'))
    return known.help('')?.includes(command) ? [] : [`kclts has no flag ${command}`]
  const help = known.help(command)
  if (help === undefined) return [`kclts has no command ${command}`]
  return flagsOf(rest)
    .filter((flag) => !new RegExp(`${flag}(?![a-z-])`).test(help))
    .map((flag) => `kclts ${command} has no flag ${flag}`)
}

/** A test is compiled, or runs as it is. */
const complainTest = (known: Known, file: string): ReadonlyArray<string> => {
  const source = file.replace(/^\.build\/(.*)\.js$/, '$1.ts')
  return known.exists(source) ? [] : [`there is no test ${source}`]
}

const complainSimple = (
  known: Known,
  [program = '', ...rest]: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const [first = '', second = '', ...others] = rest
  if (/^[A-Z_]+=/.test(program)) return complainSimple(known, rest)
  if (program === 'npm' && first === 'run') return complainScript(known, second, others)
  if (program === 'npm' && first === 'test') return complainScript(known, 'test', rest.slice(1))
  if (program === 'npm' && ['install', 'i', 'ci', 'pack', 'init', 'pkg'].includes(first)) return []
  if (program === 'npx' && first === 'kclts') return complainKclts(known, rest.slice(1))
  if (program === 'kclts') return complainKclts(known, rest)
  if (program === 'npx' && first === 'tsc') return []
  if (program === 'node' && first === '--test') return complainTest(known, second)
  if (program === 'node') return known.exists(first) ? [] : [`there is no file ${first}`]
  return OTHERS.includes(program) ? [] : [`${program} is no command that this test knows`]
}

/** What is wrong with a line: nothing, or a sentence for each thing that it names and that does not exist. */
export const complaints = (known: Known, line: string): ReadonlyArray<string> =>
  line.split(/ (?:&&|\|\||\||;) /).flatMap((simple) => complainSimple(known, simple.trim().split(/\s+/)))
