/**
 * The bound on the bytes of unfinished lines, over all shards of a thread. The daemon hands over a whole batch as one
 * line of up to some 13 MB, and it can be understood only when all of it is there.
 *
 * Beyond the bound a shard that holds a part of a line is read no further, and its pipe holds the daemon up; only the one
 * whose line began first is always read, so that lines come to their ends. Where no line has begun reading goes on:
 * answers to checkpoints are short.
 */

/** A stream of bytes that can be held up. */
export interface Source {
  readonly pause: () => void
  readonly resume: () => void
}

export interface Account {
  /** The bytes of an unfinished line that are held now; 0: it has ended. */
  readonly hold: (bytes: number) => void
  /** The stream is over. */
  readonly close: () => void
}

export interface Memory {
  readonly open: (source: Source) => Account
  /** Bytes held now. */
  readonly held: () => number
}

interface Holder {
  readonly source: Source
  bytes: number
  isPaused: boolean
}

/** @param limit in bytes */
export const make = (limit: number): Memory => {
  /** In the order in which their lines began. */
  const holders = new Set<Holder>()
  let total = 0

  const set = (holder: Holder, isPaused: boolean): void => {
    if (holder.isPaused === isPaused) return
    holder.isPaused = isPaused
    if (isPaused) holder.source.pause()
    else holder.source.resume()
  }

  const hold = (holder: Holder, bytes: number): void => {
    const wasOver = total > limit
    total += bytes - holder.bytes
    holder.bytes = bytes
    if (bytes > 0) holders.add(holder)
    else holders.delete(holder)
    if (total > limit) {
      const [oldest] = holders
      if (oldest !== undefined) set(oldest, false)
      if (bytes > 0 && holder !== oldest) set(holder, true)
    } else if (wasOver) for (const one of holders) set(one, false)
  }

  return {
    open: (source) => {
      const holder: Holder = { source, bytes: 0, isPaused: false }
      return { hold: (bytes) => hold(holder, bytes), close: () => hold(holder, 0) }
    },
    held: () => total
  }
}
