import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Codec from '../../src/codec/DeadLetter'
import type { DeadLetter } from '../../src/core/DeadLetter'
import * as Choice from '../../src/edge/DeadLetterChoice'
import * as DeadLetterFile from '../../src/edge/DeadLetterFile'
import * as Disk from '../../src/edge/Disk'
import * as Index from '../../src/edge/DeadLetterIndex'
import * as Taking from '../../src/edge/DeadLetterTaking'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-taking-'))
after(() => fs.rmSync(room, { recursive: true }))

const SHARD = 'shardId-000000000000'

const letter = (sequenceNumber: string, more: Partial<DeadLetter> = {}): DeadLetter => ({
  shardId: SHARD,
  sequenceNumber,
  subSequenceNumber: 0,
  partitionKey: 'key',
  approximateArrivalTimestamp: null,
  data: 'e30=',
  reason: 'a test',
  error: null,
  handlerVersion: null,
  time: 1700000000000,
  ...more
})

const line = (sequenceNumber: string): string => Codec.encode(letter(sequenceNumber))

const file = path.join(room, 'dead-letters.ndjson')

const fresh = (text: string): void => {
  fs.rmSync(room, { recursive: true })
  fs.mkdirSync(room)
  fs.writeFileSync(file, text)
}

const sequences = (): ReadonlyArray<string> =>
  Index.read(Taking.places(file))
    .entries.map(({ sequenceNumber }) => sequenceNumber)
    .sort()

class Killed extends Error {}

/** Steps that end before the step with this number, or after it. */
const killedAt = (at: number, when: 'before' | 'after'): Taking.Steps => {
  let step = 0
  const through =
    <A extends ReadonlyArray<unknown>>(run: (...args: A) => void) =>
    (...args: A): void => {
      step += 1
      if (step === at && when === 'before') throw new Killed()
      run(...args)
      if (step === at) throw new Killed()
    }
  const { rename, create, append, remove } = Taking.onDisk
  return {
    rename: through(rename),
    create: through(create),
    append: through(append),
    remove: through(remove)
  }
}

const GARBAGE = 'cut by a cra'
const THREE = `${line('1')}${GARBAGE}\n${line('2')}${line('3')}`

const key = (sequenceNumber: string): string => Index.keyOf(letter(sequenceNumber))

describe('letters that are taken', () => {
  it('stay aside until what is left is back, lines that cannot be read included', () => {
    fresh(THREE)
    Taking.take(file)
    assert.equal(fs.readFileSync(file, 'utf8'), '')
    Taking.settle(file, (one) => one === key('2'))
    assert.equal(fs.readFileSync(file, 'utf8'), `${line('1')}${GARBAGE}\n${line('3')}`)
    assert.deepEqual(fs.readdirSync(room), ['dead-letters.ndjson'])
  })

  for (const when of ['before', 'after'] as const)
    for (let step = 1; step <= 5; step++)
      it(`survive a kill ${when} step ${step}, and no line is doubled or lost by the next run`, () => {
        fresh(THREE)
        const steps = killedAt(step, when)
        try {
          Taking.take(file, steps)
          Taking.settle(file, (one) => one === key('2'), steps)
        } catch (thrown) {
          assert.equal(thrown instanceof Killed, true)
        }
        const isOver = !fs.existsSync(Taking.takenName(file))
        Taking.recover(file)
        const { entries, unreadable } = Index.read([file])
        // The rename is the first step, the deletion the fifth.
        const expected = isOver && (step > 4 || when === 'after') && step > 1 ? ['1', '3'] : ['1', '2', '3']
        assert.deepEqual([sequences(), unreadable.length], [expected, 1])
        assert.deepEqual(
          entries.map(({ letters }) => letters),
          expected.map(() => 1)
        )
        assert.equal(fs.existsSync(Taking.takenName(file)), false)
      })

  it('are not lost when a recovery is killed, too', () => {
    for (let step = 1; step <= 3; step++)
      for (const when of ['before', 'after'] as const) {
        fresh(THREE)
        Taking.take(file)
        assert.throws(() => Taking.recover(file, killedAt(step, when)), Killed)
        Taking.recover(file)
        assert.deepEqual(sequences(), ['1', '2', '3'])
        assert.equal(Index.read([file]).unreadable.length, 1)
      }
  })

  it('are none of those that a worker appends meanwhile', () => {
    fresh(THREE)
    const worker = DeadLetterFile.open(file, () => undefined)
    if (E.isLeft(worker)) throw new Error(worker.left.message)
    Taking.take(file)
    assert.deepEqual(worker.right.bury(letter('4')), E.right(undefined))
    Taking.settle(file, () => true)
    assert.deepEqual(worker.right.bury(letter('5')), E.right(undefined))
    worker.right.close()
    assert.deepEqual(sequences(), ['4', '5'])
  })

  it('are none that a worker wrote after its look at the name, into what is deleted then', () => {
    fresh(THREE)
    let isTaken = false
    const worker = DeadLetterFile.open(file, () => undefined, {
      ...Disk.node,
      write: (fd, bytes) => {
        if (!isTaken) {
          isTaken = true
          Taking.take(file)
          Taking.settle(file, () => true)
        }
        return Disk.node.write(fd, bytes)
      }
    })
    if (E.isLeft(worker)) throw new Error(worker.left.message)
    assert.deepEqual(worker.right.bury(letter('4')), E.right(undefined))
    worker.right.close()
    assert.deepEqual(sequences(), ['4'])
  })
})

describe('the index', () => {
  it('counts the letters of one record once, shows the newest, and tells the place of what it cannot read', () => {
    fresh(
      [
        Codec.encode(letter('1', { reason: 'old' })),
        Codec.encode(letter('1', { reason: 'new', time: 1700000000001 })),
        Codec.encode(letter('1', { subSequenceNumber: 1 })),
        `\n${GARBAGE}`
      ].join('')
    )
    const { entries, unreadable } = Index.read([file])
    assert.deepEqual(
      entries.map(({ number, reason, letters }) => [number, reason, letters]),
      [
        [1, 'new', 2],
        [2, 'a test', 1]
      ]
    )
    assert.deepEqual(
      unreadable.map(({ line: at, excerpt }) => [at, excerpt]),
      [[5, JSON.stringify(GARBAGE)]]
    )
  })

  it('gives back the letter of an entry, whatever stands around it', () => {
    const odd = letter('7', { reason: 'grün \u2028 \u001b[0m', data: 'x'.repeat(3_000_000) })
    fresh(line('1') + Codec.encode(odd) + line('9'))
    const entry = Index.read([file]).entries[1]
    assert.deepEqual(entry && Index.letterOf(entry), E.right(odd))
  })

  it('of letters far larger than its memory is small', () => {
    fresh('')
    const reason = 'r'.repeat(10_000)
    for (let i = 0; i < 100; i++)
      fs.appendFileSync(
        file,
        Array.from({ length: 100 }, (_, n) => Codec.encode(letter(String(i * 100 + n + 1), { reason }))).join(
          ''
        )
      )
    const { entries } = Index.read([file])
    assert.equal(entries.length, 10_000)
    assert.equal(Buffer.byteLength(JSON.stringify(entries)) < fs.statSync(file).size / 10, true)
  })
})

describe('a choice', () => {
  const entries = (): ReadonlyArray<Index.Entry> => {
    fresh(
      line('10') +
        Codec.encode(letter('20', { shardId: 'b', reason: 'Not JSON' })) +
        Codec.encode(letter('20', { time: 1800000000000 }))
    )
    return Index.read([file]).entries
  }
  const numbers = (choice: Partial<Choice.Choice>) =>
    E.map((found: ReadonlyArray<Index.Entry>) => found.map(({ number }) => number))(
      Choice.choose(entries(), { ...Choice.all, ...choice })
    )

  it('is by number, range, position, shard, reason or time', () => {
    assert.deepEqual(numbers({}), E.right([1, 2, 3]))
    assert.deepEqual(numbers({ only: ['2-3'] }), E.right([2, 3]))
    assert.deepEqual(numbers({ only: ['10/0', '3'] }), E.right([1, 3]))
    assert.deepEqual(numbers({ shard: 'b' }), E.right([2]))
    assert.deepEqual(numbers({ reason: 'not json' }), E.right([2]))
    assert.deepEqual(numbers({ since: 1750000000000 }), E.right([3]))
  })

  it('that names no letter, or two, is refused', () => {
    assert.deepEqual(
      numbers({ only: ['9'] }),
      E.left('9: there is no such letter; `list` shows what there is')
    )
    assert.deepEqual(
      numbers({ only: ['x'] }),
      E.left('x: expected a number of the list, such as 3 or 3-7, or a position')
    )
    assert.deepEqual(
      numbers({ only: ['20/0'] }),
      E.left(`20/0: shards b, ${SHARD} all have it; say --shard, or its number`)
    )
  })
})
