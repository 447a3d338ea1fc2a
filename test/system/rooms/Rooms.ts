/** The direction of imports between the rooms of src/, and what each may load. */
import * as path from 'node:path'
import * as ts from 'typescript'

/** A source file: its path from src/ with `/`, and its text. */
export interface Source {
  readonly path: string
  readonly text: string
}

/**
 * One import. `type` is erased by the compiler, `lazy` is loaded when a function runs,
 * `static` is loaded with the file.
 */
interface Import {
  readonly specifier: string
  readonly when: 'type' | 'lazy' | 'static'
}

/** A room may import from rooms of a lower rank and from itself; rooms of one rank do not know each other. */
const RANK: Readonly<Record<string, number>> = {
  protocol: 0,
  core: 1,
  payload: 2,
  values: 2,
  run: 3,
  files: 4,
  tracing: 4,
  deadLetters: 5,
  sinks: 6,
  config: 7,
  edge: 8,
  lab: 9,
  compat: 10,
  daemon: 10,
  dev: 10,
  host: 10,
  testing: 10,
  aws: 11,
  worker: 12,
  cli: 13,
  'index.ts': 14,
  'bin.ts': 14
}

const CORE_PACKAGES = ['fp-ts']

const HEAVY_PACKAGES = [
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/client-kinesis',
  '@aws-sdk/client-sqs',
  '@aws-sdk/client-sts',
  '@opentelemetry/api',
  'cli-progress',
  'commander',
  'fast-check',
  'jiti',
  'pino-pretty',
  'prom-client',
  'typescript'
]

const CHILD = 'host/entries/child.ts'

const LEAVE = 'edge/leave.ts'

const ENDS_AT_ONCE = ['exit', 'reallyExit', 'abort']

const roomOf = (file: string): string => file.split('/')[0] ?? file

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

const isFunction = (node: ts.Node): boolean => ts.isFunctionLike(node) && !ts.isFunctionTypeNode(node)

const insideFunction = (node: ts.Node): boolean => {
  for (let outer = node.parent; !ts.isSourceFile(outer); outer = outer.parent) {
    if (isFunction(outer)) return true
  }
  return false
}

const textOf = (node: ts.Node | undefined): string | undefined =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined

const bindsTypesOnly = (clause: ts.ImportClause | undefined): boolean => {
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const bindings = clause.namedBindings
  return (
    clause.name === undefined &&
    bindings !== undefined &&
    ts.isNamedImports(bindings) &&
    bindings.elements.length > 0 &&
    bindings.elements.every((element) => element.isTypeOnly)
  )
}

const isRequire = (node: ts.CallExpression): boolean =>
  (ts.isIdentifier(node.expression) && node.expression.text === 'require') ||
  (ts.isPropertyAccessExpression(node.expression) && node.expression.getText() === 'require.resolve')

const declared = (node: ts.Node): readonly [string | undefined, Import['when']] | undefined => {
  if (ts.isImportDeclaration(node))
    return [textOf(node.moduleSpecifier), bindsTypesOnly(node.importClause) ? 'type' : 'static']
  if (ts.isExportDeclaration(node)) return [textOf(node.moduleSpecifier), node.isTypeOnly ? 'type' : 'static']
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
    return [textOf(node.moduleReference.expression), node.isTypeOnly ? 'type' : 'static']
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    return [textOf(node.argument.literal), 'type']
  if (!ts.isCallExpression(node)) return undefined
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return [textOf(node.arguments[0]), 'lazy']
  if (isRequire(node)) return [textOf(node.arguments[0]), insideFunction(node) ? 'lazy' : 'static']
  return undefined
}

const walk = (source: Source, visit: (node: ts.Node) => void): void => {
  const enter = (node: ts.Node): void => {
    visit(node)
    ts.forEachChild(node, enter)
  }
  enter(ts.createSourceFile(source.path, source.text, ts.ScriptTarget.ES2022, true))
}

const importsOf = (source: Source): ReadonlyArray<Import> => {
  const found: Array<Import> = []
  walk(source, (node) => {
    const [specifier, when] = declared(node) ?? []
    if (specifier !== undefined && when !== undefined) found.push({ specifier, when })
  })
  return found
}

/** The file that a relative import names, as a path from src/, whether it exists or not. */
const target = (from: string, specifier: string, paths: ReadonlySet<string>): string => {
  const base = path.posix.join(path.posix.dirname(from), specifier.replace(/\.js$/, ''))
  const index = `${base}/index.ts`
  return paths.has(index) ? index : `${base}.ts`
}

const isRelative = (specifier: string): boolean => specifier.startsWith('.')

/** Imports between rooms that go up or sideways, and rooms without a rank. */
export const directions = (sources: ReadonlyArray<Source>): ReadonlyArray<string> => {
  const paths = new Set(sources.map((source) => source.path))
  const found: Array<string> = []
  for (const source of sources) {
    const from = roomOf(source.path)
    const rank = RANK[from]
    if (rank === undefined) found.push(`${source.path} is in no known room`)
    for (const { specifier } of importsOf(source).filter((each) => isRelative(each.specifier))) {
      const to = target(source.path, specifier, paths)
      const other = RANK[roomOf(to)]
      if (!paths.has(to)) found.push(`${source.path} imports ${to}, which is not in src`)
      else if (rank !== undefined && other !== undefined && from !== roomOf(to) && other >= rank)
        found.push(`${source.path} imports ${to}: ${from} does not know ${roomOf(to)}`)
    }
  }
  return found
}

/** The files that import each other in a circle, or stand between two circles; types and lazy imports count. */
export const circles = (sources: ReadonlyArray<Source>): ReadonlyArray<string> => {
  const paths = new Set(sources.map((source) => source.path))
  let arrows = sources.flatMap((source) =>
    importsOf(source)
      .filter(({ specifier }) => isRelative(specifier))
      .map(({ specifier }) => [source.path, target(source.path, specifier, paths)] as const)
  )
  // A file that imports nothing, or that nothing imports, is in no circle, and nor are its arrows.
  for (let before = Infinity; arrows.length < before;) {
    before = arrows.length
    const from = new Set(arrows.map(([one]) => one))
    const to = new Set(arrows.map(([, one]) => one))
    arrows = arrows.filter((arrow) => from.has(arrow[1]) && to.has(arrow[0]))
  }
  return [...new Set(arrows.map(([one]) => one))].sort()
}

/** Packages, Node's own included, that core imports though it is pure. */
export const corePackages = (sources: ReadonlyArray<Source>): ReadonlyArray<string> =>
  sources
    .filter((source) => roomOf(source.path) === 'core')
    .flatMap((source) =>
      importsOf(source)
        .filter(({ specifier }) => !isRelative(specifier) && !CORE_PACKAGES.includes(packageOf(specifier)))
        .map(({ specifier }) => `${source.path} imports ${specifier}: core knows fp-ts alone`)
    )

/** Heavy packages that are loaded whenever a child starts, each with the way from the child to it. */
export const heavyInChild = (sources: ReadonlyArray<Source>): ReadonlyArray<string> => {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const paths = new Set(byPath.keys())
  const found: Array<string> = []
  const seen = new Set([CHILD])
  const visit = (file: string, way: ReadonlyArray<string>): void => {
    const source = byPath.get(file)
    if (source === undefined) {
      found.push(`${file} is not in src`)
      return
    }
    for (const { specifier } of importsOf(source).filter(({ when }) => when === 'static')) {
      if (!isRelative(specifier)) {
        if (HEAVY_PACKAGES.includes(packageOf(specifier))) found.push([...way, specifier].join(' -> '))
        continue
      }
      const next = target(file, specifier, paths)
      if (seen.has(next)) continue
      seen.add(next)
      visit(next, [...way, next])
    }
  }
  visit(CHILD, [CHILD])
  return found
}

/** Ends of the process outside the one file that may end it. */
export const exits = (sources: ReadonlyArray<Source>): ReadonlyArray<string> =>
  sources
    .filter((source) => source.path !== LEAVE)
    .flatMap((source) => {
      const found: Array<string> = []
      walk(source, (node) => {
        const name = ts.isPropertyAccessExpression(node)
          ? node.name.text
          : ts.isElementAccessExpression(node)
            ? textOf(node.argumentExpression)
            : undefined
        const owner =
          ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)
            ? node.expression.getText()
            : ''
        if (name !== undefined && owner === 'process' && ENDS_AT_ONCE.includes(name))
          found.push(`${source.path} uses process.${name}: only ${LEAVE} ends the process`)
      })
      return found
    })

/** Files that are one and the same where the file system does not know upper from lower case. */
export const twins = (sources: ReadonlyArray<Source>): ReadonlyArray<string> => {
  const first = new Map<string, string>()
  return sources.flatMap(({ path: file }) => {
    const twin = first.get(file.toLowerCase())
    first.set(file.toLowerCase(), file)
    return twin === undefined ? [] : [`${twin} and ${file} are one file on macOS and Windows`]
  })
}
