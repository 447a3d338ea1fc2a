/** Code of README and docs under each compiler that users have, as `tsc --init` sets it up; and what it says of mistakes. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type * as Fence from './Fence'
import * as Pages from './Pages'

const { root } = Pages
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-types-'))

const VERSIONS = ['5.9', '6', '7'] as const

const RESOLUTIONS = {
  nodenext: ['--module', 'nodenext'],
  bundler: ['--module', 'esnext', '--moduleResolution', 'bundler']
} as const

const compilerOf = (version: string): string =>
  path.join(root, 'test/system/package/node_modules', `typescript-${version}`, 'bin/tsc')

const blocks = Pages.inLanguage('ts', 'typescript')

/** Modules of Node have no types without `@types/node`; nothing else may need it. */
const needsNode = ({ text }: Fence.Fence): boolean => text.includes("from 'node:")

/** A project of a user: packages, and the files. */
const project = (
  name: string,
  packages: ReadonlyArray<string>,
  files: ReadonlyMap<string, string>
): string => {
  const place = path.join(folder, name)
  for (const one of packages) {
    const link = path.join(place, 'node_modules', one)
    fs.mkdirSync(path.dirname(link), { recursive: true })
    fs.symlinkSync(one === 'kclts' ? root : path.join(root, 'node_modules', one), link)
  }
  fs.writeFileSync(path.join(place, 'package.json'), '{ "private": true, "type": "module" }')
  for (const [file, text] of files) {
    fs.mkdirSync(path.join(place, path.dirname(file)), { recursive: true })
    fs.writeFileSync(path.join(place, file), text)
  }
  return place
}

const PACKAGES = ['kclts', 'fp-ts', 'io-ts', 'zod']

const MISTAKES = `
import * as t from 'io-ts'
import { ack, decodeJson, reject, sinks } from 'kclts'
const Order = t.type({ id: t.string, total: t.number })
const to = sinks({ orders: Order, audit: t.string })
export const misspelt = decodeJson(Order)((order) => to.order(order)(ack()))
export const wrong = decodeJson(Order)((order) => to.orders({ ...order, total: '1' })(ack()))
export const forgotten = decodeJson(Order)((order) => { if (order.total > 3) return ack() })
export const promised = decodeJson(Order)(async (order) => to.orders(order)(ack()))
export const nothing = decodeJson(Order)((order) => { to.orders(order)(ack()) })
export const refused = decodeJson(Order)((order) => to.orders(order)(reject(order.id)))
`

/** The last line of what a compiler says of each line of the mistakes. */
const SAID: ReadonlyMap<number, RegExp> = new Map([
  [6, /Property 'order' does not exist on type 'Emitters<.*>'\. Did you mean 'orders'\?$/],
  [7, /Type 'string' is not assignable to type 'number'\.$/],
  [8, /Type 'undefined' is not assignable to type 'PureAnswer'\.$/],
  [9, /Type 'Promise<.*>' is not assignable to type 'PureAnswer'\.$/],
  [10, /Type 'void' is not assignable to type 'PureAnswer'\.$/],
  [11, /Type 'Reject' is not assignable to type '"a reject or a halt carries no outputs"'\.$/]
])

/** What it printed, without the colours of a terminal. */
const compile = (version: string, place: string, ...options: ReadonlyArray<string>): string => {
  const { stdout, stderr, error } = spawnSync(
    process.execPath,
    [compilerOf(version), ...options, '--pretty', 'false'],
    { cwd: place, encoding: 'utf8', timeout: 300_000 }
  )
  return error === undefined ? stdout + stderr : error.message
}

/** By the number of its line, the last sentence of each message. */
const lastWords = (output: string): ReadonlyMap<number, string> =>
  new Map(
    output
      .trim()
      .split(/\n(?=\S)/)
      .map((message) => [
        Number(/\((\d+),/.exec(message)?.[1] ?? 0),
        message.trim().split('\n').at(-1)?.trim() ?? ''
      ])
  )

after(() => fs.rmSync(folder, { recursive: true, force: true }))

for (const version of VERSIONS) {
  const skip = fs.existsSync(compilerOf(version))
    ? false
    : `TypeScript ${version} is not installed: npm ci --prefix test/system/package`

  describe(`TypeScript ${version}`, { skip }, () => {
    let plain = ''
    let withNode = ''
    let mistaken = ''

    before(() => {
      plain = project(
        `plain-${version}`,
        PACKAGES,
        Pages.filesOf(blocks.filter((block) => !needsNode(block)))
      )
      withNode = project(
        `node-${version}`,
        [...PACKAGES, '@types/node', 'undici-types'],
        Pages.filesOf(blocks)
      )
      mistaken = project(`mistaken-${version}`, PACKAGES, new Map([['mistakes.ts', MISTAKES]]))
      compile(version, plain, '--init')
      for (const place of [withNode, mistaken])
        fs.copyFileSync(path.join(plain, 'tsconfig.json'), path.join(place, 'tsconfig.json'))
    })

    for (const [resolution, options] of Object.entries(RESOLUTIONS)) {
      const given = [...options, '--declaration', '--emitDeclarationOnly', '--outDir', 'out']

      it(`compiles README and docs without @types/node, by ${resolution}`, () =>
        assert.equal(compile(version, plain, ...given, '--skipLibCheck', 'false'), ''))

      it(`compiles the tests in them, by ${resolution}`, () =>
        assert.equal(compile(version, withNode, ...given, '--types', 'node'), ''))
    }

    it('says what is wrong in a handler, in its last line', () => {
      const said = lastWords(compile(version, mistaken, '--noEmit'))
      assert.deepEqual([...said.keys()], [...SAID.keys()])
      for (const [line, expected] of SAID) assert.match(said.get(line) ?? '', expected)
    })
  })
}
