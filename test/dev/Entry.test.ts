/** A line of input as a record: its data is handed on as it is written. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Entry from '../../src/dev/Entry'

const dataOf = (line: string | Buffer, key: string | null = null): string => {
  const entry = Entry.read(key)(Buffer.from(line))
  return E.isRight(entry) ? Buffer.from(entry.right.base64, 'base64').toString() : entry.left
}
const keyOf = (line: string, key: string): string | null => {
  const entry = Entry.read(key)(Buffer.from(line))
  return E.isRight(entry) ? entry.right.partitionKey : entry.left
}

describe('a line of input', () => {
  const data: ReadonlyArray<string> = [
    '{"id":9007199254740993,"price":1.10,"id2":1,"id2":2}',
    '{ "b" : 1.0,  "a" : [ 1e400, -0, 1E5 ] }',
    '{"2":1,"1":2,"__proto__":{}}',
    '{"text":"\\u00e9\\/\\ud83d\\ude00\\ud800"}',
    '18446744073709551615',
    'null',
    '{}'
  ]
  for (const text of data)
    it(`hands on the bytes of its data unchanged: ${text}`, () => {
      assert.equal(dataOf(`{"partitionKey":"a","data":${text}}`), text)
      assert.equal(dataOf(` {"data": ${text} ,"partitionKey":"a" }`.trimStart()), text)
      assert.equal(dataOf(text), text)
      assert.equal(dataOf(`{"data":0,"partitionKey":"a","data":${text}}`), text)
    })

  it('hands on the text of its data, which has a form in UTF-8 or is refused', () => {
    assert.equal(dataOf('{"partitionKey":"a","data":"\\u00e9\\/ 1.0"}'), 'é/ 1.0')
    assert.equal(
      dataOf('{"partitionKey":"a","data":"\\ud800"}'),
      'data: half of a surrogate pair cannot be written in UTF-8; use dataBase64'
    )
  })

  it('that is not UTF-8 is data as it is, also where it looks like a record', () => {
    const line = Buffer.concat([
      Buffer.from('{"partitionKey":"a","data":"'),
      Buffer.from([0xff]),
      Buffer.from('"}')
    ])
    const entry = Entry.read(null)(line)
    assert.deepEqual(entry, E.right({ partitionKey: null, base64: line.toString('base64'), arrival: null }))
  })

  it('has the key that is written: two large numbers do not share one', () => {
    assert.deepEqual(
      ['{"id":9007199254740993}', '{"id":9007199254740992}', '{"id":true}', '{"id":"x"}', '{"id":null}'].map(
        (line) => keyOf(line, 'id')
      ),
      [
        '9007199254740993',
        '9007199254740992',
        'true',
        'x',
        'id (--key): expected text of 1 to 256 characters, found null'
      ]
    )
    assert.equal(keyOf('{"a":[{"b":"no"},{"b":"yes"}]}', 'a.1.b'), 'yes')
  })

  for (const [mebibytes, letter] of [
    [3, 'a'],
    [10, '\u00ff']
  ] as const)
    it(`takes ${mebibytes} MiB as base64 (a regular expression overflowed its stack)`, () => {
      const base64 = Buffer.alloc(mebibytes << 20, letter).toString('base64')
      assert.deepEqual(
        Entry.read(null)(Buffer.from(JSON.stringify({ partitionKey: 'p', dataBase64: base64 }))),
        E.right({ partitionKey: 'p', base64, arrival: null })
      )
    })
})
