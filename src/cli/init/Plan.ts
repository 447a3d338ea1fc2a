/** What happens to each file of a new project, given those that its folder has already. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { File } from './Template'

export type Step =
  | { readonly _tag: 'Write'; readonly path: string; readonly text: string }
  /** Over a file that is there: it was asked for, or nothing of that file is lost. */
  | { readonly _tag: 'Replace'; readonly path: string; readonly text: string; readonly why: string }
  | { readonly _tag: 'Keep'; readonly path: string; readonly why: string }

const write = (path: string, text: string): Step => ({ _tag: 'Write', path, text })
const replace = (path: string, text: string, why: string): Step => ({ _tag: 'Replace', path, text, why })
const keep = (path: string, why: string): Step => ({ _tag: 'Keep', path, why })

export interface Folder {
  /** The texts of the files that are there, by their paths. */
  readonly found: ReadonlyMap<string, string>
  /** The file that configures kclts here already, whatever its name is; null: none does. */
  readonly configuration: string | null
  readonly isForced: boolean
}

const CONFIGURATION = 'kcl.config.yaml'
const IGNORES = '.gitignore'

/** The lines that are not there yet, after those that are. */
const withLines = (found: string, wanted: string): string => {
  const there = new Set(found.split(/\r?\n/).map((line) => line.trim()))
  const more = wanted.split('\n').filter((line) => line !== '' && !there.has(line))
  const gap = found === '' || found.endsWith('\n') ? '' : '\n'
  return more.length === 0 ? found : `${found}${gap}${more.join('\n')}\n`
}

const stepOf =
  ({ found, configuration, isForced }: Folder) =>
  ({ path, text, unless = [] }: File): Step => {
    const old = found.get(path)
    if (old === text) return keep(path, 'it is the same')
    if (path === IGNORES && old !== undefined) {
      const merged = withLines(old, text)
      return merged === old ? keep(path, 'it has these lines') : replace(path, merged, 'lines are added')
    }
    if (isForced) return old === undefined ? write(path, text) : replace(path, text, 'as --force says')
    if (old !== undefined) return keep(path, 'it is there; --force replaces it')
    const own = unless.find((one) => found.has(one))
    if (own !== undefined) return keep(path, `not written: ${own} is there`)
    if (path === CONFIGURATION && configuration !== null)
      return keep(path, `not written: ${configuration} configures kclts here`)
    return write(path, text)
  }

export interface Manifest {
  readonly make: () => string
  readonly merge: (found: string) => E.Either<string, string>
}

const PACKAGE = 'package.json'

const manifestStep = (found: string | undefined, { make, merge }: Manifest): E.Either<string, Step> =>
  found === undefined
    ? E.right(write(PACKAGE, make()))
    : pipe(
        merge(found),
        E.map((text) =>
          text === found
            ? keep(PACKAGE, 'it has all of it')
            : replace(PACKAGE, text, 'scripts and dependencies are added')
        )
      )

/** Left: why the package.json that is there cannot be merged with what the project needs. */
export const make = (
  files: ReadonlyArray<File>,
  folder: Folder,
  manifest: Manifest
): E.Either<string, ReadonlyArray<Step>> =>
  pipe(
    manifestStep(folder.found.get(PACKAGE), manifest),
    E.map((first) => [first, ...files.map(stepOf(folder))])
  )

/** The paths of all files that a plan looks at. */
export const paths = (files: ReadonlyArray<File>): ReadonlyArray<string> => [
  PACKAGE,
  ...files.flatMap(({ path, unless = [] }) => [path, ...unless])
]
