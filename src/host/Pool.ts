/**
 * Pairs of named pipes for the relays to come, in the private folder. One `mkfifo` makes many of them; a relay that makes its
 * own starts a process for it. Nothing here is open, so the pairs take no descriptor.
 *
 * A pair is `pool/N.out` and `pool/N.in`, made in this order. The relay that makes `pool/N.claim` has it. No number is used
 * twice, so a relay that is late never takes the pipes of another one for its own. Of a pair that was used, all names are
 * removed, the claim last: where a claim can be made, there are both pipes, or neither.
 */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Failure from '../core/Failure'
import * as Clock from '../run/Clock'
import * as Fifos from './Fifos'

const FOLDER = 'pool'

/** As many relays may start at once without a process of their own. */
const SIZE = 128

/** A relay ends if it is not answered for 30 seconds. Without an answer for so long, the relay that has a pair is dead. */
const DEAD_MS = 120_000

/** How long nothing is made after it could not be made. */
const PAUSE_MS = 60_000

const IN = '.in'
const OUT = '.out'
const CLAIM = '.claim'

/** In the order in which they are removed: without `in` nobody claims the pair. */
const ENDINGS = [IN, OUT, CLAIM]

export interface Pool {
  /**
   * Makes pairs in the private folder where there are few, and removes those that relays left when they died. To be called
   * from time to time, but not while a relay waits.
   */
  readonly tend: (folder: string) => void
}

/** Makes the folder of the pairs unless it is there. */
const open = (folder: string): void => {
  try {
    fs.mkdirSync(path.join(folder, FOLDER), { mode: 0o700 })
  } catch (thrown) {
    if (!Failure.hasCode(thrown, 'EEXIST')) throw thrown
  }
}

/** Of the pairs there: the files of each, by its number. */
const pairsIn = (folder: string): ReadonlyMap<string, ReadonlySet<string>> => {
  const pairs = new Map<string, Set<string>>()
  for (const name of fs.readdirSync(path.join(folder, FOLDER))) {
    const { name: number, ext } = path.parse(name)
    pairs.set(number, (pairs.get(number) ?? new Set()).add(ext))
  }
  return pairs
}

const isFree = (files: ReadonlySet<string>): boolean => files.has(IN) && files.has(OUT) && !files.has(CLAIM)

class Pairs implements Pool {
  #next = 0
  /** Since when a pair is claimed, or has lost a part, by its number. */
  readonly #taken = new Map<string, number>()
  #pausedUntil = 0

  constructor(private readonly now: () => number) {}

  readonly tend = (folder: string): void => {
    if (this.now() < this.#pausedUntil) return
    try {
      open(folder)
      const pairs = pairsIn(folder)
      const free = [...pairs.values()].filter(isFree).length
      this.#bury(folder, pairs)
      if (free <= SIZE / 2) this.#make(folder, SIZE - free)
    } catch {
      // Relays make their own meanwhile.
      this.#pausedUntil = this.now() + PAUSE_MS
    }
  }

  #make(folder: string, count: number): void {
    const numbers = Array.from({ length: count }, () => this.#next++)
    Fifos.make(
      folder,
      numbers.flatMap((number) => [OUT, IN].map((ending) => path.join(FOLDER, `${number}${ending}`)))
    )
  }

  /** Removes the pairs whose relays have died. */
  #bury(folder: string, pairs: ReadonlyMap<string, ReadonlySet<string>>): void {
    for (const number of this.#taken.keys()) if (!pairs.has(number)) this.#taken.delete(number)
    for (const [number, files] of pairs) {
      const since = this.#taken.get(number)
      if (isFree(files)) continue
      if (since === undefined) this.#taken.set(number, this.now())
      else if (since <= this.now() - DEAD_MS)
        for (const ending of ENDINGS)
          fs.rmSync(path.join(folder, FOLDER, `${number}${ending}`), { force: true })
    }
  }
}

/** For one host: wherever its folder is made anew, the numbers go on. */
export const make = (now: () => number = Clock.monotonic): Pool => new Pairs(now)
