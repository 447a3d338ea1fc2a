/** `kclts check`: is the configuration right, does the handler load, and where does each setting come from? */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Idle from '../../config/Idle'
import * as Lint from '../../config/Lint'
import type { Problem } from '../../config/Lint'
import * as ConfigSearch from '../../config/ConfigSearch'
import * as Destinations from '../../edge/Destinations'
import * as Folders from '../../files/Folders'
import * as HandlerModule from '../../edge/HandlerModule'
import { watchLoad } from '../../edge/prepare'
import * as Startup from '../../edge/Startup'
import * as Managed from '../../run/Managed'
import * as Needs from '../../worker/Needs'
import * as Table from '../Table'

export interface Report {
  readonly text: string
  readonly code: 0 | 2
}

/** By these `kclts run` is meant: a child under a daemon of the user's own has no use for them. */
const OF_RUN = ['daemon.streamName', 'daemon.streamArn', 'daemon.applicationName']

/** What `kclts run` would refuse, and what it would miss on this machine. */
const needsOf = async (
  loaded: ConfigSearch.Loaded,
  env: ConfigSearch.Request['env'],
  withPorts: boolean
): Promise<Record<'summary' | 'wrong' | 'missing', ReadonlyArray<string>>> => {
  if (!loaded.origins.some(({ key }) => OF_RUN.includes(key))) return { summary: [], wrong: [], missing: [] }
  const { wrong, missing } = await Needs.of(loaded, env, Needs.dry)
  const listening = await Needs.listening(loaded.config, { withPorts })
  const letters = await Needs.letters(loaded, Needs.dry)
  return {
    summary: Needs.summary([...wrong, ...letters, ...Needs.files(loaded), ...listening.wrong]),
    wrong: [...wrong, ...listening.wrong].map(Needs.show(loaded)),
    missing: [...missing, ...listening.missing].map(Needs.show(loaded))
  }
}

/** A worker that cannot record goes on without, so that this is no reason to refuse it. */
const ofRecord = ({ record: { folder } }: ConfigSearch.Loaded['config']): ReadonlyArray<Problem> => {
  const obstacle = folder === null ? null : Folders.obstacle(folder)
  return obstacle === null
    ? []
    : [
        {
          key: 'record.folder',
          text: `nothing would be recorded, since it cannot be written to: ${obstacle}`
        }
      ]
}

/** Changes nothing on disk. What to print, and the exit code: 0 when `kclts run` or a child would start, 2 with every problem when it would not. */
export const check = async (
  request: ConfigSearch.Request,
  { withPorts }: { readonly withPorts: boolean } = { withPorts: false }
): Promise<Report> => {
  const loaded = ConfigSearch.load(request)
  if (E.isLeft(loaded)) return refused(loaded.left.map(ConfigSearch.show))
  const { config, file, origins } = loaded.right
  const unwatch = watchLoad()
  const module = await HandlerModule.load(config.handler, { isKept: false })
  unwatch()
  const isGiven = (key: string): boolean =>
    origins.some((origin) => origin.key === key && origin.from !== 'default')
  const warnings = [
    ...(loaded.right.doubts ?? []),
    ...[
      ...Lint.of(config),
      ...ofRecord(config),
      ...Lint.unset(config),
      ...Idle.of(config, isGiven, E.isRight(module) ? HandlerModule.kindOf(module.right) : 'unknown')
    ].map(({ key, text }) => ConfigSearch.showLater(loaded.right, key, text))
  ]
  const warn = (warning: string): void => void warnings.push(warning)
  const opened = await pipe(
    Managed.both(
      Managed.both(
        Startup.named(loaded.right, module, warn, Destinations.examine),
        Startup.streamNamed(loaded.right)
      ),
      Startup.tracing(loaded.right)
    ),
    Managed.use(([[{ destinations }]]) => Promise.resolve(destinations.advice), warn)
  )()
  const needs = await needsOf(loaded.right, Folders.placed(request.env, config.home), withPorts)
  warnings.push(...needs.missing)
  const problems = [...(E.isLeft(opened) ? opened.left.problems : []), ...needs.wrong]
  if (E.isRight(opened)) warnings.push(...opened.right)
  if (problems.length > 0) return refused(problems, needs.summary)
  const untyped = HandlerModule.untyped(config.handler)
  return {
    text: [
      `${[...Table.lines(origins, ({ key, shown, from }) => [key, shown, from])].join('\n')}\n`,
      ...warnings.map((warning) => `warning: ${warning}\n`),
      `The configuration ${file ?? 'without a file'} is right, and the handler loads.\n${untyped === null ? '' : `Note: ${untyped}.\n`}`
    ].join('\n'),
    code: 0
  }
}

export const refused = (problems: ReadonlyArray<string>, before: ReadonlyArray<string> = []): Report => ({
  text: [
    ...before.map((line) => `${line}\n`),
    ...problems.map((problem) => `${problem}\n`),
    `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}. kcl.config.example.yaml in the package shows every key.\n`
  ].join(''),
  code: 2
})
