/** How many descriptors the process may have open at the same time. */
import * as fs from 'node:fs'

/** Where it is not known: what macOS gives a process at first. */
const FEW = 256

/** As proc(5) of Linux says; Infinity when there is no limit. */
export const limit = (): number => {
  try {
    const [, soft] = /^Max open files +([0-9]+)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? Infinity : Number(soft)
  } catch {
    return FEW
  }
}
