/**
 * A module in TypeScript, as the project's tsconfig.json would have it: its `paths`, and decorators of the kind that it asks
 * for. jiti runs the rest on every Node we support, enums included.
 */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import * as path from 'node:path'
import type { JitiOptions } from 'jiti' with { 'resolution-mode': 'import' }
import type * as Compiler from 'typescript'
import * as Failure from '../core/Failure'

type Settings = Readonly<Record<string, unknown>>

interface Project {
  /** Of the tsconfig.json above the module; null: there is none, or it cannot be read. */
  readonly file: string | null
  /** Its compilerOptions, with those that it extends. */
  readonly settings: Settings
  /** Why it cannot be read, such as a package that it extends and that is not installed; null: it can. */
  readonly problem: string | null
}

const projectOf = async (module: string): Promise<Project> => {
  const { getTsconfig } = await import('get-tsconfig')
  try {
    const found = getTsconfig(path.dirname(module))
    return { file: found?.path ?? null, settings: { ...found?.config.compilerOptions }, problem: null }
  } catch (thrown) {
    return { file: null, settings: {}, problem: Failure.fromUnknown(thrown).message }
  }
}

// -- decorators -------------------------------------------------------------------------------------------------------

/** What the compiled code depends on beside its source. */
const KEYS = [
  'experimentalDecorators',
  'emitDecoratorMetadata',
  'useDefineForClassFields',
  'target',
  'verbatimModuleSyntax'
]

/** May be a decorator: an `@` that begins a line, or follows what ends a word. One in a text costs time alone. */
const MAY_DECORATE = /^[^\S\n]*(?:export\s+(?:default\s+)?)?@[\w$(]|(?:[{}(;,)=]|\*\/)[^\S\n]*@[\w$(]/m

/** What jiti's own compiler makes of decorators: only those of methods and classes, called as experimental ones. */
const DECORATED = /_applyDecoratedDescriptor|\b_dec\d*\b|\b_class\d*\b/
const DECORATED_FIELD = /_initializerDefineProperty|_initializerWarningHelper|Definitely assigned fields/

const NEEDED =
  'install it where this runs (npm install typescript; a devDependency is left out of a production install), or compile the handler to JavaScript'

/** It says all in its message: the file, what is wrong, what to do. */
const cannotCompile = (text: string): Error => Object.assign(new Error(text), { name: 'CannotCompile' })

const required = (from: string): typeof Compiler | null => {
  try {
    const ts = createRequire(from)('typescript') as Partial<typeof Compiler>
    return ts.transpileModule === undefined ? null : ts
  } catch {
    return null
  }
}

/** That of the project, so that decorators and their metadata are what its own build makes; else one within our reach. */
const compilerFor = (module: string): typeof Compiler | null => required(module) ?? required(__filename)

/** By the target: from ES2022 on a field is defined, before it was assigned. */
const definesFields = (
  ts: typeof Compiler,
  { target, useDefineForClassFields }: Compiler.CompilerOptions
): boolean =>
  useDefineForClassFields ??
  (target ?? (Number(ts.version.split('.')[0]) < 6 ? 1 : 99)) >= ts.ScriptTarget.ES2022

/** As a parser's error of jiti: the place at the end. */
const parseError = (ts: typeof Compiler, { file, start, messageText }: Compiler.Diagnostic): Error => {
  const { line, character } = file?.getLineAndCharacterOfPosition(start ?? 0) ?? { line: 0, character: 0 }
  const text = ts.flattenDiagnosticMessageText(messageText, '\n')
  return new SyntaxError(`ParseError: ${text}\n ${file?.fileName}:${line + 1}:${character}`)
}

/** Decorators become calls, types are gone, and everything else is left to jiti. */
const compile = (ts: typeof Compiler, project: Project, source: string, filename: string): string => {
  const wanted = Object.fromEntries(KEYS.map((key) => [key, project.settings[key]]))
  const { options } = ts.convertCompilerOptionsFromJson(wanted, path.dirname(filename))
  const { outputText, diagnostics = [] } = ts.transpileModule(source, {
    fileName: filename,
    reportDiagnostics: true,
    compilerOptions: {
      ...options,
      useDefineForClassFields: definesFields(ts, options),
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022
    }
  })
  const [problem] = diagnostics
  if (problem !== undefined) throw parseError(ts, problem)
  return outputText
}

/** Without a compiler of TypeScript only what jiti does rightly is run. */
const refusal = (project: Project, code: string): string | null => {
  const isExperimental = project.settings['experimentalDecorators'] === true
  if (DECORATED_FIELD.test(code) || (!isExperimental && DECORATED.test(code)))
    return `decorators need the TypeScript compiler, which is not installed; ${NEEDED}`
  return null
}

type Transform = NonNullable<JitiOptions['transform']>
type Options = Parameters<Transform>[0]

const transformer = (
  module: string,
  project: Project,
  find: typeof compilerFor,
  jiti: (options: Options) => string
): Transform => {
  let compiler: typeof Compiler | null | undefined
  return (options) => {
    const { source, filename = module, ts: isTyped } = options
    if (isTyped !== true || !MAY_DECORATE.test(source)) return { code: jiti(options) }
    compiler ??= find(module)
    if (compiler !== null) {
      const code = compile(compiler, project, source, filename)
      if (project.problem !== null && code.includes('__esDecorate'))
        throw cannotCompile(
          `${filename} has decorators, but the tsconfig.json that says which kind cannot be read: ${project.problem}`
        )
      return { code: jiti({ ...options, source: code, ts: false }) }
    }
    const code = jiti(options)
    const why = refusal(project, code)
    if (why !== null) throw cannotCompile(`${filename}: ${why}`)
    return { code }
  }
}

// -- loading ----------------------------------------------------------------------------------------------------------

const versionOf = ({ settings, problem }: Project): string =>
  createHash('sha256')
    .update(JSON.stringify([KEYS.map((key) => settings[key] ?? null), problem]))
    .digest('hex')
    .slice(0, 12)

/**
 * The nearest node_modules above the file, for what was compiled: without that each start takes half a second more.
 * Never the folder for temporary files, jiti's own choice: there any user of the machine could put code for us to run.
 */
const cacheFor = (file: string, project: Project): string | false => {
  for (let at = path.dirname(file); ; at = path.dirname(at)) {
    const modules = path.join(at, 'node_modules')
    // Not the folder of jiti itself, to which other tools write what they have compiled in other ways.
    if (fs.existsSync(modules)) return path.join(modules, '.cache', 'kclts', versionOf(project))
    if (path.dirname(at) === at) return false
  }
}

/** Its paths may be what is missed. */
const withProblem = (thrown: unknown, { problem }: Project): unknown => {
  const { message } = Failure.fromUnknown(thrown)
  return problem !== null && message.startsWith('Cannot find')
    ? new Error(`${message.split('\n')[0]}; tsconfig.json cannot be read: ${problem}`, { cause: thrown })
    : thrown
}

/**
 * What the module exports. Throws what it throws while it is loaded, or why it cannot be compiled.
 *
 * @param find gives a compiler of TypeScript, or null where there is none; isKept: what was compiled is kept on disk
 */
export const load = async (
  file: string,
  {
    find = compilerFor,
    isKept = true
  }: { readonly find?: typeof compilerFor; readonly isKept?: boolean } = {}
): Promise<unknown> => {
  const [{ createJiti }, project] = await Promise.all([import('jiti'), projectOf(file)])
  const plain = createJiti(file, { interopDefault: false, fsCache: false })
  const jiti = createJiti(file, {
    interopDefault: false,
    fsCache: isKept && cacheFor(file, project),
    tsconfigPaths: project.file ?? false,
    transform: transformer(file, project, find, (options) => plain.transform(options))
  })
  try {
    return await jiti.import(file)
  } catch (thrown) {
    throw withProblem(thrown, project)
  }
}
