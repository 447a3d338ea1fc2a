/**
 * Descriptors kept in reserve. A handler that leaks sockets takes every one that is free; the daemon starts relays all the
 * same, and each of them needs two, or four. So some are held from the start, and given up when there are no others.
 */
import * as fs from 'node:fs'
import * as Failure from '../core/Failure'
import * as Descriptors from '../edge/Descriptors'

export interface Spare {
  /**
   * The result of `open`. If it fails because descriptors are exhausted, some of the reserve are closed and it is tried
   * again.
   */
  readonly use: <A>(open: () => A) => A
  /** Takes back what was given up, as far as there are descriptors again. Whether the reserve is whole then. */
  readonly refill: () => boolean
  readonly close: () => void
}

/** EMFILE: the process has no more. ENFILE: the whole system. */
const isWant = (thrown: unknown): boolean => Failure.hasCode(thrown, 'EMFILE', 'ENFILE')

/** For 32 relays. */
const MOST = 128
/** Of all that the process may have, so that a low limit leaves enough for its work. */
const PART = 8

/** How many are given up at once: another thread may take one of them before we do. */
const AT_ONCE = 4

export const make = (): Spare => {
  const most = Math.max(AT_ONCE, Math.min(MOST, Math.floor(Descriptors.limit() / PART)))
  const held: Array<number> = []
  const refill = (): boolean => {
    try {
      while (held.length < most) held.push(fs.openSync('/dev/null', 'r'))
      return true
    } catch {
      return false
    }
  }
  refill()
  return {
    use: (open) => {
      for (;;)
        try {
          return open()
        } catch (thrown) {
          if (!isWant(thrown) || held.length === 0) throw thrown
          for (const fd of held.splice(-AT_ONCE)) fs.closeSync(fd)
        }
    },
    refill,
    close: () => {
      for (const fd of held.splice(0)) fs.closeSync(fd)
    }
  }
}
