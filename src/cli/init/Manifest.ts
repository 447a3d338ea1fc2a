/** The package.json of a project: what it needs is added, and nothing that is there goes. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { isFields, type Fields } from '../../protocol/Fields'
import type { Runner } from './Answers'

type Entries = Readonly<Record<string, string>>

export interface Needs {
  readonly scripts: Readonly<Record<'dev' | 'test' | 'check' | 'start', string>>
  readonly dependencies: Entries
  readonly devDependencies: Entries
}

const TEST: Readonly<Record<Runner, { readonly script: string; readonly packages: Entries }>> = {
  // The loader that kclts itself reads a handler in TypeScript with.
  node: { script: 'node --import jiti/register --test src/*.test.ts', packages: { jiti: '^2.7.0' } },
  vitest: { script: 'vitest run', packages: { vitest: '^4.1.0' } },
  // It does not ask which version of TypeScript is there, as ts-jest does.
  jest: {
    script: 'jest',
    packages: { '@jest/globals': '^30.5.0', '@swc/core': '^1.16.0', '@swc/jest': '^0.2.39', jest: '^30.5.0' }
  }
}

/** @param version that of kclts. */
export const needs = (runner: Runner, version: string): Needs => ({
  scripts: {
    dev: 'kclts dev events.ndjson --fresh',
    test: TEST[runner].script,
    check: 'tsc --noEmit && kclts check',
    start: 'kclts run'
  },
  dependencies: { 'fp-ts': '^2.16.0', 'io-ts': '^2.2.0', kclts: `^${version}` },
  devDependencies: { '@types/node': '^22.0.0', ...TEST[runner].packages, typescript: '^6.0.0' }
})

const print = (manifest: object, indent: string | number, end: string): string =>
  JSON.stringify(manifest, null, indent) + end

/** That of a new project. */
export const make = (name: string, { scripts, dependencies, devDependencies }: Needs): string =>
  print(
    {
      name,
      version: '0.1.0',
      private: true,
      type: 'module',
      engines: { node: '>=20' },
      scripts,
      dependencies,
      devDependencies
    },
    2,
    '\n'
  )

const parse = (text: string): E.Either<string, Fields> =>
  pipe(
    E.tryCatch((): unknown => JSON.parse(text.replace(/^\uFEFF/, '')), String),
    E.filterOrElse(isFields, () => 'it is not an object'),
    E.mapLeft((why) => `package.json cannot be read: ${why}`)
  )

const sectionOf = (manifest: Fields, name: string): Fields => {
  const section = manifest[name]
  return isFields(section) ? section : {}
}

/** What `npm init` writes where there are no tests. */
const isPlaceholder = (script: unknown): boolean =>
  typeof script === 'string' && script.includes('no test specified')

/** A script whose name another one has is called `kclts:NAME`, unless it may take its place. */
const withScripts = (old: Fields, scripts: Entries, isForced: boolean): Fields => {
  const merged: Record<string, unknown> = { ...old }
  for (const [name, script] of Object.entries(scripts)) {
    const isFree = old[name] === undefined || old[name] === script || isPlaceholder(old[name]) || isForced
    merged[isFree ? name : `kclts:${name}`] = script
  }
  return merged
}

const SECTIONS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const

/** Those that no section has yet: a version that is there stays. */
const lacking = (manifest: Fields, wanted: Entries): Entries =>
  Object.fromEntries(
    Object.entries(wanted).filter(([name]) =>
      SECTIONS.every((one) => sectionOf(manifest, one)[name] === undefined)
    )
  )

const withPackages = (manifest: Fields, section: (typeof SECTIONS)[number], wanted: Entries): Fields => {
  const more = lacking(manifest, wanted)
  return Object.keys(more).length === 0
    ? manifest
    : { ...manifest, [section]: { ...sectionOf(manifest, section), ...more } }
}

/** The same text where nothing is to be added. Left: it is no package.json. */
export const merge = (
  text: string,
  { scripts, dependencies, devDependencies }: Needs,
  isForced: boolean
): E.Either<string, string> =>
  pipe(
    parse(text),
    E.map((old) => {
      const scripted = { ...old, scripts: withScripts(sectionOf(old, 'scripts'), scripts, isForced) }
      const merged = withPackages(
        withPackages(scripted, 'dependencies', dependencies),
        'devDependencies',
        devDependencies
      )
      const indent = /^[{]\r?\n([ \t]+)/.exec(text)?.[1] ?? 2
      return JSON.stringify(merged) === JSON.stringify(old)
        ? text
        : print(merged, indent, /\n$/.test(text) ? '\n' : '')
    })
  )

/** What a script is called in a package.json: `dev` or `kclts:dev`; itself where it is not there. */
export const scriptNamed = (text: string, script: string): string => {
  const manifest = parse(text)
  const scripts = E.isRight(manifest) ? sectionOf(manifest.right, 'scripts') : {}
  return Object.keys(scripts).find((name) => scripts[name] === script) ?? script
}
