/** The log: structured lines on stderr under the name kclts, since stdout belongs to the daemon. */
import type * as Config from '../config/Config'
import * as ConfigSecrets from '../config/ConfigSecrets'
import * as Secrets from '../values/Secrets'
import type { Level, LogFields } from '../core/Effect'
import { isatty } from 'node:tty'
import pino from 'pino'

export interface Log {
  readonly write: (level: Level, message: string, fields: LogFields) => void
}

export type Format = 'auto' | 'json' | 'pretty'

const STDERR = 2

/**
 * A log on stderr. `auto` is pretty on a terminal and JSON elsewhere. Written synchronously:
 * whatever was logged before an exit is there.
 *
 * @param hide removes the secrets from each line, whatever wrote them.
 * @param to takes the lines in place of stderr, such as a screen with a progress bar.
 */
export const make = async (
  level: Level,
  format: Format,
  hide: Secrets.Hide,
  to: pino.DestinationStream | null = null
): Promise<Log> => {
  // Not `process.stderr.isTTY`: to look there makes a stream, which is one thing more that waits (see IdleDetector).
  const isTerminal = isatty(STDERR)
  const isPretty = format === 'pretty' || (format === 'auto' && isTerminal)
  const out = isPretty ? await pretty(isTerminal, to) : (to ?? pino.destination({ dest: STDERR, sync: true }))
  const logger = pino(
    {
      name: 'kclts',
      level,
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) }
    },
    { write: (line) => out.write(hide(line)) }
  )
  return { write: (at, message, fields) => logger[at](fields, message) }
}

/** As the configuration wants it; what is secret in it, or in the environment, is in no line. */
export const of = (
  config: Config.Config,
  env: Readonly<Record<string, string | undefined>>,
  to: pino.DestinationStream | null = null
): Promise<Log> => make(config.log.level, config.log.format, Secrets.hide(ConfigSecrets.of(config, env)), to)

/** Loaded only when asked for: it costs more than the rest of the log. */
const pretty = async (
  colorize: boolean,
  to: pino.DestinationStream | null
): Promise<pino.DestinationStream> => {
  const { default: prettier, prettyFactory } = await import('pino-pretty')
  const options = { colorize, singleLine: true }
  if (to === null) return prettier.build({ destination: STDERR, sync: true, ...options })
  const render = prettyFactory(options)
  return { write: (line) => to.write(render(line)) }
}
