/** Two handlers as text, and records for them: what `kclts diff` finds, without a recording. */
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as ConfigSearch from '../../../src/config/ConfigSearch'
import { fieldsOf, type Batch } from '../../../src/lab/diff/Batch'
import type { Summary } from '../../../src/lab/diff/Comparison'
import * as Calls from '../../../src/lab/diff/Calls'
import * as Run from '../../../src/lab/diff/Run'
import * as Stage from '../../../src/lab/diff/Stage'
import * as Thread from '../../../src/lab/diff/Thread'
import * as Records from '../../../src/testing/Records'

/** A folder of the test, which it removes. */
export const folder = (): string => fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-lab-')))

export const write = (at: string, name: string, text: string): string => {
  const file = path.join(at, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
  return file
}

export const batchOf = (list: ReadonlyArray<Records.Options>, more: Partial<Batch> = {}): Batch => ({
  shardId: Records.SHARD,
  millisBehindLatest: 0,
  wall: Records.ARRIVAL + 60_000,
  maxAge: null,
  records: Records.records(list).map(fieldsOf),
  aged: list.map(() => 'fresh'),
  ...more
})

export interface Given {
  readonly old: string
  readonly new: string
  readonly config?: string
  readonly batches: ReadonlyArray<Batch>
  readonly allow?: ReadonlyArray<string>
  readonly effects?: boolean
  /** How the handlers are opened; in this thread by default. */
  readonly open?: Opening
}

export const loaded = (file: string, at: string): ConfigSearch.Loaded => {
  const read = ConfigSearch.load({
    cwd: at,
    env: {},
    file: null,
    flags: { handler: file },
    handlerRequired: true
  })
  if (E.isLeft(read)) throw new Error(read.left.map(ConfigSearch.show).join('\n'))
  return read.right
}

/** A handler in this thread: a thread of its own costs more than the comparison. */
export const here = async (
  file: string,
  at: string,
  effects: boolean
): Promise<E.Either<string, Thread.Thread>> => {
  const held = await Stage.open({ loaded: loaded(file, at), effects, cell: Calls.cell() })()
  if (E.isLeft(held)) return E.left(held.left.problems.join('\n'))
  const { value, release } = held.right
  return E.right({
    ready: Stage.ready(value),
    run: async (order) => E.right(await Stage.obey(value, order)),
    close: async () => void (await release())
  })
}

/** In a thread of its own, as the command runs it. */
export const apart =
  (patience: number): Opening =>
  async (file, at, effects) => {
    const thread = await Thread.open({ loaded: loaded(file, at), effects, patience })
    return E.isLeft(thread) ? E.left(thread.left.join('\n')) : thread
  }

type Opening = typeof here

/** What comes of both; Left: why nothing does. */
export const diff = async (given: Given): Promise<E.Either<string, Summary>> => {
  const { open = here, effects = false } = given
  const at = folder()
  try {
    write(at, 'package.json', '{}')
    write(at, 'kcl.config.yaml', given.config ?? '{}\n')
    const [before, after] = await Promise.all([
      open(write(at, 'old.js', given.old), at, effects),
      open(write(at, 'new.js', given.new), at, effects)
    ])
    if (E.isLeft(before) || E.isLeft(after)) {
      if (E.isRight(before)) await before.right.close()
      if (E.isRight(after)) await after.right.close()
      return E.left([before, after].flatMap((one) => (E.isLeft(one) ? [one.left] : [])).join('\n'))
    }
    const threads = { old: before.right, new: after.right }
    const summary = await Run.run(given.batches, threads, {
      allow: given.allow ?? [],
      itself: !effects,
      onProgress: () => undefined,
      onDifferent: () => undefined,
      isStopping: () => false
    })
    await Promise.all([before.right.close(), after.right.close()])
    return summary
  } finally {
    fs.rmSync(at, { recursive: true })
  }
}
