/**
 * The packages of a version that git has: those that are installed in the working tree. They are the right ones only if both
 * versions ask for the same packages, and if folders of the repository that are linked as packages are the same in both.
 */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Git from './Git'

const LOCKS = [
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'bun.lockb'
]

/** What of a manifest says which packages are installed. */
const ASKS = [
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'overrides',
  'resolutions',
  'workspaces'
]

const MODULES = 'node_modules'

/** The folders from the top of the repository down to the one that is compared, relative to the top. */
export const levels = (prefix: string): ReadonlyArray<string> => {
  const parts = prefix.split('/').filter((part) => part !== '')
  return ['', ...parts.map((_, i) => parts.slice(0, i + 1).join('/'))]
}

const textOf = (file: string): string | null => {
  try {
    return fs.readFileSync(file, 'utf8').replace(/\n$/, '')
  } catch {
    return null
  }
}

/** Compared as text: a tool may have written the ends of lines in its own way. */
const isEqual = (a: string | null, b: string | null): boolean =>
  a === b || (a !== null && b !== null && a.replaceAll('\r\n', '\n') === b.replaceAll('\r\n', '\n'))

const asked = (manifest: string | null): string => {
  if (manifest === null) return ''
  try {
    const parsed = JSON.parse(manifest) as Readonly<Record<string, unknown>> | null
    return JSON.stringify(ASKS.map((name) => parsed?.[name] ?? null))
  } catch {
    return manifest
  }
}

/** Lock files say which packages there are. Without one, the manifests do. */
const differing = (commit: Git.Commit): ReadonlyArray<string> => {
  const files = levels(commit.prefix).flatMap((level) => LOCKS.map((name) => path.posix.join(level, name)))
  const pairs = files.map((file) => ({
    file,
    then: Git.read(commit, file),
    now: textOf(path.join(commit.root, file))
  }))
  if (pairs.some(({ then, now }) => then !== null || now !== null))
    return pairs.filter(({ then, now }) => !isEqual(then, now)).map(({ file }) => file)
  return levels(commit.prefix)
    .map((level) => path.posix.join(level, 'package.json'))
    .filter((file) => asked(Git.read(commit, file)) !== asked(textOf(path.join(commit.root, file))))
}

interface Entry {
  /** With its scope. */
  readonly name: string
  readonly path: string
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return fs.readdirSync(folder).sort()
  } catch {
    return []
  }
}

/** Packages in a node_modules, and the hidden files beside them, such as `.bin`. */
const entriesIn = (modules: string): ReadonlyArray<Entry> =>
  namesIn(modules).flatMap((name) =>
    name.startsWith('@')
      ? namesIn(path.join(modules, name)).map((inner) => ({
          name: `${name}/${inner}`,
          path: path.join(modules, name, inner)
        }))
      : [{ name, path: path.join(modules, name) }]
  )

/** The folder of the repository that a package is a link to, relative to the top; null: it is installed. */
const linked = (root: string, { path: at }: Entry): string | null => {
  try {
    if (!fs.lstatSync(at).isSymbolicLink()) return null
    const target = path.relative(fs.realpathSync(root), fs.realpathSync(at))
    const parts = target.split(path.sep)
    return parts[0] === '..' || path.isAbsolute(target) || parts.includes(MODULES) ? null : target
  } catch {
    return null
  }
}

const TWO =
  'install both versions in folders of their own and give those: git worktree add ../old REF, npm ci in ../old, ' +
  'then --old ../old'

/** Left: why the packages of the working tree are not those of the commit; with what to do. */
const compare = (commit: Git.Commit): E.Either<string, void> => {
  const advice = TWO.replace('REF', commit.ref)
  const locks = differing(commit)
  if (locks.length > 0)
    return E.left(
      `${commit.ref} asks for other packages than are installed in ${commit.root}: ${locks.join(', ')} ` +
        `${locks.length === 1 ? 'differs' : 'differ'}; ${advice}`
    )
  const links = levels(commit.prefix)
    .flatMap((level) => entriesIn(path.join(commit.root, level, MODULES)))
    .flatMap((entry) => {
      const folder = linked(commit.root, entry)
      return folder === null || Git.isSame(commit, folder === '' ? '.' : folder)
        ? []
        : [`${entry.name} (${folder})`]
    })
  if (links.length > 0)
    return E.left(
      `${commit.ref} has other contents in folders that ${commit.root} links as packages: ${links.join(', ')}; ${advice}`
    )
  return E.right(undefined)
}

/**
 * A folder of links, not a link to the folder: what a build puts there, such as a cache, must not get into the working tree.
 */
const link = (from: string, to: string): void => {
  if (fs.existsSync(to)) return
  for (const entry of entriesIn(from)) {
    if (entry.name === '.cache') continue
    const place = path.join(to, entry.name)
    fs.mkdirSync(path.dirname(place), { recursive: true })
    fs.symlinkSync(fs.realpathSync(entry.path), place)
  }
}

/** Gives the files of the commit, which are in `folder`, the packages of the working tree. */
export const share = (commit: Git.Commit, folder: string): E.Either<string, void> => {
  const same = compare(commit)
  if (E.isLeft(same)) return same
  return E.tryCatch(
    () => {
      for (const level of levels(commit.prefix))
        link(path.join(commit.root, level, MODULES), path.join(folder, level, MODULES))
    },
    (thrown) => `the packages of ${commit.root} cannot be linked: ${String(thrown)}`
  )
}
