/** `kclts plan`: what the checkpoint policies would have cost over a recording. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as ConfigSearch from '../../config/ConfigSearch'
import type { Screen } from '../../dev/Screen'
import * as Collector from '../../edge/Collector'
import type { Candidate } from '../../lab/plan/Candidate'
import * as Plan from '../../lab/plan/Plan'
import * as Reader from '../../lab/Reader'
import { html } from './html'
import { json } from './json'
import { text } from './text'
import type { View } from './View'

/** 0: shown. 2: wrong usage, or the recording cannot be read. */
export type Code = 0 | 2

export interface Options {
  readonly recording: string
  /** Files of the configuration, of which the section `checkpoint` is looked at. */
  readonly policies: ReadonlyArray<string>
  readonly sweep: ReadonlyArray<Candidate>
  readonly rate: number
  readonly most: number | null
  readonly json: boolean
  /** null: no page is written. */
  readonly page: string | null
}

/** The process as this command sees it. */
export interface Context {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly print: (text: string) => void
  /** To stderr. */
  readonly tell: (text: string) => void
  /** Where the progress is shown; null: nowhere. */
  readonly screen: Screen | null
  readonly signal: AbortSignal
}

/** A variable of the environment would be in place of what the file says. */
const withoutOurs = (env: Context['env']): Context['env'] =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('KCLTS_')))

const policyOf =
  ({ cwd, env }: Context) =>
  (file: string): E.Either<string, Candidate> =>
    pipe(
      ConfigSearch.load({ cwd, file, env: withoutOurs(env), flags: {}, handlerRequired: false }),
      E.bimap(
        (problems) => problems.map(ConfigSearch.show).join('\n'),
        ({ config: { checkpoint } }) => {
          const { interval, count, manual, onShutdown } = checkpoint
          return { name: path.basename(file), change: { interval, count, manual, onShutdown } }
        }
      )
    )

const candidates = (options: Options, around: Context): E.Either<string, ReadonlyArray<Candidate>> =>
  pipe(
    options.policies,
    E.traverseArray(policyOf(around)),
    E.map((policies) => [...policies, ...options.sweep]),
    E.filterOrElse(
      (all) => options.most === null || all.length > 0,
      () => '--replay-at-most chooses from the policies of --policy and --sweep; name some'
    )
  )

const sourceOf = (life: Reader.Life): Plan.Source => ({
  header: life.header,
  isWhole: life.isWhole,
  entries: () => Reader.entries(life)
})

/** null: it was stopped. */
const run = async (
  steps: ReturnType<typeof Plan.run>,
  { screen, signal }: Context
): Promise<Plan.Plan | null> => {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    screen?.progress({ done: step.value.records, total: null, text: 'read' })
    // Lets the signals in.
    await setImmediate()
    if (signal.aborted) return null
  }
}

const writePage = (file: string, view: View): E.Either<string, void> =>
  E.tryCatch(
    () => fs.writeFileSync(file, html(view)),
    (thrown) => `${file} cannot be written: ${E.toError(thrown).message}`
  )

/** Shows the plan; what is wrong goes to stderr. */
export const plan = async (options: Options, around: Context): Promise<Code> => {
  const fail = (problem: string): Code => {
    for (const line of problem.split('\n')) around.tell(`kclts plan: ${line}\n`)
    return 2
  }
  const chosen = candidates(options, around)
  if (E.isLeft(chosen)) return fail(chosen.left)
  const opened = Reader.open(path.resolve(around.cwd, options.recording))
  if (E.isLeft(opened)) return fail(opened.left)
  Collector.adaptToReading()
  const { lives, problems } = opened.right
  for (const problem of problems) around.tell(`kclts plan: ${problem}\n`)
  const made = await reading(() => run(Plan.run(lives.map(sourceOf), chosen.right), around), around)
  if (E.isLeft(made)) return fail(made.left)
  if (made.right === null) return 2
  const { recording, rate, most } = options
  const missing = [...problems, ...made.right.missing]
  const view: View = { recording, plan: Plan.lacking(made.right, missing), rate, most }
  if (options.page !== null) {
    const written = writePage(path.resolve(around.cwd, options.page), view)
    if (E.isLeft(written)) return fail(written.left)
  }
  around.print(options.json ? json(view) : text(view))
  return 0
}

/** A file may go while it is read. */
const reading = async (
  work: () => Promise<Plan.Plan | null>,
  { screen }: Context
): Promise<E.Either<string, Plan.Plan | null>> => {
  try {
    return E.right(await work())
  } catch (thrown) {
    return E.left(`the recording cannot be read: ${E.toError(thrown).message}`)
  } finally {
    screen?.close()
  }
}
