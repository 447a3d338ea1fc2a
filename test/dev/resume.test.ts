/** State belongs to an input's identity: what a second run reads of the same file, of a changed one, of another one. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { PassThrough } from 'node:stream'
import { after, beforeEach, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import fc from 'fast-check'
import * as devState from '../../src/dev/Positions'
import * as Input from '../../src/dev/Input'
import * as Chance from '../../src/dev/Chance'
import { clock as real } from '../../src/run/Turn'
import * as SequenceNumber from '../../src/dev/SequenceNumber'
import * as Shard from '../../src/dev/Shard'
import * as Stream from '../../src/dev/Stream'

const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-resume-')))
const at = (name: string): string => path.join(folder, name)
const file = at('in.ndjson')
/** What a test that failed has left open: a followed file would be polled for ever. */
const open = new Set<() => void>()
after(() => {
  for (const close of open) close()
  fs.rmSync(folder, { recursive: true })
})
beforeEach(() => {
  for (const close of open) close()
  open.clear()
  fs.rmSync(folder, { recursive: true })
  fs.mkdirSync(folder)
})

interface Choice extends Partial<devState.Options> {
  readonly file?: string | null
  readonly generate?: number
  readonly seed?: number
  readonly follow?: boolean
  readonly stdin?: string
  /** What happens after the input was opened and before it is compared and read. */
  readonly meanwhile?: () => void
}

interface Run {
  /** The data of the records that were read, each shard's in its order. */
  readonly got: ReadonlyArray<string>
  /** What the user is told, without the time and the folder. */
  readonly told: ReadonlyArray<string>
  readonly problem: string | null
  readonly stateFile: string | null
}

const plain = (text: string): string =>
  text.replaceAll(`${folder}/`, '').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'TIME')

/** A run of `kclts dev` that is stopped once it has read so many records of each shard, or all that there is. */
const begin = async (choice: Choice = {}, clock = real) => {
  const told: Array<string> = []
  const onNotice = (notice: string): void => void told.push(plain(notice))
  const options = { shards: 1, splitAfter: null, key: null, state: null, fresh: false, ...choice }
  const stdin = new PassThrough()
  const ended = choice.file === null && choice.generate === undefined ? once(stdin, 'end') : null
  stdin.end(choice.stdin ?? '')
  const seed = choice.seed ?? 1
  const input = Input.open(
    {
      file: choice.file === undefined ? 'in.ndjson' : choice.file,
      generate: choice.generate ?? null,
      seed,
      follow: choice.follow ?? false,
      isKept: true
    },
    { cwd: folder, env: {}, stdin: stdin as never, clock, onNotice, onProblem: onNotice },
    Chance.make(seed)
  )
  if (E.isLeft(input)) return assert.fail(input.left)
  choice.meanwhile?.()
  const shards = Shard.make(options.shards, options.splitAfter)
  const begun = await devState.begin(options, {
    cwd: folder,
    env: {},
    clock,
    input: input.right,
    shards,
    onNotice
  })
  if (E.isLeft(begun)) return E.left(plain(begun.left))
  const { source, from, state, notice, stateFile, identity } = begun.right
  if (notice !== null) onNotice(notice)
  const stream = Stream.make({
    source,
    from,
    shards,
    key: null,
    lines: 7,
    wall: () => 0,
    onUnreadable: () => assert.fail('unreadable')
  })
  await ended
  const lines = new Map<string, number>()
  /** Reads on, at most so many records of each shard, and checkpoints them. */
  const read = (limit = Infinity): ReadonlyArray<string> => {
    const got: Array<string> = []
    for (const shard of shards) {
      const stored = state.stored(shard.id)
      let line =
        lines.get(shard.id) ??
        (stored === null || stored === 'SHARD_END' ? 0 : SequenceNumber.lineOf(stored.sequenceNumber))
      for (let left = limit; left > 0;) {
        const fetched = stream.fetch(shard, line, Math.min(left, 5))
        got.push(...fetched.records.map(({ data }) => Buffer.from(data).toString()))
        left -= fetched.records.length
        ;({ line } = fetched)
        const last = fetched.lines.at(-1)
        if (last !== undefined) {
          line = left > 0 ? line : last
          const saved = state.store(shard.id, {
            sequenceNumber: SequenceNumber.ofLine(last),
            subSequenceNumber: 0
          })
          if (E.isLeft(saved)) assert.fail(saved.left)
        }
        if (fetched.isEnd || fetched.isIdle) break
      }
      lines.set(shard.id, line)
    }
    return got
  }
  const close = (): void => {
    open.delete(close)
    source.close()
    state.close()
  }
  open.add(close)
  return E.right({
    read,
    close,
    told,
    source,
    identity,
    stateFile: stateFile === null ? null : plain(stateFile)
  })
}

const opened = async (choice: Choice = {}) => {
  const begun = await begin(choice)
  return E.isLeft(begun) ? assert.fail(begun.left) : begun.right
}

const run = async (choice: Choice = {}, limit = Infinity): Promise<Run> => {
  const { read, close, told, source, stateFile } = await opened(choice)
  const got = read(limit)
  const problem = source.problem()
  close()
  return { got, told, problem, stateFile }
}

const write = (text: string | Buffer, name = 'in.ndjson'): void => fs.writeFileSync(at(name), text)
const gotAndTold = async (
  choice: Choice = {}
): Promise<readonly [ReadonlyArray<string>, ReadonlyArray<string>]> => {
  const { got, told } = await run(choice)
  return [got, told]
}

const goesOn = (line: number, name = 'in.ndjson'): string =>
  `continuing after line ${line} of ${name}, where the previous run ended (TIME); --fresh starts from the beginning`
const isOther = (why: string, name = 'in.ndjson'): string =>
  `${name} is not what the previous run read (until TIME): ${why}. It is read from the beginning, and the positions of that run are forgotten`

describe('a second run', () => {
  it('of the same file goes on where the first one ended, and says so', async () => {
    write('1\n2\n3\n')
    assert.deepEqual((await run({}, 2)).got, ['1', '2'])
    assert.deepEqual(await gotAndTold(), [['3'], [goesOn(2)]])
    fs.appendFileSync(file, '4\n')
    assert.deepEqual(await gotAndTold(), [['4'], [goesOn(3)]])
    assert.deepEqual(await gotAndTold({ fresh: true }), [['1', '2', '3', '4'], []])
  })

  it('of a pipe reads all of it: the lines of the first one were others (the first lines were skipped)', async () => {
    const first = await run({ file: null, stdin: 'a\nb\n' })
    const second = await run({ file: null, stdin: 'c\nd\ne\n' })
    assert.deepEqual([first.got, second.got, second.told], [['a', 'b'], ['c', 'd', 'e'], []])
    assert.deepEqual([first.stateFile, fs.existsSync(at('.kclts'))], [null, false])
  })

  it('of a pipe goes on with --state, if the same lines come again, and reads all of other ones', async () => {
    const state = 's.json'
    await run({ file: null, stdin: 'a\nb\n', state })
    assert.deepEqual(await gotAndTold({ file: null, stdin: 'a\nb\nc\n', state }), [
      ['c'],
      [goesOn(2, 'stdin')]
    ])
    assert.deepEqual(await gotAndTold({ file: null, stdin: 'x\ny\nz\n', state }), [
      ['x', 'y', 'z'],
      [isOther('its first 3 lines have changed', 'stdin')]
    ])
  })

  const changes: ReadonlyArray<readonly [string, string, ReadonlyArray<string>, string]> = [
    ['other lines', '7\n8\n9\n', ['7', '8', '9'], 'its first 3 lines have changed'],
    ['another beginning', '0\n2\n3\n4\n', ['0', '2', '3', '4'], 'its first 3 lines have changed'],
    ['fewer lines', '1\n2\n', ['1', '2'], 'it has 2 lines, and that run had read 3'],
    ['no lines', '', [], 'it has 0 lines, and that run had read 3'],
    ['a line more in front', '0\n1\n2\n3\n', ['0', '1', '2', '3'], 'its first 3 lines have changed']
  ]
  for (const [what, text, got, why] of changes)
    for (const how of ['written', 'renamed'])
      it(`of a file that has ${what} by now (${how} there) reads it from its beginning, and says why`, async () => {
        write('1\n2\n3\n')
        await run()
        if (how === 'written') write(text)
        else {
          write(text, 'next')
          fs.renameSync(at('next'), file)
        }
        assert.deepEqual(await gotAndTold(), [got, [isOther(why)]])
        const again = await gotAndTold()
        assert.deepEqual(again, [[], got.length === 0 ? [] : [goesOn(got.length)]])
      })

  it('of the same lines in another inode, or with another kind of newline, goes on', async () => {
    write('1\n2\n3\n')
    await run()
    write('1\r\n2\r\n3\r\n4\r\n', 'next')
    fs.renameSync(at('next'), file)
    assert.deepEqual(await gotAndTold(), [['4'], [goesOn(3)]])
  })

  it('of a file whose unread lines have changed reads them as they are', async () => {
    write('1\n2\n3\n')
    await run({}, 2)
    write('1\n2\nthree\nfour\n')
    assert.deepEqual(await gotAndTold(), [['three', 'four'], [goesOn(2)]])
  })

  it('reads a last line again that had no newline and has grown, and not one whose newline came', async () => {
    write('1\n2')
    assert.deepEqual((await run()).got, ['1', '2'])
    fs.appendFileSync(file, '\r\n3')
    assert.deepEqual(await gotAndTold(), [['3'], [goesOn(2)]])
    fs.appendFileSync(file, '33\n4\n')
    assert.deepEqual(await gotAndTold(), [
      ['333', '4'],
      [
        'continuing at line 3 of in.ndjson, where the previous run ended (TIME): the line has changed since, or had no newline, and is read again; --fresh starts from the beginning'
      ]
    ])
  })

  it('has the identity of the first one, for letters and idempotency keys, unless the lines are others', async () => {
    const identityOf = async (choice: Choice = {}): Promise<string> => {
      const { read, close, identity } = await opened(choice)
      read()
      close()
      return identity
    }
    write('1\n2\n')
    const first = await identityOf()
    fs.appendFileSync(file, '3\n')
    assert.deepEqual([first, await identityOf()], [`${file}, 1 shard`, first])
    write('4\n5\n6\n')
    const second = await identityOf()
    assert.notEqual(second, first)
    assert.equal(await identityOf(), second)
    const pipe = { file: null, stdin: '1\n' }
    assert.notEqual(await identityOf(pipe), await identityOf(pipe))
  })

  it('of an empty file has nothing to go on from', async () => {
    write('')
    assert.deepEqual(await gotAndTold(), [[], []])
    write('1\n')
    assert.deepEqual(await gotAndTold(), [['1'], []])
  })

  it('of a copy under another name is of another input; of a link to the file it is of the same', async () => {
    write('1\n2\n')
    await run()
    fs.copyFileSync(file, at('copy.ndjson'))
    fs.symlinkSync('in.ndjson', at('link.ndjson'))
    assert.deepEqual(await gotAndTold({ file: 'copy.ndjson' }), [['1', '2'], []])
    assert.deepEqual(await gotAndTold({ file: 'link.ndjson' }), [[], [goesOn(2, 'link.ndjson')]])
    write('8\n9\n', 'other.ndjson')
    fs.rmSync(at('link.ndjson'))
    fs.symlinkSync('other.ndjson', at('link.ndjson'))
    assert.deepEqual(await gotAndTold({ file: 'link.ndjson' }), [['8', '9'], []])
  })

  it('with one --state goes on with a file that has another name by now, and refuses one of other lines', async () => {
    const state = 's.json'
    write('1\n2\n')
    await run({ state })
    fs.renameSync(file, at('moved.ndjson'))
    fs.appendFileSync(at('moved.ndjson'), '3\n')
    assert.deepEqual(await gotAndTold({ state, file: 'moved.ndjson' }), [['3'], [goesOn(2, 'moved.ndjson')]])
    write('x\ny\nz\n', 'other.ndjson')
    assert.deepEqual(
      pipe(
        await begin({ state, file: 'other.ndjson' }),
        E.mapLeft((text) => text)
      ),
      E.left(
        'the state file s.json is of another stream (moved.ndjson, 1 shard; this one is other.ndjson, 1 shard); use --fresh to start from the beginning, or --state to name another file'
      )
    )
  })

  it('of made up records goes on when there are more, and begins anew when there are fewer or of another seed', async () => {
    const name = 'what is generated with seed 1'
    assert.equal((await run({ file: null, generate: 3 })).got.length, 3)
    const more = await run({ file: null, generate: 5 })
    assert.deepEqual([more.got.length, more.told], [2, [goesOn(3, name)]])
    const fewer = await run({ file: null, generate: 4 })
    assert.deepEqual(
      [fewer.got.length, fewer.told],
      [4, [isOther('it has 4 lines, and that run had read 5', name)]]
    )
    assert.equal((await run({ file: null, generate: 4, seed: 2 })).got.length, 4)
  })

  it('reads what was not consumed, and nothing twice, however the lines are spread, consumed and added', async () => {
    const line = fc.constantFrom('a', 'bb', '{"partitionKey":"k","data":1}', '', 'x\r')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(line, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat({ max: 4 }),
        async (additions, shards, limit) => {
          write('')
          const got: Array<string> = []
          let isFresh = true
          for (const lines of additions) {
            fs.appendFileSync(file, lines.map((text) => `${text}\n`).join(''))
            got.push(...(await run({ shards, fresh: isFresh }, limit)).got)
            isFresh = false
          }
          got.push(...(await run({ shards, fresh: isFresh })).got)
          const expected = additions
            .flat()
            .map((text) => (text.startsWith('{') ? '1' : text.replace('\r', '')))
            .filter((text) => text !== '')
          assert.deepEqual(got.sort(), expected.sort())
        }
      ),
      { numRuns: 40 }
    )
  })
})

describe('a file that changes while it is read', () => {
  it('is not taken for its end, nor read from the middle of a line', async () => {
    write(Array.from({ length: 100 }, (_, i) => `${i}\n`).join(''))
    for (const text of ['', 'x'.repeat(1000)]) {
      const { read, close, source } = await opened({ fresh: true })
      assert.equal(read(10).length, 10)
      write(text)
      read()
      assert.match(source.problem() ?? '', /^the input was truncated or rewritten while it was being read/)
      close()
      write(Array.from({ length: 100 }, (_, i) => `${i}\n`).join(''))
    }
  })
})

describe('an input that begins', () => {
  it('with a byte order mark has a first line without it', async () => {
    write('\ufeff{"partitionKey":"a","data":1}\r\n2\r\n')
    assert.deepEqual((await run()).got, ['1', '2'])
    assert.deepEqual((await run({ file: null, stdin: '\ufeff1\n' })).got, ['1'])
  })

  it('as compressed data or UTF-16 is refused, with what it is; a line of text that looks like it is not', async () => {
    write(Buffer.from([0x1f, 0x8b, 8, 0, 10, 1, 10]))
    const { got, problem } = await run()
    assert.deepEqual(
      [got, problem],
      [
        [],
        'in.ndjson begins as gzip data (1F 8B) does; expected lines of UTF-8 text: decompress or convert it first'
      ]
    )
    write(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('1\n2\n', 'utf16le')]))
    assert.match(
      (await run({ fresh: true })).problem ?? '',
      /^in\.ndjson begins as UTF-16 text with a byte order mark/
    )
    write('BZh\nPAR1\n')
    assert.deepEqual((await run({ fresh: true })).got, ['BZh', 'PAR1'])
  })
})

describe('a followed file', () => {
  const anew = (what: string): string => `in.ndjson ${what}: it is read from its beginning`
  const truncated = 'was truncated or rewritten'
  const replaced = 'was replaced by another file'

  const changes: ReadonlyArray<readonly [string, () => void, ReadonlyArray<string>, ReadonlyArray<string>]> =
    [
      ['grows', () => fs.appendFileSync(file, '3\n'), ['3'], []],
      ['is truncated', () => write('7\n'), ['7'], [anew(truncated)]],
      ['is truncated and longer at once', () => write('70\n80\n90\n'), ['70', '80', '90'], [anew(truncated)]],
      ['is truncated to its own size', () => write('7\n8\n'), ['7', '8'], [anew(truncated)]],
      [
        'is rotated',
        () => {
          fs.appendFileSync(file, '3\n')
          fs.renameSync(file, at('in.ndjson.1'))
          write('7\n8\n9\n0\n')
        },
        ['3', '7', '8', '9', '0'],
        [anew(replaced)]
      ],
      [
        'is saved by an editor with a line more',
        () => {
          write('1\n2\n3\n', 'next')
          fs.renameSync(at('next'), file)
        },
        ['3'],
        []
      ],
      ['is removed', () => fs.rmSync(file), [], []]
    ]
  for (const [what, change, got, told] of changes)
    it(`that ${what} loses no line and splits none`, async () => {
      write('1\n2\n')
      const following = await opened({ follow: true })
      assert.deepEqual(following.read(), ['1', '2'])
      change()
      assert.deepEqual([following.read(), following.told], [got, told])
      following.close()
      if (!fs.existsSync(file)) return
      fs.appendFileSync(file, 'last\n')
      const after = await run({ follow: true })
      assert.deepEqual(after.got, ['last'])
      assert.match(after.told[0] ?? '', /^continuing after line /)
    })

  it('that is rotated while a run of it begins loses no line of either file', async () => {
    write('1\n2\n')
    await run({ follow: true })
    const following = await opened({
      follow: true,
      meanwhile: () => {
        fs.appendFileSync(file, '3\n')
        fs.renameSync(file, at('in.ndjson.1'))
        write('7\n8\n')
      }
    })
    assert.deepEqual(
      [following.read(), following.told],
      [
        ['3', '7', '8'],
        [anew(replaced), goesOn(2)]
      ]
    )
    following.close()
  })

  it('whose last line is cut by a truncation keeps it apart from the next content', async () => {
    write('1\n22')
    const following = await opened({ follow: true })
    assert.deepEqual(following.read(), ['1'])
    write('3\n')
    assert.deepEqual(
      [following.read(), following.told],
      [['22', '3'], [`${anew(truncated)}; the last line before that had no newline and counts as it is`]]
    )
    following.close()
  })

  it('can be read again after it was truncated: what was not checkpointed comes again', async () => {
    write('1\n2\n')
    const following = await opened({ follow: true })
    const { read } = following.source
    const first = read({ line: 0, offset: 0 }, { lines: 9, bytes: 99 })
    write('')
    read(first.next, { lines: 9, bytes: 99 })
    assert.deepEqual(read({ line: 0, offset: 0 }, { lines: 9, bytes: 99 }).lines.map(String), ['1', '2'])
    following.close()
  })

  it('that was truncated is refused by kclts 0.1, which counts lines from its beginning', async () => {
    write('1\n2\n')
    const following = await opened({ follow: true })
    following.read()
    write('3\n')
    following.read()
    following.close()
    const [name = ''] = fs.readdirSync(at('.kclts')).filter((one) => one.endsWith('.json'))
    const { version, input } = JSON.parse(fs.readFileSync(at(`.kclts/${name}`), 'utf8')) as {
      readonly version: number
      readonly input: { readonly first: number; readonly line: number }
    }
    assert.deepEqual([version, input.first, input.line], [2, 2, 3])
  })

  it('that a run without --follow has read to a line without a newline reads the line whole', async () => {
    write('1\n2')
    assert.deepEqual((await run()).got, ['1', '2'])
    const following = await opened({ follow: true })
    assert.deepEqual(following.read(), [])
    fs.appendFileSync(file, '2\n')
    assert.deepEqual(following.read(), ['22'])
    following.close()
  })
})
