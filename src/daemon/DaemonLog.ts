/** Lines of the daemon's log, as the shipped logback.xml writes them: level, logger, message and exception, by tabs. */
import type { Level } from '../core/Effect'

export interface Line {
  readonly level: Level
  /** The class that logs, without its package. */
  readonly logger: string
  readonly message: string
  /** The exception with its frames, lines apart; empty when there is none. */
  readonly exception: string
}

const LEVELS: Readonly<Record<string, Level>> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  // The daemon logs each of its steps, which is of no use in normal operation.
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error'
}

/** Warnings of a healthy KCL: nothing needs to be done. */
const HARMLESS = [
  /^Dropping metrics \[\] because/,
  /^Did not find an operating range metadata provider/,
  /^Not able to assign all expiredOrUnAssignedLeases/,
  // On a machine that is busy; the connection goes on.
  /^\[Channel: [^\]]*\] Flushing PING frame took /,
  // Netty, of a connection that closed while a call was under way; the SDK logs the call if it matters.
  /^An exceptionCaught\(\) event was fired, and it reached at the tail of the pipeline/
]

/** Logged at INFO, although the shard then stands still for ever. */
const GRAVE = [/^Caught ResourceNotFoundException when getting an iterator/]

/**
 * The KCL interrupts its own threads when it stops, and no others. What they warn of then is that they were interrupted, as
 * `LeaseAssignmentManager` does in the middle of a call; what comes of it is in other lines.
 */
const INTERRUPTED =
  /^(?:software\.amazon\.awssdk\.core\.exception\.(?:SdkInterrupted|Abort|Aborted)Exception|java\.lang\.InterruptedException)\b/

/** How the leader gives up its lock once three tables are one, to take the lock of the lease table (TableMigrationStateMachineImpl). */
const MOVED =
  /^software\.amazon\.kinesis\.leases\.exceptions\.InvalidStateException: Table migration completed/

const levelOf = (level: Level, message: string, exception: string): Level => {
  if (HARMLESS.some((sign) => sign.test(message))) return 'debug'
  if (level === 'warn' && [INTERRUPTED, MOVED].some((sign) => sign.test(causeIn(exception)))) return 'debug'
  return GRAVE.some((sign) => sign.test(message)) ? 'warn' : level
}

const withNewlines = (text: string): string => text.replace(/\\n/g, '\n').trimEnd()

/** null: the line is not of the log, such as what the JVM itself prints. */
export const parse = (line: string): Line | null => {
  const [word = '', logger = '', message = '', ...exception] = line.split('\t')
  const level = LEVELS[word]
  if (level === undefined || logger === '') return null
  const thrown = withNewlines(exception.join('\t'))
  return {
    level: levelOf(level, message, thrown),
    logger: logger.slice(logger.lastIndexOf('.') + 1),
    message: withNewlines(message),
    exception: thrown
  }
}

const causeIn = (exception: string): string => {
  const lines = exception.split('\n')
  const last = lines.filter((line) => line.startsWith('Caused by: ')).pop() ?? lines[0] ?? ''
  return last.replace(/^Caused by: /, '')
}

/** `java.lang.RuntimeException: it failed`: the innermost cause, in one line. */
export const cause = ({ exception }: Line): string => causeIn(exception)
