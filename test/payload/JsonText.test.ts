/** The bytes of a value as they were written. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import * as JsonText from '../../src/payload/JsonText'

const at = (json: string, ...path: ReadonlyArray<string>): string | null => {
  const found = JsonText.at(Buffer.from(json), path)
  return found === null ? null : Buffer.from(found).toString()
}

describe('a value in JSON text', () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, string | null]> = [
    ['{"a":9007199254740993}', ['a'], '9007199254740993'],
    ['{"a":1.10,"b":-0}', ['b'], '-0'],
    [' { "a" : { "x" : 1e400 , "x" : 1.0 } } ', ['a'], '{ "x" : 1e400 , "x" : 1.0 }'],
    ['{"a":1,"a":2}', ['a'], '2'],
    ['{"\\u0061":"\\u00e9\\/"}', ['a'], '"\\u00e9\\/"'],
    ['{"b":"}\\"]","a":[1,{"c":"\\\\"},3]}', ['a', '1', 'c'], '"\\\\"'],
    ['{"a":null}', ['a'], 'null'],
    ['{"a":[]}', ['a', '0'], null],
    ['{"a":{}}', ['a', 'b'], null],
    ['{"a":1}', ['a', 'b'], null],
    ['{"__proto__":1}', ['__proto__'], '1']
  ]
  for (const [json, path, expected] of cases)
    it(`${json} at ${path.join('.')} is ${expected ?? 'not there'}`, () =>
      assert.equal(at(json, ...path), expected))

  it('is what JSON.parse finds there, in any object and with any white space', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.constantFrom(undefined, 1, '\t'),
        (object, space) => {
          const json = JSON.stringify(object, null, space)
          for (const key of Object.keys(object))
            assert.deepEqual(JSON.parse(at(json, key) ?? ''), JSON.parse(JSON.stringify(object[key])))
        }
      )
    )
  })

  it('is indented with each key and number as it stands, and means the same', () => {
    assert.equal(
      JsonText.indented('{"id":9007199254740993,"id":1.10,"e":{},"l":[ ],"s":["a\\"b",-0]}'),
      '{\n  "id": 9007199254740993,\n  "id": 1.10,\n  "e": {},\n  "l": [],\n  "s": [\n    "a\\"b",\n    -0\n  ]\n}'
    )
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value)
        assert.equal(JsonText.indented(json), JSON.stringify(JSON.parse(json), null, 2))
      })
    )
  })
})
