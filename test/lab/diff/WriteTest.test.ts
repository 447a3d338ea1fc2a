import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import * as path from 'node:path'
import { it } from 'node:test'
import * as E from 'fp-ts/Either'
import * as Report from '../../../src/lab/diff/Report'
import * as Run from '../../../src/lab/diff/Run'
import * as WriteTest from '../../../src/lab/diff/WriteTest'
import * as Turn from '../../../src/run/Turn'
import * as testing from '../../../src/testing/index'
import { batchOf, folder, here, loaded, write } from './Given'

const handlerOf = (limit: number): string => `exports.handler = (record) => {
  const { name, total } = JSON.parse(record.data.toString())
  if (total > ${limit}) throw new Error('too much of ' + name)
  return { _tag: 'Ack', outputs: total > 3 ? [{ sink: 'orders', value: { total, name, limit: ${limit} } }] : [] }
}
exports.mask = (record) => ({ data: record.data.toString().replace(/Anna 7/, 'Seven') })
`

const BATCHES = [
  batchOf(
    Array.from({ length: 12 }, (_, total) => ({
      json: { name: `Anna ${total}`, total },
      partitionKey: 'anna'
    }))
  )
]

/** Runs the text with the handler in place of what it imports; gives the problems of its tests. */
const run = (text: string, handler: unknown): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const body = text.replace(/^import .*$/gm, '').replace(/^const handler = .*$/m, '')
  const test = (title: string, check: () => void): void => {
    try {
      check()
    } catch {
      problems.push(title)
    }
  }
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const call = new Function('test', 'deepStrictEqual', 'record', 'run', 'handler', body) as (
    ...given: ReadonlyArray<unknown>
  ) => void
  call(test, assert.deepStrictEqual, testing.record, testing.run, handler)
  return problems
}

it('records that differ become a masked test, which fails with the old handler and passes with the new one', async () => {
  const at = folder()
  write(at, 'package.json', '{}')
  const files = { old: write(at, 'old.js', handlerOf(10)), new: write(at, 'new.js', handlerOf(8)) }
  const [before, after] = [await here(files.old, at, false), await here(files.new, at, false)]
  assert.ok(E.isRight(before) && E.isRight(after))
  const threads = { old: before.right, new: after.right }
  const chosen = new WriteTest.Chosen(5)
  const summary = await Run.run(BATCHES, threads, {
    allow: [],
    itself: true,
    onProgress: () => undefined,
    onDifferent: chosen.add,
    isStopping: () => false
  })
  assert.ok(E.isRight(summary))
  assert.equal(Report.counted(summary.right.differing), '7 records')
  const versions = {
    old: { name: 'old.js', loaded: loaded(files.old, at) },
    new: { name: 'new.js', loaded: loaded(files.new, at) }
  }
  const asked: Array<string> = []
  const around = {
    cwd: at,
    env: {},
    stdin: Object.create(process.stdin, { isTTY: { value: true } }) as NodeJS.ReadStream,
    stdout: () => undefined,
    stderr: { write: () => true } as unknown as NodeJS.WritableStream,
    isTerminal: true,
    capture: () => () => undefined,
    onStop: () => () => undefined,
    onCrash: () => () => undefined,
    clock: Turn.clock
  }
  const written = (answer: string): ReturnType<typeof WriteTest.write> =>
    WriteTest.write(
      {
        count: 5,
        file: null,
        ask: (question) => {
          asked.push(question)
          return Promise.resolve(answer)
        }
      },
      chosen,
      versions,
      threads,
      around
    )
  const file = path.join(at, 'new.diff.test.mjs')
  assert.deepEqual(await written('n'), E.right('no test was written'))
  assert.ok(!fs.existsSync(file))
  assert.ok(E.isRight(await written('y')))
  assert.match(asked[0] ?? '', /^Write \d records to .*new\.diff\.test\.mjs\? \[y\/N\] $/)
  const text = fs.readFileSync(file, 'utf8')
  assert.match(text, /import \* as module from '\.\/new\.js'/)
  assert.doesNotMatch(text, /Anna|anna/)
  assert.match(text, /"name": "Xxxx 0"/)
  const handlers = [files.new, files.old].map(
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    (one) => (require(one) as { readonly handler: unknown }).handler
  )
  assert.deepEqual(run(text, handlers[0]), [])
  assert.equal(run(text, handlers[1]).length, text.match(/^test\(/gm)?.length)
  assert.match(JSON.stringify(await written('y')), /exists; name another file/)
  fs.rmSync(at, { recursive: true })
})
