/**
 * Lets one suspect of a thread run alone: it begins when nothing else of the thread is at work, and nothing else begins
 * until it is done.
 */

/** A session of the thread. */
export interface Party {
  /** No handler, delivery or dead letter of it is at work. */
  readonly isIdle: () => boolean
  /** A record may begin that was not let through before. */
  readonly resume: () => void
}

export interface Gate {
  readonly enter: (party: Party) => void
  readonly leave: (party: Party) => void
  /** Whether a record of the party may begin now. Otherwise the party is resumed when it may be so. */
  readonly admit: (party: Party, isSuspect: boolean) => boolean
  /** What the party has at work is its suspect, and nothing else is at work. */
  readonly isAlone: (party: Party) => boolean
  /** Something of the party may have ended. */
  readonly mayHaveEnded: (party: Party) => void
}

/** `soon`: calls back when the event loop has turned, so that what an earlier record has begun shows itself first. */
export const make = (soon: (then: () => void) => void): Gate => {
  const parties = new Set<Party>()
  let alone: Party | null = null
  /** Its suspect is next. */
  let waiting: Party | null = null
  /** It has waited for the loop to turn, too. */
  let rested: Party | null = null
  let isComing = false

  const isIdle = (): boolean => [...parties].every((party) => party.isIdle())

  const wake = (): void => {
    isComing = false
    const first = waiting
    waiting = null
    rested = first
    first?.resume()
    rested = null
    for (const party of [...parties]) if (party !== first) party.resume()
  }
  const come = (): void => {
    if (!isComing) soon(wake)
    isComing = true
  }

  return {
    enter: (party) => void parties.add(party),
    leave: (party) => {
      parties.delete(party)
      if (alone === party) alone = null
      if (waiting === party) waiting = null
      come()
    },
    admit: (party, isSuspect) => {
      if (alone !== null) return false
      if (!isSuspect) return waiting === null
      if (waiting !== null && waiting !== party) return false
      const isFree = isIdle()
      if (isFree && rested === party) {
        waiting = null
        rested = null
        alone = party
        return true
      }
      waiting = party
      if (isFree) come()
      return false
    },
    isAlone: (party) => alone === party,
    mayHaveEnded: (party) => {
      if (alone === party && party.isIdle()) {
        alone = null
        come()
      } else if (waiting !== null && isIdle()) come()
    }
  }
}
