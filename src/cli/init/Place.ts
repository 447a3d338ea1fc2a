/** What is around the folder of a new project: a workspace, and the kclts that will be its own. */
import * as fs from 'node:fs'
import * as path from 'node:path'

export interface Place {
  /** The folder from the root of its workspace, `packages/orders`; null: it stands alone. */
  readonly inWorkspace: string | null
  /** Where the package kclts is, or will be once it is installed, from the folder: `./node_modules/kclts`. */
  readonly installed: string
}

const above = (folder: string): ReadonlyArray<string> => {
  const parent = path.dirname(folder)
  return parent === folder ? [] : [parent, ...above(parent)]
}

/** The patterns of `workspaces` in a package.json; none where there is no such file. */
const patternsOf = (folder: string): ReadonlyArray<string> => {
  try {
    const { workspaces } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      readonly workspaces?: unknown
    }
    const listed: unknown =
      typeof workspaces === 'object' && workspaces !== null && 'packages' in workspaces
        ? workspaces.packages
        : workspaces
    return Array.isArray(listed) ? listed.filter((one): one is string => typeof one === 'string') : []
  } catch {
    return []
  }
}

const slashed = (file: string): string => file.split(path.sep).join('/')

/** `packages/*` is any folder in packages, `packages/**` any below it. */
export const isMember = (patterns: ReadonlyArray<string>, folder: string): boolean =>
  patterns.some((pattern) => {
    const shape = pattern
      .replace(/^\.\/|\/$/g, '')
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, (stars) => (stars === '*' ? '[^/]*' : '.*'))
    return new RegExp(`^${shape}$`).test(folder)
  })

export const of = (folder: string): Place => {
  const folders = above(folder)
  const root = folders.find((one) => isMember(patternsOf(one), slashed(path.relative(one, folder))))
  const home =
    [folder, ...folders].find((one) => fs.existsSync(path.join(one, 'node_modules/kclts'))) ?? root ?? folder
  const way = slashed(path.relative(folder, path.join(home, 'node_modules/kclts')))
  return {
    inWorkspace: root === undefined ? null : slashed(path.relative(root, folder)),
    installed: way.startsWith('.') ? way : `./${way}`
  }
}
