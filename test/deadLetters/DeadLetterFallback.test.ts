import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as DeadLetterCodec from '../../src/deadLetters/DeadLetterCodec'
import * as Failure from '../../src/core/Failure'
import * as Fallback from '../../src/deadLetters/DeadLetterFallback'
import * as OtherUser from '../system/process/OtherUser'
import { letter } from './letter'

const room = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-fallback-'))
after(() => fs.rmSync(room, { recursive: true }))

const failure = Failure.make('TooLarge', 'sink dead: too large')

const sinkThat =
  (isRefused: boolean): Fallback.BuryInSink =>
  () =>
    Promise.resolve(E.left({ isRefused, failure }))

/** What came of one letter: the end, the lines of the file, and the warnings. */
const buried = async (file: string, sink: Fallback.BuryInSink) => {
  const warnings: Array<string> = []
  const { bury, close } = Fallback.make(sink, file, (warning) => {
    // The disk that the test runs on may be one of memory.
    if (warning.startsWith('the dead letter')) warnings.push(warning)
  })
  const end = await bury(letter)
  close()
  const isFile = fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true
  return { end, lines: isFile ? fs.readFileSync(file, 'utf8') : null, warnings }
}

describe('a letter for a sink', () => {
  it('that takes it is in no file', async () => {
    const file = path.join(room, 'taken.ndjson')
    assert.deepEqual(await buried(file, () => Promise.resolve(E.right(undefined))), {
      end: E.right(undefined),
      lines: null,
      warnings: []
    })
  })

  it('that refuses it is in the file beside it, and halts nothing', async () => {
    const file = path.join(room, 'new', 'refused.ndjson')
    assert.deepEqual(await buried(file, sinkThat(true)), {
      end: E.right(undefined),
      lines: DeadLetterCodec.encode(letter),
      warnings: [
        `the dead letter of shard-1 at 7/0 is in ${file}, since its sink refuses it: TooLarge: sink dead: too large`
      ]
    })
  })

  it('that is out of order is in no file: the worker halts', async () => {
    const file = path.join(room, 'outage.ndjson')
    assert.deepEqual(await buried(file, sinkThat(false)), { end: E.left(failure), lines: null, warnings: [] })
  })

  it('that refuses it, with no place for the file, says both', async () => {
    const file = path.join(room, 'folder')
    fs.mkdirSync(file)
    const { end } = await buried(file, sinkThat(true))
    assert.ok(E.isLeft(end))
    assert.match(
      end.left.message,
      /^sink dead: too large; nor can the letter be written to .*folder \(failure\.fallback\): /
    )
  })
})

describe('a place for letters', () => {
  it('is one where a file is, or could be made', () => {
    assert.equal(Fallback.problemOf(path.join(room, 'not', 'yet', 'there.ndjson')), null)
    assert.match(Fallback.problemOf(room) ?? '', / is a folder, and dead letters need a regular file$/)
    assert.equal(fs.existsSync(path.join(room, 'not')), false)
  })

  it('is refused in a folder that this user may not write to', { skip: OtherUser.unprivileged.skip }, () => {
    const locked = path.join(room, 'locked')
    fs.mkdirSync(locked, { mode: 0o555 })
    fs.chmodSync(room, 0o755)
    const module = JSON.stringify(path.join(__dirname, '../../src/deadLetters/DeadLetterFallback.js'))
    const code = `console.log(require(${module}).problemOf(${JSON.stringify(path.join(locked, 'letters.ndjson'))}))`
    const { stdout } = spawnSync(process.execPath, ['-e', code], {
      encoding: 'utf8',
      ...OtherUser.unprivileged.as
    })
    assert.match(stdout, /^EACCES: permission denied/)
  })
})
