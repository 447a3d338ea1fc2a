/** `kclts diff`: what a new handler would do differently with the records of a recording. */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Surroundings } from '../../edge/Surroundings'
import * as Failure from '../../core/Failure'
import * as Managed from '../../run/Managed'
import type { Which } from './Comparison'
import * as Json from './Json'
import * as Markdown from './Markdown'
import * as Recorded from './Recorded'
import * as Report from './Report'
import * as Run from './Run'
import * as Thread from './Thread'
import { ACTS } from './Stage'
import * as Version from './Version'
import * as WriteTest from './WriteTest'

/** 0: both do the same, as far as is asked. 1: they differ. 2: wrong usage, or nothing could be compared. */
export type Code = 0 | 1 | 2

export interface Options {
  readonly recording: string
  readonly old: string
  readonly new: string
  readonly config: string | null
  readonly build: string | null
  readonly allow: ReadonlyArray<string>
  readonly max: Report.Most
  readonly effects: boolean
  readonly json: boolean
  /** Where the Markdown is appended; null: nowhere. */
  readonly markdown: string | null
  /** null: no test is written. */
  readonly test: WriteTest.Options | null
}

/** How long the handler of a worker may be silent before its record counts as one that does not return. */
const PATIENCE_MS = 30_000

// -- opening ----------------------------------------------------------------------------------------------------------

interface Opened {
  readonly versions: Readonly<Record<Which, Version.Version>>
  readonly threads: Run.Pair
}

const thread = (
  which: Which,
  version: Version.Version,
  { effects }: Options
): Managed.Managed<Thread.Thread> =>
  Managed.make(
    async () =>
      pipe(
        await Thread.open({ loaded: version.loaded, effects, patience: PATIENCE_MS }),
        E.mapLeft((problems) =>
          Managed.refusal(problems.map((one) => (one === ACTS ? Run.acts(which) : `--${which}: ${one}`)))
        )
      ),
    Managed.within(10_000, 'the threads of handlers', ({ close }) => close())
  )

const opened = (options: Options, around: Surroundings): Managed.Managed<Opened> => {
  const request: Version.Request = {
    cwd: around.cwd,
    env: around.env,
    config: options.config,
    build: options.build,
    print: (text) => void around.stderr.write(text)
  }
  return pipe(
    Managed.both(Version.open(options.old, request), Version.open(options.new, request)),
    Managed.chain(([before, after]) =>
      pipe(
        Managed.both(thread('old', before, options), thread('new', after, options)),
        Managed.map(([one, other]) => ({
          versions: { old: before, new: after },
          threads: { old: one, new: other }
        }))
      )
    )
  )
}

// -- notes ------------------------------------------------------------------------------------------------------------

const EFFECTS =
  'the handlers may do more than decide, and each of them is called once for every record: what they write, send or ' +
  'change, they write, send and change now. Outputs are not delivered, failures are not tried again'

const notesOf = (options: Options, { threads }: Opened, isStopped: boolean): ReadonlyArray<string> => [
  ...(isStopped ? ['it was stopped before the end of the recording'] : []),
  ...(options.effects
    ? ['the handlers were not compared with themselves, since that would repeat their effects']
    : []),
  ...withoutSinks(threads)
]

/** A handler that stands alone is no mistake, but a worker would not start with it. */
const withoutSinks = (threads: Run.Pair): ReadonlyArray<string> => {
  const without = (['old', 'new'] as const).filter((which) => !threads[which].ready.hasSinks)
  if (without.length === 0) return []
  const whose = without.length === 2 ? 'either handler' : `the ${without[0]} handler`
  return [`there are no sinks in the configuration of ${whose}, so outputs to any name were taken`]
}

// -- the program ------------------------------------------------------------------------------------------------------

const isDrawn = ({ isTerminal }: Surroundings, { json }: Options): boolean => isTerminal && !json

const progress =
  (around: Surroundings, options: Options): ((records: number) => void) =>
  (records) => {
    if (isDrawn(around, options)) around.stderr.write(`\r${Report.counted(records)} compared`)
  }

const clear = (around: Surroundings, options: Options): void => {
  if (isDrawn(around, options)) around.stderr.write('\r\u001b[K')
}

const append = (file: string, text: string): E.Either<string, void> =>
  E.tryCatch(
    () => fs.appendFileSync(file, text),
    (thrown) => `--markdown: ${file} cannot be written: ${Failure.describe(thrown)}`
  )

const compare = async (
  recorded: Recorded.Recorded,
  options: Options,
  around: Surroundings,
  open: Opened
): Promise<E.Either<string, Code>> => {
  let isStopping = false
  const off = around.onStop(() => {
    isStopping = true
  })
  if (options.effects) around.stderr.write(`kclts diff: ${EFFECTS}.\n`)
  const chosen = new WriteTest.Chosen(options.test?.count ?? 0)
  const summary = await Run.run(recorded.batches(), open.threads, {
    allow: options.allow,
    itself: !options.effects,
    onProgress: progress(around, options),
    onDifferent: chosen.add,
    isStopping: () => isStopping
  })
  off()
  clear(around, options)
  if (E.isLeft(summary)) return summary
  const found: Report.Found = {
    summary: summary.right,
    facts: recorded.facts(),
    recording: options.recording,
    names: { old: open.versions.old.name, new: open.versions.new.name },
    notes: notesOf(options, open, isStopping),
    verdict: Report.verdictOf(summary.right, options.max, options.allow)
  }
  around.stdout(options.json ? `${JSON.stringify(Json.of(found))}\n` : Report.text(found))
  const written =
    options.markdown === null ? E.right(undefined) : append(options.markdown, Markdown.text(found))
  if (E.isLeft(written)) return written
  if (options.test !== null) {
    const test = await WriteTest.write(options.test, chosen, open.versions, open.threads, around)
    if (E.isLeft(test)) return test
    around.stderr.write(`kclts diff: ${test.right}\n`)
  }
  return E.right(found.verdict.isSame && !isStopping ? 0 : 1)
}

/** The report goes to stdout; progress, and what is wrong, to stderr. */
export const diff = async (options: Options, around: Surroundings): Promise<Code> => {
  const say = (problem: string): void => void around.stderr.write(`kclts diff: ${problem}\n`)
  const recorded = Recorded.open(options.recording)
  if (E.isLeft(recorded)) {
    say(recorded.left)
    return 2
  }
  const ended = await pipe(
    opened(options, around),
    Managed.use((open) => compare(recorded.right, options, around, open), say)
  )()
  if (E.isLeft(ended)) {
    ended.left.problems.forEach(say)
    return 2
  }
  if (E.isLeft(ended.right)) {
    say(ended.right.left)
    return 2
  }
  return ended.right.right
}
