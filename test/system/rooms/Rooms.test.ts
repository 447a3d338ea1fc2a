import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as Rooms from './Rooms'

const src = path.resolve('src')

const real: ReadonlyArray<Rooms.Source> = fs
  .readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({
    path: file.split(path.sep).join('/'),
    text: fs.readFileSync(path.join(src, file), 'utf8')
  }))

const made = (files: Readonly<Record<string, string>>): ReadonlyArray<Rooms.Source> =>
  Object.entries(files).map(([file, text]) => ({ path: file, text }))

describe('the sources', () => {
  it('import downwards only', () => assert.deepEqual(Rooms.directions(real), []))
  it('import in no circle', () => assert.deepEqual(Rooms.circles(real), []))
  it('have a core that knows fp-ts alone', () => assert.deepEqual(Rooms.corePackages(real), []))
  it('load nothing heavy when a child starts', () => assert.deepEqual(Rooms.heavyInChild(real), []))
  it('end the process in one place', () => assert.deepEqual(Rooms.exits(real), []))
  it('can be checked out on every file system', () => assert.deepEqual(Rooms.twins(real), []))
})

it('test/ has the folders of src, and transcripts, properties and system', () => {
  const foldersOf = (place: string): ReadonlyArray<string> =>
    fs
      .readdirSync(place, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && fs.readdirSync(path.join(place, entry.name)).length > 0)
      .map(({ name }) => name)
  const known = [...foldersOf(src), 'transcripts', 'properties', 'system']
  assert.deepEqual(
    foldersOf(path.resolve('test')).filter((folder) => !known.includes(folder)),
    []
  )
})

describe('a made-up import', () => {
  it('that goes up is found, whether it is a type, lazy or static', () => {
    const sources = made({
      'core/A.ts': "import type { B } from '../payload/B'\nexport type A = B | import('../payload/B').B",
      'payload/B.ts': "export interface B {}\nexport const b = () => import('../edge/C.js')",
      'edge/C.ts': "export * from '../cli/D'",
      'cli/D.ts': "import '../core/A'\nexport {}"
    })
    assert.deepEqual(Rooms.directions(sources), [
      'core/A.ts imports payload/B.ts: core does not know payload',
      'core/A.ts imports payload/B.ts: core does not know payload',
      'payload/B.ts imports edge/C.ts: payload does not know edge',
      'edge/C.ts imports cli/D.ts: edge does not know cli'
    ])
  })

  it('that goes sideways is found', () => {
    const sources = made({
      'dev/A.ts': "import '../testing'",
      'testing/index.ts': "import './B'",
      'testing/B.ts': ''
    })
    assert.deepEqual(Rooms.directions(sources), [
      'dev/A.ts imports testing/index.ts: dev does not know testing'
    ])
  })

  it('of a file that is not in src is found, and so is a new room', () => {
    const sources = made({ 'attic/A.ts': "import '../../test/B'" })
    assert.deepEqual(Rooms.directions(sources), [
      'attic/A.ts is in no known room',
      'attic/A.ts imports ../test/B.ts, which is not in src'
    ])
  })

  it('that closes a circle is found, in one room too, and what leads there or away is not in it', () => {
    const sources = made({
      'core/A.ts': "import type { B } from './B'",
      'core/B.ts': "import './C'",
      'core/C.ts': "export const b = () => import('./B.js')",
      'run/D.ts': "import '../core/A'"
    })
    assert.deepEqual(Rooms.circles(sources), ['core/B.ts', 'core/C.ts'])
    assert.deepEqual(Rooms.circles(made({ 'core/A.ts': "import './A'" })), ['core/A.ts'])
  })

  it('of a package or of Node in core is found', () => {
    const sources = made({
      'core/A.ts':
        "import * as E from 'fp-ts/Either'\nimport type * as t from 'io-ts'\nimport * as fs from 'node:fs'"
    })
    assert.deepEqual(Rooms.corePackages(sources), [
      'core/A.ts imports io-ts: core knows fp-ts alone',
      'core/A.ts imports node:fs: core knows fp-ts alone'
    ])
  })
})

describe('a heavy package', () => {
  const child = { 'host/entries/child.ts': "import * as Load from './Load'" }

  it('that a child loads at its start is found, with the way to it', () => {
    const ways = [
      "import { createJiti } from 'jiti'",
      "import pretty, { type Options } from 'pino-pretty'",
      "import ts = require('typescript')",
      "const commander = require('commander')",
      "export * from 'fast-check'"
    ].map((text) => Rooms.heavyInChild(made({ ...child, 'host/entries/Load.ts': text })))
    assert.deepEqual(ways, [
      ['host/entries/child.ts -> host/entries/Load.ts -> jiti'],
      ['host/entries/child.ts -> host/entries/Load.ts -> pino-pretty'],
      ['host/entries/child.ts -> host/entries/Load.ts -> typescript'],
      ['host/entries/child.ts -> host/entries/Load.ts -> commander'],
      ['host/entries/child.ts -> host/entries/Load.ts -> fast-check']
    ])
  })

  it('may be a type, or loaded when a function asks for it, or be no part of the child', () => {
    const sources = made({
      ...child,
      'host/entries/Load.ts': `import type { Jiti } from 'jiti'
        import { type Jiti as J } from 'jiti'
        export const load = (): Promise<Jiti | J> => import('jiti')
        export const now = () => require('pino-pretty')`,
      'cli/Dev.ts': "import 'cli-progress'"
    })
    assert.deepEqual(Rooms.heavyInChild(sources), [])
  })

  it('cannot be looked for without a child', () =>
    assert.deepEqual(Rooms.heavyInChild([]), ['host/entries/child.ts is not in src']))
})

it('an end of the process outside edge/leave.ts is found', () => {
  const sources = made({
    'edge/leave.ts': 'process.exit(0)',
    'cli/A.ts': "process.exitCode = 1\nprocess['exit'](1)",
    'run/B.ts': 'const leave = process.exit'
  })
  assert.deepEqual(Rooms.exits(sources), [
    'cli/A.ts uses process.exit: only edge/leave.ts ends the process',
    'run/B.ts uses process.exit: only edge/leave.ts ends the process'
  ])
})

it('two files whose names differ in case alone are found', () => {
  assert.deepEqual(Rooms.twins(made({ 'edge/Child.ts': '', 'edge/leave.ts': '', 'edge/child.ts': '' })), [
    'edge/Child.ts and edge/child.ts are one file on macOS and Windows'
  ])
})
