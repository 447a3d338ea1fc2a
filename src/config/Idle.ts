/** Keys that are given and do nothing, with this handler or beside what other keys say. */
import * as Config from './Config'
import * as KclVersion from './KclVersion'
import type { Problem } from './Lint'

/** What the handler seems to be; unknown: it could not be loaded. */
export type Kind = 'pure' | 'effect' | 'batch' | 'unknown'

interface Rule {
  readonly keys: ReadonlyArray<string>
  readonly isIdle: (config: Config.Config, kind: Kind, isGiven: (key: string) => boolean) => boolean
  readonly why: string
}

const rules: ReadonlyArray<Rule> = [
  {
    keys: ['concurrency', 'failure.retries', 'failure.backoff'],
    isIdle: (_, kind) => kind === 'pure',
    why: 'it does nothing with a pure handler, and this one seems to be pure: it is not async and takes no context'
  },
  {
    keys: ['filter.include'],
    isIdle: ({ filter }) => (filter.include ?? []).some((pattern) => /^\*+$/.test(pattern)),
    why: 'it does nothing, since a pattern of stars alone matches every key'
  },
  {
    keys: ['batch.count', 'batch.bytes', 'batch.linger'],
    isIdle: (_, kind) => kind === 'pure' || kind === 'effect',
    why: 'it does nothing with a handler of single records; it is for an export `batchHandler`'
  },
  {
    keys: ['callbackDeadline'],
    isIdle: (_, kind) => kind !== 'unknown',
    why: 'it does nothing here; it is for programs that use kclts/compat'
  },
  {
    keys: ['failure.backoff'],
    isIdle: ({ failure }, kind) => kind !== 'pure' && failure.retries === 0,
    why: 'it does nothing with failure.retries: 0'
  },
  {
    keys: ['failure.fallback'],
    isIdle: ({ failure }) => Config.sinkOf(failure.deadLetters) === null,
    why: 'it does nothing unless failure.deadLetters is sink:NAME'
  },
  {
    keys: ['checkpoint.shutdownDeadline'],
    isIdle: ({ checkpoint }) => !checkpoint.onShutdown,
    why: 'it does nothing with checkpoint.onShutdown: false'
  },
  {
    keys: ['status.hosts', 'status.stalled'],
    isIdle: ({ status }) => status.listen === null,
    why: 'it does nothing with status.listen: none'
  },
  {
    keys: ['record.data', 'record.sampling', 'record.size', 'record.age'],
    isIdle: ({ record }) => record.folder === null,
    why: 'it does nothing without record.folder'
  },
  {
    keys: ['record.folder'],
    isIdle: (_config, _kind, isGiven) => isGiven('callbackDeadline'),
    why: 'it does nothing for a program that uses kclts/compat, as callbackDeadline suggests: such a program is not recorded'
  },
  {
    keys: ['daemon.handover'],
    isIdle: ({ daemon }) => !KclVersion.handsOver(daemon.version, daemon.main),
    why: "it does nothing here, since Amazon's main class runs; it is for KCL 3.5 with the main class of kclts"
  },
  {
    keys: ['host.watch'],
    isIdle: ({ host }) => host.mode === 'host',
    why: 'it does nothing under kclts run with host.mode: host, which always watches; it is for kclts-child'
  },
  {
    keys: ['host.memory'],
    isIdle: ({ host }) => host.mode === 'process',
    why: 'it does nothing with host.mode: process'
  },
  {
    keys: ['daemon.repository'],
    isIdle: ({ daemon }) => daemon.classpath !== null,
    why: 'it does nothing beside daemon.classpath, whose jars are not fetched'
  }
]

export const of = (
  config: Config.Config,
  isGiven: (key: string) => boolean,
  kind: Kind
): ReadonlyArray<Problem> =>
  rules
    .filter(({ isIdle }) => isIdle(config, kind, isGiven))
    .flatMap(({ keys, why }) => keys.filter(isGiven).map((key) => ({ key, text: why })))
