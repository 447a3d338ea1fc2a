/** What a test says of the configuration: a policy alone, or the keys of the YAML that a session knows. */
import type { Policy } from '../core/Policy'
import type * as Session from '../core/Session'

/** As in the YAML, with its unit: `250ms`, `30s`, `5m`, `1h`, `1d`; 0 where that turns something off. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}` | 0

/** The keys of `kcl.config.yaml`; what is left out has the default of the YAML. */
export interface Config {
  readonly checkpoint?: {
    readonly interval?: Duration
    readonly count?: number
    readonly manual?: boolean
    readonly onShutdown?: boolean
    readonly shutdownDeadline?: Duration
    readonly shardEndDeadline?: Duration
  }
  readonly failure?: {
    readonly then?: Session.Env['onFailure']
    readonly breaker?: number
  }
  /** The handler's export `version`, put on dead letters. */
  readonly version?: string
}

/** A policy alone, in milliseconds: what is left out is off, and `checkpoint()` is honoured. */
export type JustPolicy = Partial<Policy> & { readonly checkpoint?: never; readonly failure?: never }

export type Settings = Config | JustPolicy

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

const isUnit = (text: string): text is keyof typeof UNITS => text in UNITS

/** Milliseconds. The type admits nothing else than a number with a unit; what slips past it is off. */
const milliseconds = (duration: Duration): number => {
  const [, amount, unit = ''] = /^([0-9.]+)(\D+)$/.exec(String(duration)) ?? []
  return amount !== undefined && isUnit(unit) ? Number(amount) * UNITS[unit] : 0
}

const isConfig = (settings: Settings): settings is Config =>
  settings.checkpoint !== undefined || settings.failure !== undefined || 'version' in settings

const fromConfig = ({ checkpoint = {}, failure = {}, version }: Config): Session.Env => ({
  policy: {
    interval: milliseconds(checkpoint.interval ?? '60s'),
    count: checkpoint.count ?? 0,
    manual: checkpoint.manual ?? true
  },
  onShutdown: checkpoint.onShutdown ?? true,
  shutdownDeadline: milliseconds(checkpoint.shutdownDeadline ?? '8s'),
  shardEndDeadline: milliseconds(checkpoint.shardEndDeadline ?? '5m'),
  onFailure: failure.then ?? 'dead-letter',
  breaker: failure.breaker ?? 20,
  handlerName: 'handler',
  handlerVersion: version ?? null
})

/** What a session is told. */
export const toEnv = (settings: Settings): Session.Env => {
  if (isConfig(settings)) return fromConfig(settings)
  const { interval = 0, count = 0, manual = true } = settings
  return { ...fromConfig({}), policy: { interval, count, manual } }
}
