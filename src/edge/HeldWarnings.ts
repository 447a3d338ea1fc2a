/**
 * The log of one session, with a line about a record once a minute for each kind of reason: a bad release gives one for
 * every record, and so may the filter. Those between are at the level debug, and the next line of their kind, or the end of the session, says how many they
 * were (`held`), as it is for what Amazon's daemon repeats.
 */
import type { Level, LogFields } from '../core/Effect'
import * as Records from '../core/Records'
import * as ReasonShape from '../deadLetters/ReasonShape'
import type { Capabilities } from '../run/Capabilities'

type Log = Capabilities['log']

interface Kind {
  readonly level: Level
  readonly message: string
  readonly shard: LogFields[string] | undefined
  /** The reason without its data. */
  readonly shape: string
  readonly loggedAt: number
  readonly held: number
}

const QUIET_MS = 60_000
/** The most kinds that are remembered; the oldest one is forgotten first. */
const MOST = 1000

export interface HeldWarnings {
  readonly log: Log
  /** Says how many are held back still. To be called when the session is over, once. */
  readonly end: () => void
}

const withHeld = (held: number, fields: LogFields): LogFields => (held === 0 ? fields : { ...fields, held })

class Holding implements HeldWarnings {
  readonly #kinds = new Map<string, Kind>()

  constructor(
    private readonly to: Log,
    private readonly now: () => number
  ) {}

  readonly log: Log = (level, message, fields) => {
    const { reason, shard } = fields
    if (!Records.FREQUENT.has(message) || typeof reason !== 'string') return this.to(level, message, fields)
    const shape = ReasonShape.of(reason)
    const key = `${message}\n${shape}`
    const before = this.#kinds.get(key)
    const now = this.now()
    if (before !== undefined && now - before.loggedAt < QUIET_MS) {
      this.#kinds.set(key, { ...before, held: before.held + 1 })
      return this.to('debug', message, fields)
    }
    this.#makeRoom()
    this.#kinds.set(key, { level, message, shard, shape, loggedAt: now, held: 0 })
    this.to(level, message, withHeld(before?.held ?? 0, fields))
  }

  readonly end = (): void => {
    for (const kind of this.#kinds.values()) this.#tell(kind)
    this.#kinds.clear()
  }

  #makeRoom(): void {
    const [oldest] = this.#kinds
    if (this.#kinds.size < MOST || oldest === undefined) return
    const [key, kind] = oldest
    this.#kinds.delete(key)
    this.#tell(kind)
  }

  #tell({ level, message, shard, shape, held }: Kind): void {
    const where = shard === undefined ? {} : { shard }
    if (held > 0) this.to(level, message, { ...where, reason: shape, held })
  }
}

/** @param now milliseconds of a clock that never goes back */
export const make = (log: Log, now: () => number): HeldWarnings => new Holding(log, now)
