/** The user's module: JavaScript of either kind, or TypeScript. */
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Failure from '../core/Failure'
import type * as Config from '../config/Config'
import { isSeveral, type AnyHandler, type One, type Several } from '../core/Handler'

export interface HandlerModule {
  readonly handler: AnyHandler
  /** The module's export `version`, put on dead letters. */
  readonly version: string | null
  /** How messages call the handler: its file. */
  readonly name: string
  /** Another export of the module by its name; undefined when there is none. */
  readonly exported: (name: string) => unknown
}

/** What a session says of it. */
export const about = ({ name, version, handler }: HandlerModule): Config.About => ({
  name,
  version,
  isBatch: isSeveral(handler)
})

/**
 * What it seems to be, by its form: a function that is not async and takes no context, of a module that acquires nothing, is
 * taken for a pure one.
 */
export const kindOf = ({ handler, exported }: HandlerModule): 'batch' | 'pure' | 'effect' => {
  if (isSeveral(handler)) return 'batch'
  const isAsync = handler.constructor.name === 'AsyncFunction'
  return isAsync || handler.length > 1 || exported('acquire') !== undefined ? 'effect' : 'pure'
}

// -- loading ----------------------------------------------------------------------------------------------------------

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts', '.tsx'])

const isTypeScript = (file: string): boolean => TYPESCRIPT.has(path.extname(file))

/** What to say of a handler in TypeScript; null: it is JavaScript. */
export const untyped = (file: string): string | null =>
  isTypeScript(file)
    ? `the types of ${path.basename(file)} are not checked when it is loaded; npx tsc --noEmit checks them`
    : null

const importTypeScript = async (file: string, isKept: boolean): Promise<unknown> =>
  (await import('./TypeScript.js')).load(file, { isKept })

/** An ES module cannot export a handler without one of these words. Elsewhere, as in a comment, they cost 4 ms. */
const MAY_BE_ES = /\b(import|export)\b/

/** `import()` takes both kinds, but to start its machinery for CommonJS costs 4 ms on Node 20 and 3 ms on 22; so does `createRequire`. */
const importJavaScript = async (file: string): Promise<unknown> => {
  const isCommonJs = path.extname(file) !== '.mjs' && !MAY_BE_ES.test(fs.readFileSync(file, 'utf8'))
  return isCommonJs
    ? { default: module.require(file) as unknown }
    : ((await import(pathToFileURL(file).href)) as unknown)
}

// -- exports ----------------------------------------------------------------------------------------------------------

interface Exports {
  readonly [name: string]: unknown
}

const isFields = (value: unknown): value is Exports =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** The export of that name, of the module or (a CommonJS module seen from an ES one) of its default export. */
const exported = (module: unknown, name: string): unknown => {
  if (!isFields(module)) return undefined
  if (module[name] !== undefined) return module[name]
  const inner = module['default']
  return isFields(inner) ? inner[name] : undefined
}

const defaultExport = (module: unknown): unknown => {
  if (!isFields(module)) return undefined
  const outer = module['default']
  return isFields(outer) && outer['default'] !== undefined ? outer['default'] : outer
}

const names = (module: unknown): string => {
  const all = [module, defaultExport(module)].flatMap((one) => (isFields(one) ? Object.keys(one) : []))
  const found = [...new Set(all)].filter(
    (name) => !['__esModule', 'default', 'module.exports'].includes(name)
  )
  return found.length === 0 ? 'nothing by name' : found.join(', ')
}

const EXPECTED = 'expected an export `handler` that is a function (record) => Decision'

const isHandler = (value: unknown): value is One => typeof value === 'function'

const isBatchHandler = (value: unknown): value is Several['several'] => typeof value === 'function'

/** Functions that give no Decision, whatever they return: each record would fail. */
const WRONG_KINDS: ReadonlyMap<string, string> = new Map([
  ['[object GeneratorFunction]', 'a generator'],
  ['[object AsyncGeneratorFunction]', 'an async generator']
])

/** Left: what is wrong with them, in words that follow the file's name. */
const handlerOf = (module: unknown): E.Either<string, AnyHandler> => {
  const named = exported(module, 'handler')
  const several = exported(module, 'batchHandler')
  const wrong = WRONG_KINDS.get(Object.prototype.toString.call(several ?? named ?? defaultExport(module)))
  if (several !== undefined) {
    if (named !== undefined) return E.left('it exports both `handler` and `batchHandler`; keep one of them')
    if (wrong !== undefined || !isBatchHandler(several))
      return E.left(
        'expected an export `batchHandler` that is a function (records) => Decision[]; ' +
          `\`batchHandler\` is ${wrong ?? `of type ${typeof several}`}`
      )
    return E.right({ several })
  }
  const handler = named ?? defaultExport(module)
  if (wrong !== undefined) return E.left(`${EXPECTED}; \`handler\` is ${wrong}`)
  if (isHandler(handler)) return E.right(handler)
  return E.left(
    `${EXPECTED}; ` +
      (named === undefined ? `it exports ${names(module)}` : `\`handler\` is of type ${typeof named}`)
  )
}

const understand = (module: unknown, file: string): E.Either<string, HandlerModule> =>
  pipe(
    handlerOf(module),
    E.bimap(
      (problem) => `${file}: ${problem}`,
      (handler): HandlerModule => {
        const version = exported(module, 'version')
        return {
          handler,
          version: typeof version === 'string' || typeof version === 'number' ? String(version) : null,
          name: path.basename(file),
          exported: (other) => exported(module, other)
        }
      }
    )
  )

// -- failures ---------------------------------------------------------------------------------------------------------

/** Frames of the loaders and of kclts itself say nothing of the user's module. */
const FOREIGN =
  /^ +at .*(node:internal|[\\/]jiti[\\/]dist[\\/]|[\\/]edge[\\/]TypeScript\.js|[\\/](kclts[\\/]dist|commander[\\/]lib)[\\/])/

const ownFrames = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => !FOREIGN.test(line) && !line.includes(__filename))
    .join('\n')

/** If an ES module cannot be parsed, Node shows the place only in a process that dies of it. */
const syntaxError = (file: string, message: string): string => {
  if (/:[0-9]+$/m.test(message)) return `${file} cannot be parsed: ${message}`
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' })
  const [where = ''] = stderr.split(/\n\n/)
  return where === ''
    ? `${file} imports a module that cannot be parsed; node --check FILE shows the place: ${message}`
    : `${file} cannot be parsed: ${where}\n\n${message}`
}

const explain = (file: string, thrown: unknown): string => {
  const failure = Failure.fromUnknown(thrown)
  // Of ./TypeScript, which is loaded for TypeScript only: it says the file, what is wrong and what to do.
  if (failure.name === 'CannotCompile') return failure.message
  const message = ownFrames(Failure.inFull(failure))
  if (/Cannot find (module|package)/.test(failure.message))
    return `${file} imports a module that is not found; install it with npm, or correct the import: ${message}`
  if (failure.name === 'SyntaxError' || failure.message.includes('ParseError'))
    return syntaxError(file, message)
  return `${file} throws while it is loaded: ${message}`
}

/**
 * Loads the module at an absolute path.
 *
 * @param isKept whether TypeScript that was compiled is kept on disk for the next start
 *
 * Left: there is no such file, it throws while it is loaded (with its stack), or it exports no handler.
 */
export const load = async (
  file: string,
  { isKept }: { readonly isKept: boolean } = { isKept: true }
): Promise<E.Either<string, HandlerModule>> => {
  if (!fs.existsSync(file)) return E.left(`${file}: there is no such file`)
  try {
    return understand(
      await (isTypeScript(file) ? importTypeScript(file, isKept) : importJavaScript(file)),
      file
    )
  } catch (thrown) {
    return E.left(explain(file, thrown))
  }
}
