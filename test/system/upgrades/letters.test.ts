/**
 * Files of dead letters by the versions that may meet during a rolling deploy: those in `426a8b2` were written by
 * that commit, which knows neither streams nor marks, and those in `letters-with-journal` by the one that brought both.
 */
import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Codec from '../../../src/deadLetters/DeadLetterCodec'
import type { DeadLetter } from '../../../src/core/DeadLetter'
import * as Index from '../../../src/deadLetters/DeadLetterIndex'
import * as Taking from '../../../src/deadLetters/DeadLetterTaking'
import * as Sinks from '../../../src/sinks/Sinks'
import { record } from '../../../src/testing/Records'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-upgrades-'))
after(() => fs.rmSync(room, { recursive: true }))

const fixture = (version: string, name: string): string => path.join('test/system/upgrades', version, name)

let places = 0
/** A folder of its own with these files. */
const placed = (files: Readonly<Record<string, string>>): string => {
  const folder = path.join(room, String((places += 1)))
  fs.mkdirSync(folder)
  for (const [name, from] of Object.entries(files)) fs.copyFileSync(from, path.join(folder, name))
  return path.join(folder, 'dead-letters.ndjson')
}

const index = (file: string): Index.Index => Index.read(Taking.places(file))

const shown = (file: string) =>
  index(file).entries.map(({ stream, sequenceNumber, letters, reason }) => [
    stream,
    sequenceNumber.slice(-6),
    letters,
    reason
  ])

const letters = (file: string): ReadonlyArray<DeadLetter> =>
  Codec.read(fs.readFileSync(file)).flatMap((one) => (E.isRight(one) ? [one.right] : []))

const OLD = fixture('426a8b2', 'dead-letters.ndjson')
const NEW = fixture('letters-with-journal', 'dead-letters.ndjson')

const TWO = [
  [null, '001250', 1, 'RangeError: no such product'],
  [null, '707426', 1, 'RangeError: no such product']
]

describe('letters of 426a8b2', () => {
  it('are read, and written back byte for byte', () => {
    const file = placed({ 'dead-letters.ndjson': OLD })
    assert.deepEqual(shown(file), TWO)
    assert.equal(letters(file).map(Codec.encode).join(''), fs.readFileSync(OLD, 'utf8'))
  })

  it('that its replay had taken when it was killed are listed, and come back', () => {
    const file = placed({ 'dead-letters.ndjson.taken': OLD })
    fs.writeFileSync(file, '')
    assert.deepEqual(shown(file), TWO)
    assert.equal(Taking.recover(file), true)
    assert.deepEqual(shown(file), TWO)
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ['dead-letters.ndjson'])
  })

  it('that its replay had taken before it had made a new file come back, too', () => {
    const file = placed({ 'dead-letters.ndjson.taken': OLD })
    assert.equal(Taking.recover(file), true)
    assert.deepEqual(shown(file), TWO)
  })
})

describe('letters with a journal', () => {
  it('are read with their marks: a record that failed again shows by its new letter', () => {
    const file = placed({ 'dead-letters.ndjson': NEW, 'dead-letters.ndjson.done': `${NEW}.done` })
    assert.deepEqual(shown(file), [['orders', '001250', 1, 'RangeError: still no such product']])
    assert.equal(index(file).done, 2)
  })

  it('have for 426a8b2, which knows no marks and no stream, what its own letters have: more are shown, never fewer', () => {
    const known = [
      'shardId',
      'sequenceNumber',
      'subSequenceNumber',
      'partitionKey',
      'approximateArrivalTimestamp',
      'data',
      'reason',
      'error',
      'handlerVersion',
      'time'
    ]
    for (const text of fs.readFileSync(NEW, 'utf8').trim().split('\n')) {
      const keys = Object.keys(JSON.parse(text) as object)
      assert.deepEqual(
        keys.filter((key) => key !== 'stream'),
        known
      )
    }
    assert.equal(letters(NEW).length, 3)
  })

  it('that a replay of 426a8b2 has taken and put back keep the marks that still fit', () => {
    const file = placed({ 'dead-letters.ndjson.done': `${NEW}.done` })
    const [first, second, third] = fs.readFileSync(NEW, 'utf8').trim().split('\n')
    // It replayed the third alone.
    fs.writeFileSync(file, `${first}\n${second}\n`)
    assert.deepEqual(shown(file), [])
    // It replayed the first: the others stand elsewhere now, and show.
    fs.writeFileSync(file, `${second}\n${third}\n`)
    assert.deepEqual(
      shown(file).map(([, sequence]) => sequence),
      ['707426', '001250']
    )
  })
})

describe('idempotency keys', () => {
  const delivery = { record: record({ shardId: 'shardId-1', sequenceNumber: '7' }), stream: 'orders' }

  it('are those of 426a8b2 unless a sink has keys: 2, which adds the stream', () => {
    assert.equal(Sinks.idOf(delivery, 3), 'shardId-1:7:0:3')
    assert.equal(Sinks.idOf(delivery, 3, 1), 'shardId-1:7:0:3')
    assert.equal(Sinks.idOf(delivery, 3, 2), 'orders:shardId-1:7:0:3')
  })

  it('of a letter of 426a8b2, whose stream is not known, are those that it had; keys: 2 adds a hash of its content', () => {
    const unknown = { record: delivery.record }
    assert.equal(Sinks.idOf(unknown, 3, 1), 'shardId-1:7:0:3')
    assert.match(Sinks.idOf(unknown, 3, 2), /^data-[\w-]{16}:shardId-1:7:0:3$/)
    const other = { record: record({ shardId: 'shardId-1', sequenceNumber: '7', text: 'other' }) }
    assert.notEqual(Sinks.idOf(other, 3, 2), Sinks.idOf(unknown, 3, 2))
  })
})
