/**
 * What the daemon says again and again while something is away: DynamoDB that refuses for some seconds gives it hundreds of
 * warnings and errors. Each kind is logged once, and then once a minute with the number of lines held back.
 */

/** In: a message, and milliseconds since 1970. Out: how many of its kind were held back before it; null: so is this one. */
export type Repeats = (message: string, now: number) => number | null

interface Kind {
  readonly toldAt: number
  readonly suppressed: number
}

/** The most kinds that are remembered; the oldest are forgotten. */
const MOST = 1000

/** The same but for numbers, ids and names of shards. */
const kindOf = (message: string): string =>
  // Cut first: what a child prints may be of any length, and the expression keeps a place for each character.
  message
    .slice(0, 2000)
    .replace(/[0-9a-f]{8}(?:-?[0-9a-f]{4,})*|[0-9]+/g, '0')
    .slice(0, 200)

/** @param quiet milliseconds for which a kind that was logged is not logged again */
export const make = (quiet: number): Repeats => {
  const kinds = new Map<string, Kind>()

  const forget = (now: number): void => {
    for (const [kind, { toldAt }] of kinds) if (now - toldAt >= quiet) kinds.delete(kind)
  }

  return (message, now) => {
    const kind = kindOf(message)
    const before = kinds.get(kind)
    if (before !== undefined && now - before.toldAt < quiet) {
      kinds.set(kind, { ...before, suppressed: before.suppressed + 1 })
      return null
    }
    if (kinds.size >= MOST) forget(now)
    kinds.set(kind, { toldAt: now, suppressed: 0 })
    return before?.suppressed ?? 0
  }
}
