/**
 * When a thread gives memory back. What is loaded at the start leaves garbage, for which V8 does not look while nothing happens. So
 * it is collected once, if shards have come, and nothing has happened for a while. Where there is work, V8 collects by itself.
 */
export interface Settling {
  /**
   * To be called in intervals.
   *
   * @param changes how many records each of the shards that have changed has had so far
   * @returns whether memory is to be given back now
   */
  readonly look: (shards: number, changes: ReadonlyArray<number>) => boolean
}

/** After as many looks in a row without a change. */
const QUIET = 2

export const make = (): Settling => {
  let quiet = 0
  let isOver = false
  return {
    look: (shards, changes) => {
      if (isOver) return false
      quiet = shards === 0 || changes.length > 0 ? 0 : quiet + 1
      const isSettled = quiet >= QUIET
      isOver = isSettled || changes.some((records) => records > 0)
      return isSettled
    }
  }
}
