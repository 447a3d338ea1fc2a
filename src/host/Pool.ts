/**
 * Pairs of named pipes for the relays to come, in the private folder. One `mkfifo` makes many of them; a relay that makes its
 * own starts a process for it. Nothing here is open, so the pairs take no descriptor.
 *
 * A pair is `pool/N.out` and `pool/N.in`, made in this order. The relay that makes `pool/N.claim` has it. No number is used
 * twice, so a relay that is late never takes the pipes of another one for its own. Of a pair that was used, all names are
 * removed, the claim last: where a claim can be made, there are both pipes, or neither. `pool/range` has the first number at
 * which a relay looks for a pair, and how many numbers there are from it on.
 */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as Failure from '../core/Failure'
import * as Clock from '../run/Clock'
import * as Fifos from './Fifos'

const FOLDER = 'pool'
const RANGE = 'range'

/** As many relays may start at once without a process of their own. On a disk each pair takes 0.4 ms of the host's start. */
export const SIZE = 128
/** A relay tries at most this many numbers, even if only the last of them have pairs. */
const MOST_NUMBERS = 2 * SIZE

/** A relay ends if it has no answer after 30 seconds. So after this time, a relay that has not announced its pair is dead. */
const DEAD_MS = 120_000

/** How long nothing is made after it could not be made. */
const PAUSE_MS = 60_000

const IN = '.in'
const OUT = '.out'
const CLAIM = '.claim'

export interface Pool {
  /**
   * Makes pairs in the private folder where there are few, and removes those that relays left when they died. To be called
   * from time to time, but not while a relay waits.
   */
  readonly tend: (folder: string) => void
}

/** The files of a pair, by their endings. */
type Files = ReadonlySet<string>

const isFree = (files: Files): boolean => files.has(IN) && files.has(OUT) && !files.has(CLAIM)

/** Makes the folder of the pairs unless it is there. */
const open = (place: string): void => {
  try {
    fs.mkdirSync(place, { mode: 0o700 })
  } catch (thrown) {
    if (!Failure.hasCode(thrown, 'EEXIST')) throw thrown
  }
}

/** The pairs there, by their numbers. */
const pairsIn = (place: string): ReadonlyMap<number, Files> => {
  const pairs = new Map<number, Set<string>>()
  for (const file of fs.readdirSync(place)) {
    const { name, ext } = path.parse(file)
    if (!/^[0-9]+$/.test(name)) continue
    const number = Number(name)
    pairs.set(number, (pairs.get(number) ?? new Set()).add(ext))
  }
  return pairs
}

const claim = (file: string): void => {
  try {
    fs.writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
  } catch (thrown) {
    if (!Failure.hasCode(thrown, 'EEXIST')) throw thrown
  }
}

class Pairs implements Pool {
  /** The first number at which relays look, and the one after the last. */
  #first = 0
  #end = 0
  /** Since when a pair is claimed, or has lost a part, by its number. */
  #taken: ReadonlyMap<number, number> = new Map()
  #pausedUntil = 0

  constructor(private readonly now: () => number) {}

  readonly tend = (folder: string): void => {
    if (this.now() < this.#pausedUntil) return
    const place = path.join(folder, FOLDER)
    try {
      open(place)
      const pairs = pairsIn(place)
      this.#bury(place, pairs)
      const free = [...pairs].flatMap(([number, files]) =>
        number >= this.#first && isFree(files) ? [number] : []
      )
      if (free.length <= SIZE / 2) this.#make(place, free)
    } catch {
      // Relays make their own meanwhile.
      this.#pausedUntil = this.now() + PAUSE_MS
    }
  }

  #make(place: string, free: ReadonlyArray<number>): void {
    const numbers = Array.from({ length: SIZE - free.length }, () => this.#end++)
    Fifos.make(
      place,
      numbers.flatMap((number) => [OUT, IN].map((ending) => `${number}${ending}`))
    )
    this.#first = Math.max(Math.min(...free, ...numbers), this.#end - MOST_NUMBERS)
    // A relay that reads it meanwhile reads all of it.
    const file = path.join(place, RANGE)
    fs.writeFileSync(`${file}.new`, `${this.#first} ${this.#end - this.#first}\n`, { mode: 0o600 })
    fs.renameSync(`${file}.new`, file)
  }

  /** Removes the pairs whose relays have died, and those that no relay looks for any more. */
  #bury(place: string, pairs: ReadonlyMap<number, Files>): void {
    const now = this.now()
    const taken = new Map<number, number>()
    for (const [number, files] of pairs) {
      if (isFree(files) && number >= this.#first) continue
      // From now on it is no relay's.
      if (isFree(files)) claim(path.join(place, `${number}${CLAIM}`))
      const since = this.#taken.get(number) ?? now
      if (now - since < DEAD_MS) taken.set(number, since)
      else
        for (const ending of [IN, OUT, CLAIM])
          fs.rmSync(path.join(place, `${number}${ending}`), { force: true })
    }
    this.#taken = taken
  }
}

/** For one host: wherever its folder is made anew, the numbers go on. */
export const make = (now: () => number = Clock.monotonic): Pool => new Pairs(now)
