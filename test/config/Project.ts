/** Projects on disk for tests of the configuration, and what is loaded from them in short. */
import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import * as path from 'node:path'
import { after } from 'node:test'
import * as E from 'fp-ts/Either'
import * as ConfigSearch from '../../src/config/ConfigSearch'
import type * as Maker from '../../tools/project'

const { make } = createRequire(path.resolve('package.json'))('./tools/project.js') as typeof Maker

const room = make()
fs.chmodSync(room, 0o755)
after(() => fs.rmSync(room, { recursive: true }))

export type Files = Maker.Files

/** A new folder with these files, and a handler that is there. */
export const project = (files: Files): string => make({ 'handler.js': '', ...files }, room)

export type Given = Partial<Omit<ConfigSearch.Request, 'cwd'>> & { readonly from?: string }

export const loadIn = (
  folder: string,
  { from = '', ...given }: Given = {}
): ReturnType<typeof ConfigSearch.load> =>
  ConfigSearch.load({
    cwd: path.join(folder, from),
    file: null,
    env: {},
    flags: {},
    handlerRequired: true,
    ...given
  })

/** Messages, with the project's folder as `~`. */
export const problemsIn = (folder: string, given?: Given): ReadonlyArray<string> => {
  const loaded = loadIn(folder, given)
  return E.isRight(loaded) ? [] : loaded.left.map((one) => ConfigSearch.show(one).replaceAll(folder, '~'))
}

export const problems = (files: Files, given?: Given): ReadonlyArray<string> =>
  problemsIn(project(files), given)

/** What is not as it is by default: key, value, origin. */
export const settings = (files: Files, given?: Given): ReadonlyArray<string> => {
  const folder = project(files)
  const loaded = loadIn(folder, given)
  if (E.isLeft(loaded)) throw new Error(loaded.left.map(ConfigSearch.show).join('\n'))
  return loaded.right.origins
    .filter(({ from }) => from !== 'default')
    .map(({ key, shown, from }) => `${key} = ${shown} from ${from}`.replaceAll(folder, '~'))
}

/** A configuration with a right handler in its first line. */
export const yaml = (text: string): Files => ({ 'kcl.config.yaml': `handler: ./handler.js\n${text}` })

export const HANDLER = 'handler = ~/handler.js from kcl.config.yaml:1:10'

export const MISSING = 'handler: missing, expected the path of the module that exports your handler'

export const NOT_FOUND =
  'no configuration was found from ~ up; begin a project with kclts init, write a kcl.config.yaml with at least ' +
  '"handler: ./handler.js", or name a file with --config'
