/** The user's module: JavaScript of either kind, or TypeScript. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import type { Handler } from '../core/Handler'

export interface HandlerModule {
  readonly handler: Handler
  /** The module's export `version`, put on dead letters. */
  readonly version: string | null
  /** How messages call the handler: its file. */
  readonly name: string
}

interface Exports {
  readonly [name: string]: unknown
}

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts', '.tsx'])

/** jiti runs TypeScript on every Node we support, enums and paths included; loaded for TypeScript only. */
const importTypeScript = async (file: string): Promise<unknown> => {
  const { createJiti } = await import('jiti')
  return createJiti(__filename, { interopDefault: false }).import(file)
}

const isFields = (value: unknown): value is Exports =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

const isHandler = (value: unknown): value is Handler => typeof value === 'function'

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
  const found = isFields(module) ? Object.keys(module).filter((name) => name !== '__esModule') : []
  return found.length === 0 ? 'exports nothing' : `exports ${found.join(', ')}`
}

const understand = (module: unknown, file: string): E.Either<string, HandlerModule> => {
  const named = exported(module, 'handler')
  const handler = named ?? defaultExport(module)
  if (!isHandler(handler))
    return E.left(
      `${file}: expected an export \`handler\` that is a function (record) => Decision; ` +
        (named === undefined ? `the module ${names(module)}` : `\`handler\` is of type ${typeof named}`)
    )
  const version = exported(module, 'version')
  return E.right({
    handler,
    version: typeof version === 'string' || typeof version === 'number' ? String(version) : null,
    name: path.basename(file)
  })
}

/**
 * Loads the module at an absolute path.
 *
 * Left: there is no such file, it throws while it is loaded (with its stack), or it exports no handler.
 */
export const load = async (file: string): Promise<E.Either<string, HandlerModule>> => {
  if (!fs.existsSync(file)) return E.left(`${file}: there is no such file`)
  try {
    const module: unknown = TYPESCRIPT.has(path.extname(file))
      ? await importTypeScript(file)
      : await import(pathToFileURL(file).href)
    return understand(module, file)
  } catch (thrown) {
    const failure = Failure.fromUnknown(thrown)
    return E.left(`${file} cannot be loaded: ${failure.stack ?? Failure.show(failure)}`)
  }
}
