import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Codec from '../../src/deadLetters/DeadLetterCodec'
import type { DeadLetter } from '../../src/core/DeadLetter'
import * as Choice from '../../src/deadLetters/DeadLetterChoice'
import * as Compact from '../../src/deadLetters/DeadLetterCompact'
import * as DeadLetterFile from '../../src/deadLetters/DeadLetterFile'
import * as Disk from '../../src/files/Disk'
import * as Index from '../../src/deadLetters/DeadLetterIndex'
import * as Marks from '../../src/deadLetters/DeadLetterMarks'
import * as Taking from '../../src/deadLetters/DeadLetterTaking'
import * as LockFolder from '../../src/files/LockFolder'

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

/** The records that are not done. */
const sequences = (): ReadonlyArray<string> =>
  Index.read(Taking.places(file))
    .entries.map(({ sequenceNumber }) => sequenceNumber)
    .sort()

const entry = (sequenceNumber: string): Index.Entry => {
  const found = Index.read(Taking.places(file)).entries.find((one) => one.sequenceNumber === sequenceNumber)
  if (found === undefined) throw new Error(`there is no letter of ${sequenceNumber}`)
  return found
}

const done = (...numbers: ReadonlyArray<string>): void =>
  Marks.append(
    file,
    numbers.map(entry).flatMap((one) => Index.marksOf('replayed', 1700000000002)(one))
  )

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
  const { link, append, rename, remove, dropMarks } = Taking.onDisk
  return {
    link: through(link),
    append: through(append),
    rename: through(rename),
    remove: through(remove),
    dropMarks: through(dropMarks)
  }
}

/** Whether it came to its end. */
const unlessKilled = (run: () => void): boolean => {
  try {
    run()
    return true
  } catch (thrown) {
    if (thrown instanceof Killed) return false
    throw thrown
  }
}

const GARBAGE = 'cut by a cra'
const THREE = `${line('1')}${GARBAGE}\n${line('2')}${line('3')}`

const worker = (odd: Partial<Disk.Disk> = {}): DeadLetterFile.DeadLetterFile => {
  const opened = DeadLetterFile.open(file, () => undefined, { ...Disk.node, ...odd })
  if (E.isLeft(opened)) throw new Error(opened.left.message)
  return opened.right
}

const names = (): ReadonlyArray<string> => fs.readdirSync(room).sort()

describe('a mark', () => {
  it('hides its letter, and leaves the file as it is', () => {
    fresh(THREE)
    done('2')
    assert.deepEqual(sequences(), ['1', '3'])
    assert.equal(fs.readFileSync(file, 'utf8'), THREE)
    assert.deepEqual(JSON.parse(fs.readFileSync(`${file}.done`, 'utf8')), {
      done: 'replayed',
      offset: line('1').length + GARBAGE.length + 1,
      digest: Marks.digest(Buffer.from(line('2').trim())),
      shardId: SHARD,
      sequenceNumber: '2',
      subSequenceNumber: 0,
      time: 1700000000002
    })
  })

  it('hides all letters of its record that were there, and none that came later, even if it says the same', () => {
    fresh(line('1') + line('1'))
    done('1')
    assert.deepEqual(sequences(), [])
    fs.appendFileSync(file, line('1'))
    assert.deepEqual([sequences(), entry('1').letters], [['1'], 1])
    done('1')
    assert.deepEqual(sequences(), [])
  })

  it('hides nothing in a file that was replaced, cut or edited', () => {
    fresh(THREE)
    done('1', '3')
    fs.writeFileSync(file, line('4') + line('5') + line('6'))
    assert.deepEqual(sequences(), ['4', '5', '6'])
    fs.writeFileSync(file, `\n${THREE}`)
    assert.deepEqual(sequences(), ['1', '2', '3'])
  })

  it('that a crash has cut hides nothing, and the next one is whole', () => {
    fresh(THREE)
    done('1')
    fs.truncateSync(`${file}.done`, fs.statSync(`${file}.done`).size - 5)
    assert.deepEqual(sequences(), ['1', '2', '3'])
    done('3')
    assert.deepEqual(sequences(), ['1', '2'])
  })
})

describe('letters that an older version, or a compaction, has left aside', () => {
  it('are listed beside those that came since, and come back, the lines that cannot be read included', () => {
    fresh(THREE)
    fs.renameSync(file, Taking.takenName(file))
    fs.writeFileSync(file, line('4') + line('1'))
    assert.deepEqual(sequences(), ['1', '2', '3', '4'])
    assert.equal(Taking.recover(file), true)
    assert.deepEqual(sequences(), ['1', '2', '3', '4'])
    assert.deepEqual([entry('1').letters, Index.read(Taking.places(file)).unreadable.length], [1, 1])
    assert.deepEqual(names(), ['dead-letters.ndjson'])
  })

  it('keep their marks, which are not those of the new file', () => {
    fresh(THREE)
    done('1')
    fs.renameSync(file, Taking.takenName(file))
    fs.writeFileSync(file, line('1'))
    assert.deepEqual(sequences(), ['1', '2', '3'])
    fs.rmSync(file)
    assert.deepEqual(sequences(), ['2', '3'])
    Taking.recover(file)
    assert.deepEqual(sequences(), ['2', '3'])
  })

  for (const when of ['before', 'after'] as const)
    for (let step = 1; step <= 3; step++)
      it(`survive a recovery that is killed ${when} step ${step}`, () => {
        fresh(THREE)
        done('1')
        fs.renameSync(file, Taking.takenName(file))
        fs.writeFileSync(file, line('4'))
        assert.equal(
          unlessKilled(() => void Taking.recover(file, killedAt(step, when))),
          false
        )
        Taking.recover(file)
        const { entries, unreadable } = Index.read(Taking.places(file))
        assert.deepEqual([...new Set([...sequences(), '1'])].sort(), ['1', '2', '3', '4'])
        // Once the marks are gone and the old file is not, what was done shows again, and nothing is missing.
        const isAgain = (step === 2 && when === 'after') || (step === 3 && when === 'before')
        assert.deepEqual([sequences().includes('1'), unreadable.length], [isAgain, 1])
        assert.deepEqual(
          entries.map(({ letters }) => letters),
          entries.map(() => 1)
        )
        assert.equal(fs.existsSync(Taking.takenName(file)), false)
      })
})

describe('a compaction', () => {
  const compacted = (steps: Taking.Steps = Taking.onDisk): Compact.Compacted => {
    const result = Compact.compact(file, steps)
    if (E.isLeft(result)) throw new Error(result.left)
    return result.right
  }

  it('takes out what is done, and keeps the rest, lines that cannot be read included', () => {
    fresh(THREE)
    done('2')
    assert.deepEqual(compacted(), {
      removed: 1,
      before: THREE.length,
      after: THREE.length - line('2').length
    })
    assert.equal(fs.readFileSync(file, 'utf8'), `${line('1')}${GARBAGE}\n${line('3')}`)
    assert.deepEqual(names(), ['dead-letters.ndjson'])
  })

  for (const when of ['before', 'after'] as const)
    for (let step = 1; step <= 6; step++)
      it(`that is killed ${when} step ${step} has lost nothing, and the next one ends it`, () => {
        fresh(THREE)
        done('2')
        const appending = worker()
        const steps = killedAt(step, when)
        const isOver = unlessKilled(() =>
          compacted({
            ...steps,
            // The first letter comes to the old file, after it was copied; the second one to the new one.
            link: (from, to) => {
              appending.bury(letter('4'))
              steps.link(from, to)
            },
            rename: (from, to) => {
              steps.rename(from, to)
              appending.bury(letter('5'))
            }
          })
        )
        const came = step > 3 ? ['5'] : []
        const four = step === 1 ? [] : ['4']
        assert.equal(isOver, step > 6)
        assert.deepEqual(
          sequences().filter((one) => one !== '2'),
          ['1', '3', ...four, ...came]
        )
        Taking.recover(file)
        compacted()
        assert.deepEqual(
          sequences().filter((one) => one !== '2'),
          ['1', '3', ...four, ...came]
        )
        assert.equal(Index.read(Taking.places(file)).unreadable.length, 1)
        assert.deepEqual(names(), ['dead-letters.ndjson'])
        appending.close()
      })

  it('keeps a letter that a worker wrote to the old file after its look at the name', () => {
    fresh(THREE)
    done('1', '2', '3')
    let isDone = false
    const appending = worker({
      write: (fd, bytes) => {
        if (!isDone) {
          isDone = true
          compacted()
        }
        return Disk.node.write(fd, bytes)
      }
    })
    assert.deepEqual(appending.bury(letter('4')), E.right(undefined))
    appending.close()
    assert.deepEqual(sequences(), ['4'])
  })

  it('keeps what an appender that knows no gate has written just before the rename', () => {
    fresh(THREE)
    done('1', '2', '3')
    const old = fs.openSync(file, 'a')
    const { rename } = Taking.onDisk
    compacted({
      ...Taking.onDisk,
      rename: (from, to) => {
        fs.writeSync(old, line('4'))
        rename(from, to)
      }
    })
    fs.closeSync(old)
    assert.deepEqual(sequences(), ['4'])
  })

  it('shuts the gate for appenders while the names change, and no longer', () => {
    fresh(THREE)
    done('1')
    const seen: Array<readonly [string, boolean]> = []
    const gate = LockFolder.gateOf(file)
    const look = (step: string): void => void seen.push([step, LockFolder.isHeld(gate)])
    const { link, rename, dropMarks } = Taking.onDisk
    compacted({
      ...Taking.onDisk,
      link: (from, to) => {
        look('link')
        link(from, to)
      },
      rename: (from, to) => {
        look('rename')
        rename(from, to)
      },
      dropMarks: (of) => {
        look('drop')
        dropMarks(of)
      }
    })
    assert.deepEqual(seen, [
      ['link', true],
      ['rename', true],
      ['drop', false]
    ])
  })

  it('refuses a file that has another name, and leaves it as it is', () => {
    fresh(THREE)
    done('1')
    fs.linkSync(file, path.join(room, 'another'))
    assert.deepEqual(
      Compact.compact(file),
      E.left(`${file} has another name (a hard link), which would keep the old letters`)
    )
    assert.equal(fs.readFileSync(file, 'utf8'), THREE)
    assert.deepEqual(sequences(), ['2', '3'])
  })
})

describe('the index', () => {
  it('counts the letters of one record once, shows the newest, and reports the place of what it cannot read', () => {
    fresh(
      [
        Codec.encode(letter('1', { reason: 'old' })),
        Codec.encode(letter('1', { reason: 'new', time: 1700000000001 })),
        Codec.encode(letter('1', { subSequenceNumber: 1 })),
        `\n${GARBAGE}`
      ].join('')
    )
    const { entries, unreadable } = Index.read(Taking.places(file))
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

  it('never makes one of letters whose data, keys or streams differ, with or without a stream', () => {
    const different: ReadonlyArray<Partial<DeadLetter>> = [
      {},
      { data: 'e31=' },
      { partitionKey: 'other' },
      { stream: 'a' },
      { stream: 'b' },
      { shardId: 'b' },
      { subSequenceNumber: 1 }
    ]
    fresh([...different, ...different].map((more) => Codec.encode(letter('1', more))).join(''))
    const { entries } = Index.read(Taking.places(file))
    assert.deepEqual(
      entries.map(({ number, letters }) => [number, letters]),
      different.map((_, i) => [i + 1, 2])
    )
  })

  it('gives back the letter of an entry, whatever stands around it', () => {
    const odd = letter('7', { reason: 'grün \u2028 \u001b[0m', data: 'x'.repeat(3_000_000) })
    fresh(line('1') + Codec.encode(odd) + line('9'))
    const entry = Index.read(Taking.places(file)).entries[1]
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
    const { entries } = Index.read(Taking.places(file))
    assert.equal(entries.length, 10_000)
    assert.equal(Buffer.byteLength(JSON.stringify(entries)) < fs.statSync(file).size / 10, true)
  })
})

describe('a choice', () => {
  const entries = (): ReadonlyArray<Index.Entry> => {
    fresh(
      line('10') +
        Codec.encode(letter('20', { shardId: 'b', reason: 'Not JSON' })) +
        Codec.encode(letter('20', { time: 1800000000000, stream: 'orders' }))
    )
    return Index.read(Taking.places(file)).entries
  }
  const numbers = (choice: Partial<Choice.Choice>) =>
    pipe(
      Choice.choose(entries(), { ...Choice.all, ...choice }),
      E.map((found) => found.map(({ number }) => number))
    )

  it('is by number, range, position, shard, reason or time', () => {
    assert.deepEqual(numbers({}), E.right([1, 2, 3]))
    assert.deepEqual(numbers({ only: ['2-3'] }), E.right([2, 3]))
    assert.deepEqual(numbers({ only: ['10/0', '3'] }), E.right([1, 3]))
    assert.deepEqual(numbers({ shard: 'b' }), E.right([2]))
    assert.deepEqual(numbers({ stream: 'orders' }), E.right([3]))
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
      E.left(`20/0: shards b, ${SHARD} all have it; add --shard, or give its number`)
    )
  })
})
