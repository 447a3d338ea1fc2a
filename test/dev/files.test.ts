/** What the local daemon reads and keeps: input files, stdin, the state file and its lock. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { PassThrough } from 'node:stream'
import { once } from 'node:events'
import { after, before, beforeEach, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import * as FileSource from '../../src/dev/FileSource'
import * as Shard from '../../src/dev/Shard'
import * as Source from '../../src/dev/Source'
import * as Spool from '../../src/dev/Spool'
import * as StateFile from '../../src/dev/StateFile'
import * as Stream from '../../src/dev/Stream'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-files-'))
const file = path.join(folder, 'file')
after(() => fs.rmSync(folder, { recursive: true }))
beforeEach(() => {
  fs.rmSync(file, { force: true })
})

const texts = ({ lines }: Source.Piece): ReadonlyArray<string> => lines.map((line) => line.toString())

describe('a file', () => {
  it('gives the same pieces whatever the limits, and a last line without a newline', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string().map((text) => text.replace(/\n/g, '')),
          { maxLength: 30 }
        ),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        (lines, count, bytes, isEnded) => {
          fs.writeFileSync(file, lines.join('\n') + (isEnded && lines.length > 0 ? '\n' : ''))
          const source = FileSource.make(fs.openSync(file, 'r'), () => true)
          const found: Array<string> = []
          for (let at = Source.start, isEnd = false; !isEnd;) {
            const piece = source.read(at, { lines: count, bytes })
            found.push(...texts(piece))
            ;({ next: at, isEnd } = piece)
          }
          source.close()
          const expected = isEnded || lines.at(-1) !== '' ? lines : lines.slice(0, -1)
          assert.deepEqual(found, expected)
        }
      )
    )
  })

  it('that grows has no last line until its newline is there', () => {
    fs.writeFileSync(file, 'one\ntw')
    const source = FileSource.make(fs.openSync(file, 'r'), () => false)
    const limits = { lines: 10, bytes: 100 }
    const first = source.read(Source.start, limits)
    assert.deepEqual([texts(first), first.isEnd], [['one'], false])
    fs.appendFileSync(file, 'o\n')
    assert.deepEqual(texts(source.read(first.next, limits)), ['two'])
    source.close()
  })

  it('may have lines longer than a piece and than a block', () => {
    const long = 'x'.repeat(3 << 20)
    fs.writeFileSync(file, `${long}\nshort\n`)
    const source = FileSource.make(fs.openSync(file, 'r'), () => true)
    const piece = source.read(Source.start, { lines: 10, bytes: 100 })
    assert.deepEqual(
      [piece.lines.length, piece.lines[0]?.length, piece.next],
      [1, long.length, { line: 1, offset: long.length + 1 }]
    )
    source.close()
  })
})

describe('the stream', () => {
  it('gives the same records from any place, however it is cut and grows', () => {
    const line = (n: number): string => `{"partitionKey":"k${n % 7}","data":${n}}\n`
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat({ max: 60 }),
        (chunk, limit, from) => {
          fs.writeFileSync(file, Array.from({ length: 40 }, (_, i) => line(i + 1)).join(''))
          let isComplete = false
          const shards = Shard.make(2, null)
          const source = FileSource.make(fs.openSync(file, 'r'), () => isComplete)
          const stream = Stream.make({
            source,
            from: Source.start,
            shards,
            key: null,
            lines: chunk,
            wall: () => 0,
            onUnreadable: () => assert.fail()
          })
          const found: Array<number> = []
          for (const shard of shards) {
            let at = from
            for (;;) {
              const fetched = stream.fetch(shard, at, limit)
              found.push(...fetched.lines)
              at = fetched.line
              if (fetched.isEnd) break
              if (fetched.isIdle && !isComplete) {
                fs.appendFileSync(file, Array.from({ length: 20 }, (_, i) => line(i + 41)).join(''))
                isComplete = true
              }
            }
          }
          source.close()
          assert.deepEqual(
            found.sort((a, b) => a - b),
            Array.from({ length: 60 - from }, (_, i) => from + i + 1)
          )
        }
      )
    )
  })

  it('reports a line that is no record once, by its number, though it is read again', () => {
    const lines = ['{"partitionKey":1}', '', 'ok\r']
    fs.writeFileSync(file, lines.join('\n'))
    const told: Array<readonly [number, string]> = []
    const shards = Shard.make(1, null)
    const source = FileSource.make(fs.openSync(file, 'r'), () => true)
    const stream = Stream.make({
      source,
      from: Source.start,
      shards,
      key: null,
      lines: 1,
      wall: () => 0,
      onUnreadable: (...what) => told.push(what)
    })
    const read = (): ReadonlyArray<string> => {
      const found: Array<string> = []
      for (let at = 0, isEnd = false; !isEnd;) {
        const fetched = stream.fetch(shards[0] ?? assert.fail(), at, 1)
        found.push(...fetched.records.map(({ data }) => Buffer.from(data).toString()))
        ;({ line: at, isEnd } = fetched)
      }
      return found
    }
    assert.deepEqual([read(), read()], [['ok'], ['ok']])
    assert.deepEqual(told, [[1, 'partitionKey: expected text of 1 to 256 characters, found 1']])
    source.close()
  })
})

describe('stdin', () => {
  it('can be read again from any place, and leaves no file behind', async () => {
    const input = new PassThrough()
    const source = Spool.make(input, () => assert.fail())
    const ended = once(input, 'end')
    input.end('one\ntwo\n')
    await ended
    const limits = { lines: 10, bytes: 100 }
    assert.deepEqual(
      [1, 2].map(() => texts(source.read(Source.start, limits))),
      [
        ['one', 'two'],
        ['one', 'two']
      ]
    )
    source.close()
  })
})

describe('the state file', () => {
  const state = path.join(folder, 'deep/state.json')
  const position = {
    sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
    subSequenceNumber: 2
  }
  before(() => fs.mkdirSync(path.dirname(state)))
  beforeEach(() => fs.rmSync(state, { force: true }))

  const open = (isFresh = false): StateFile.StateFile => {
    const opened = StateFile.open(state, isFresh)
    if (E.isLeft(opened)) return assert.fail(opened.left)
    const { found, begin } = opened.right
    const begun = begin({ stream: 'a', shards: found?.state.shards ?? {}, inputOf: () => null })
    return E.isRight(begun) ? begun.right : assert.fail(begun.left)
  }
  const problem = (): string => {
    const opened = StateFile.open(state, false)
    return E.isLeft(opened) ? opened.left.replaceAll(folder, '') : assert.fail('it was opened')
  }

  it('keeps positions for the next run', () => {
    const first = open()
    assert.deepEqual(first.stored('s'), null)
    first.store('s', position)
    first.store('t', 'SHARD_END')
    first.close()
    const second = open()
    assert.deepEqual([second.stored('s'), second.stored('t')], [position, 'SHARD_END'])
    second.close()
    const fresh = open(true)
    assert.deepEqual(fresh.stored('s'), null)
    fresh.close()
    assert.deepEqual(fs.readdirSync(path.dirname(state)), ['state.json'])
  })

  const damages: ReadonlyArray<readonly [string, string]> = [
    ['{"ver', 'not JSON: '],
    ['', 'not JSON: '],
    ['{"version":3,"stream":"a","shards":{}}', 'version: expected 1 or 2, found 3'],
    [
      '{"version":1,"stream":"a","shards":{"s":{"sequenceNumber":"x","subSequenceNumber":0}}}',
      'shards.s: expected null or "SHARD_END", found {"sequenceNumber":"x","subSequenceNumber":0}; shards.s.sequenceNumber: expected a sequence number of decimal digits, found "x"'
    ]
  ]
  for (const [text, reason] of damages)
    it(`that is damaged is reported and left as it is: ${text}`, () => {
      fs.writeFileSync(state, text)
      const told = problem()
      assert.equal(told.startsWith(`the state file /deep/state.json is damaged: ${reason}`), true, told)
      assert.match(told, /use --fresh to start from the beginning, or --state to name another file$/)
      assert.equal(fs.readFileSync(state, 'utf8'), text)
    })

  it('is locked by a living process, and taken over from a dead one', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    fs.writeFileSync(`${state}.lock`, `${os.hostname()} ${other.pid}\n`)
    assert.equal(
      problem(),
      `the state file /deep/state.json is locked: process ${other.pid} is using it; if not, delete /deep/state.json.lock`
    )
    const exited = once(other, 'exit')
    other.kill('SIGKILL')
    await exited
    open().close()
    assert.equal(fs.existsSync(`${state}.lock`), false)
  })

  it('is not taken from a process of another machine, and is from one that left no name', () => {
    fs.writeFileSync(`${state}.lock`, 'elsewhere 17\n')
    assert.match(problem(), /process 17 on elsewhere is using it/)
    fs.writeFileSync(`${state}.lock`, '')
    open().close()
  })

  it('that a symbolic link names stays where it is, and has one lock whatever it is called', () => {
    const link = path.join(folder, 'link.json')
    fs.symlinkSync('deep/state.json', link)
    const opened = StateFile.open(link, false)
    if (E.isLeft(opened)) return assert.fail(opened.left)
    assert.match(problem(), /^the state file \/deep\/state\.json is locked: /)
    opened.right.begin({ stream: 'a', shards: { s: position }, inputOf: () => null })
    opened.right.close()
    assert.deepEqual([fs.lstatSync(link).isSymbolicLink(), open().stored('s')], [true, position])
  })

  it('in a place that cannot be written is found at start', () => {
    fs.writeFileSync(file, '')
    const opened = StateFile.open(path.join(file, 'state.json'), false)
    assert.equal(E.isLeft(opened) && opened.left.includes('cannot be made'), true)
  })
})
