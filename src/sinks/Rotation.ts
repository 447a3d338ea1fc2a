/**
 * When a file is to be rotated, and how.
 *
 * The age of a file is kept beside it, in `.orders.ndjson.began`: many file systems keep no time of birth (NFS before 4.2,
 * 9p, much of FUSE), and the clock may have been set since. The processes that share the file share this note.
 */
import { randomUUID } from 'node:crypto'
import { promises as fs, type Stats } from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Owner from '../files/Owner'
import * as Time from '../values/Time'

/** The two clocks: see `run/Clock`. */
export interface Clocks {
  readonly wall: () => number
  readonly monotonic: () => number
}

interface Note {
  /** The file that it is about: another one of this name has another. */
  readonly ino: number
  /** Milliseconds since 1970. */
  readonly began: number
}

export type Look = Pick<Stats, 'ino' | 'size' | 'birthtimeMs' | 'ctimeMs'>

// -- the note ---------------------------------------------------------------------------------------------------------

const noteOf = (file: string): string => {
  const { dir, base } = path.parse(file)
  return path.join(dir, `.${base}.began`)
}

const isNote = (value: unknown): value is { readonly ino: number; readonly began: string } =>
  typeof value === 'object' &&
  value !== null &&
  'ino' in value &&
  typeof value.ino === 'number' &&
  'began' in value &&
  typeof value.began === 'string'

/** null: there is none, or none that can be read. */
const read = async (file: string): Promise<Note | null> => {
  try {
    const value: unknown = JSON.parse(await fs.readFile(noteOf(file), 'utf8'))
    const began = isNote(value) ? Time.parse(value.began) : E.left('')
    return isNote(value) && E.isRight(began) ? { ino: value.ino, began: began.right } : null
  } catch {
    return null
  }
}

/** Replaced as a whole, so that no other process reads half of it. */
const write = async (file: string, { ino, began }: Note): Promise<void> => {
  const temporary = `${noteOf(file)}.${randomUUID()}`
  try {
    await fs.writeFile(temporary, `${JSON.stringify({ ino, began: new Date(began).toISOString() })}\n`, {
      mode: 0o600
    })
    Owner.give(temporary, await fs.stat(file))
    await fs.rename(temporary, noteOf(file))
  } catch {
    // Without a note a rotation is late at worst; a disk that takes nothing shows when the lines are written.
    await fs.rm(temporary, { force: true }).catch(() => undefined)
  }
}

/** Where a file has no note yet. A file system without times of birth gives 0, or the time of the last change. */
const birthOf = ({ birthtimeMs, ctimeMs }: Look, now: number): number =>
  birthtimeMs > 0 && birthtimeMs < ctimeMs && birthtimeMs <= now ? birthtimeMs : now

// -- whether ----------------------------------------------------------------------------------------------------------

export class Age {
  #note: Note | null = null
  /** By the monotonic clock: the last rotation by this process. */
  #rotated = -Infinity

  /** `interval`: milliseconds after which a file is old. */
  constructor(
    private readonly file: string,
    private readonly interval: number,
    private readonly clocks: Clocks
  ) {}

  /** To be asked before each write, so that the beginning of a file is noted. */
  readonly isOver = async (look: Look): Promise<boolean> => {
    if (this.interval === Infinity) return false
    const now = this.clocks.wall()
    if (look.size === 0) {
      await this.#take({ ino: look.ino, began: now })
      return false
    }
    const noted = this.#note?.ino === look.ino ? this.#note : null
    if (noted !== null && now >= noted.began && now - noted.began < this.interval) return false
    // Another process may have noted something newer.
    const { began } = await this.#refresh(look, now)
    const isOld = now - began >= this.interval
    // Whatever is done to the wall clock, a process rotates once in an interval.
    return isOld && this.clocks.monotonic() - this.#rotated >= this.interval
  }

  readonly rotated = (): void => {
    this.#rotated = this.clocks.monotonic()
  }

  async #refresh(look: Look, now: number): Promise<Note> {
    const there = await read(this.file)
    // A beginning in the future was noted by a clock that has been set back since.
    if (there !== null && there.ino === look.ino && there.began <= now) return (this.#note = there)
    return this.#take({ ino: look.ino, began: birthOf(look, now) })
  }

  async #take(note: Note): Promise<Note> {
    this.#note = note
    await write(this.file, note)
    return note
  }
}

// -- how --------------------------------------------------------------------------------------------------------------

export const inodeOf = async (file: string): Promise<number | null> =>
  fs.stat(file).then(
    ({ ino }) => ino,
    () => null
  )

/** `orders.ndjson` becomes `orders.2026-01-31T23-59-59-000Z.ndjson`: their names sort by time. */
const rotatedName = (file: string, at: number): string => {
  const { dir, name, ext } = path.parse(file)
  return path.join(dir, `${name}.${new Date(at).toISOString().replace(/[:.]/g, '-')}${ext}`)
}

/** Makes the name ours before anything is moved there, so that no other file is overwritten. */
const reserve = async (file: string, at: number): Promise<string> => {
  const name = rotatedName(file, at)
  try {
    await (await fs.open(name, 'wx', 0o600)).close()
    return name
  } catch (thrown) {
    if (Failure.hasCode(thrown, 'EEXIST')) return reserve(file, at + 1)
    throw thrown
  }
}

/** Moves the file of that inode to a name with the time in it. Does nothing when another process has done it. */
export const move = async (file: string, ino: number, at: number): Promise<void> => {
  const name = await reserve(file, at)
  try {
    // Another process may have moved it meanwhile: then there is a new file, or none yet.
    if ((await inodeOf(file)) === ino) await fs.rename(file, name)
    else await fs.unlink(name)
  } catch (thrown) {
    await fs.unlink(name)
    if (!Failure.hasCode(thrown, 'ENOENT')) throw thrown
  }
}
