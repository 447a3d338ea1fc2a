/** `kclts diff --write-test`: some records that differ, masked, as a test that fails with the old handler and passes with the new one. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../../core/Failure'
import type { Surroundings } from '../../edge/Surroundings'
import type { Fields } from '../../protocol/KinesisRecord'
import * as Position from '../../protocol/Position'
import type { Batch } from './Batch'
import type { Which } from './Comparison'
import * as Difference from './Difference'
import * as Mask from './Mask'
import * as Report from './Report'
import type * as Run from './Run'
import * as TestText from './TestText'
import type * as Version from './Version'

export interface Options {
  readonly count: number
  /** null: beside the new handler. */
  readonly file: string | null
  /** Gives the line that the user types; null: nobody is asked. */
  readonly ask: ((question: string) => Promise<string>) | null
}

interface Candidate {
  readonly batch: Batch
  readonly record: Fields
}

/** Candidates: the first record of each kind of difference, then others. */
export class Chosen {
  readonly #firsts = new Map<string, Candidate>()
  readonly #others: Array<Candidate> = []

  constructor(private readonly count: number) {}

  readonly add = (batch: Batch, record: Fields, differences: ReadonlyArray<Difference.Difference>): void => {
    if (this.#firsts.size >= this.count) return
    const kind = differences.map(Difference.groupOf).join('\n')
    if (!this.#firsts.has(kind)) this.#firsts.set(kind, { batch, record })
    else if (this.#others.length < this.count) this.#others.push({ batch, record })
  }

  readonly read = (): ReadonlyArray<Candidate> =>
    [...this.#firsts.values(), ...this.#others].slice(0, this.count)
}

// -- both handlers on one record --------------------------------------------------------------------------------------

interface Compared {
  /** Names of the differences. */
  readonly names: string
  readonly differences: ReadonlyArray<Difference.Difference>
  readonly expected: string
  /** The record as the module of the new handler masks it; null: its mask failed. */
  readonly own: Fields | null
}

/** null: a test could not show the difference, or would not always pass. */
const compared = async (threads: Run.Pair, { batch, record }: Candidate): Promise<Compared | null> => {
  const { shardId } = record
  const one: Batch = { ...batch, shardId, records: [record], aged: ['fresh'] }
  const run = (which: Which, pass: 'first' | 'again'): ReturnType<Run.Pair[Which]['run']> =>
    threads[which].run({ batches: [one], pass, isShown: true })
  const [before, after, again] = [
    await run('old', 'first'),
    await run('new', 'first'),
    await run('new', 'again')
  ]
  if (E.isLeft(before) || E.isLeft(after) || E.isLeft(again)) return null
  const shown = [before, after, again].map(({ right }) => right.shown[0]?.[0] ?? null)
  const [was, is, still] = shown
  const [a, b] = [before.right.outcomes[0]?.[0], after.right.outcomes[0]?.[0]]
  if (
    was === null ||
    typeof is !== 'string' ||
    was === is ||
    is !== still ||
    a === undefined ||
    b === undefined
  )
    return null
  const differences = Difference.between(a, b)
  return {
    names: differences.map(Difference.nameOf).join('\n'),
    differences,
    expected: is,
    own: after.right.masked[0]?.[0] ?? null
  }
}

/** The mask of the module comes first: what it takes out is never written, whatever the difference needs. */
const caseOf = async (threads: Run.Pair, candidate: Candidate): Promise<TestText.Case | null> => {
  const recorded = await compared(threads, candidate)
  const own = recorded?.own ?? null
  const whole = own === null ? null : await compared(threads, { ...candidate, record: own })
  if (own === null || whole === null) return null
  const { record, kept } = await Mask.mask(
    own,
    TestText.NOWHERE,
    async (masked) => (await compared(threads, { ...candidate, record: masked }))?.names === whole.names
  )
  const masked = await compared(threads, { ...candidate, record })
  return masked === null ? null : { record, kept, expected: masked.expected, differences: masked.differences }
}

// -- the file ---------------------------------------------------------------------------------------------------------

const fileOf = ({ file }: Options, handler: string, cwd: string): string => {
  if (file !== null) return path.resolve(cwd, file)
  const { dir, name, ext } = path.parse(handler)
  return path.join(dir, `${name}.diff.test${ext.endsWith('ts') ? '.ts' : '.mjs'}`)
}

const isEqual = (a: Fields, b: Fields): boolean =>
  a.base64 === b.base64 && a.partitionKey === b.partitionKey && Position.compare(a, b) === 0

const isYes = (answer: string): boolean => /^y(es)?$/i.test(answer.trim())

/** Right: a sentence about what was written. */
export const write = async (
  options: Options,
  chosen: Chosen,
  versions: Readonly<Record<Which, Version.Version>>,
  threads: Run.Pair,
  around: Surroundings
): Promise<E.Either<string, string>> => {
  const { handler } = versions.new.loaded.config
  if (versions.new.name.startsWith('git:'))
    return E.left(
      '--write-test: the new handler is in no folder of yours; check it out, and give --new its folder'
    )
  const file = fileOf(options, handler, around.cwd)
  if (fs.existsSync(file)) return E.left(`--write-test: ${file} exists; name another file with --test-file`)
  const cases: Array<TestText.Case> = []
  for (const candidate of chosen.read()) {
    const one = await caseOf(threads, candidate)
    // Masked, several records may be one.
    if (one !== null && !cases.some((other) => isEqual(one.record, other.record))) cases.push(one)
  }
  if (cases.length === 0) return E.right('no test was written: no record differs in what the handler returns')
  const text = TestText.of({ cases, file, handler, exported: threads.new.ready.exported })
  if (options.ask !== null) {
    if (!around.isTerminal || around.stdin.isTTY !== true)
      return E.left('--write-test: there is no terminal on which to ask; --yes writes without asking')
    around.stderr.write(`\n${text}\n`)
    if (!isYes(await options.ask(`Write ${Report.counted(cases.length)} to ${file}? [y/N] `)))
      return E.right('no test was written')
  }
  return E.tryCatch(
    () => {
      fs.writeFileSync(file, text, { flag: 'wx' })
      return `${file} has tests of ${Report.counted(cases.length)}; read it before you commit it`
    },
    (thrown) => `--write-test: ${file} cannot be written: ${Failure.describe(thrown)}`
  )
}
