import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import type { Source } from './Rooms'
import * as Shape from './Shape'

const src = path.resolve('src')

const real: ReadonlyArray<Source> = fs
  .readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.includes('assembly'))
  .map((file) => ({
    path: file.split(path.sep).join('/'),
    text: fs.readFileSync(path.join(src, file), 'utf8')
  }))

describe('a piece of src', () => {
  it('fits a screen: a function has at most 60 lines and 6 parameters, a file 400 lines, a long call no bare boolean', () =>
    assert.deepEqual(real.flatMap(Shape.findings), []))
})

describe('a made-up piece', () => {
  const lines = (count: number): string => '\n'.repeat(count - 2)
  const found = (text: string): ReadonlyArray<string> =>
    Shape.findings({ path: 'A.ts', text }).map(({ where, what }) => `${where}: ${what}`)

  it('that is a long function is found by its name', () =>
    assert.deepEqual(
      found(
        `const f = () => {${lines(61)}\n}\nfunction g() {${lines(62)}\n}\nclass C { m() {${lines(63)}\n} }\nconst h = () => {${lines(60)}\n}`
      ),
      ['A.ts f: 61 lines', 'A.ts g: 62 lines', 'A.ts m: 63 lines']
    ))

  it('that is a long file is found, whatever ends it', () =>
    assert.deepEqual([...found('//\n'.repeat(400)), ...found('//\n'.repeat(401))], ['A.ts: 401 lines']))

  it('with more than six parameters is found', () =>
    assert.deepEqual(found('const f = (a, b, c, d, e, f, g) => 1\nconst g = (a, b, c, d, e, f) => 1'), [
      'A.ts f: 7 parameters'
    ]))

  it('that calls with a boolean among four arguments is found', () =>
    assert.deepEqual(found('const f = () => g(a, b, c, true)\nconst h = () => g(a, b, false)'), [
      'A.ts f: a bare boolean in g(…)'
    ]))
})
