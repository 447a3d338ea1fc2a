/**
 * `type: file`: one JSON line an output, on disk before it counts as delivered.
 *
 * The processes of one machine may share the file, as the children of a worker do: each request is one write to its end
 * (O_APPEND). What can still go wrong is seen and put right: half a line, of a crash or a full disk, is closed with a
 * newline first, and lines that got glued to one after we looked are found and written again.
 */
import * as fsSync from 'node:fs'
import { promises as fs } from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { LIMITS, type File } from './kinds/file'
import type { World } from './kinds/Kind'
import * as Failure from '../core/Failure'
import * as Clock from '../run/Clock'
import * as Disk from '../files/Disk'
import * as FileKind from '../files/FileKind'
import * as Folders from '../files/Folders'
import * as Owner from '../files/Owner'
import * as Rotation from './Rotation'
import { again, done, textOf, type Entry, type Sent, type Transport } from './Sink'

const NEWLINE = Buffer.from('\n')

/** What of an open file is used; a test may stand in for a full disk. */
export type Handle = Pick<fs.FileHandle, 'write' | 'read' | 'stat' | 'datasync' | 'close'>

/** Opens the file itself, to which no link leads: another writer may move it away at any moment. */
export type Open = (file: string) => Promise<Handle>

const openReal: Open = async (file) => {
  const isNew = fsSync.statSync(file, { throwIfNoEntry: false }) === undefined
  const handle = await fs.open(file, 'a+', 0o600)
  if (isNew) Owner.give(handle.fd, fsSync.statSync(path.dirname(file)))
  return handle
}

/** The bytes from a position to the end. */
const tail = async (handle: Handle, from: number, size: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(Math.max(0, size - from))
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, from)
  return bytes.subarray(0, bytesRead)
}

/**
 * Appends the lines by one write, and syncs. Gives how many of them are on disk, each between two newlines: fewer when
 * the disk took fewer, none when another writer broke in.
 */
const append = async (handle: Handle, lines: ReadonlyArray<Buffer>): Promise<number> => {
  const { size } = await handle.stat()
  const from = Math.max(0, size - 1)
  const isTorn = size > 0 && !(await tail(handle, from, size)).equals(NEWLINE)
  const bytes = Buffer.concat(isTorn ? [NEWLINE, ...lines] : lines)
  const { bytesWritten } = await handle.write(bytes, 0, bytes.length, null)
  await handle.datasync()

  let end = isTorn ? 1 : 0
  let whole = 0
  for (const line of lines) {
    if (end + line.length > bytesWritten) break
    end += line.length
    whole += 1
  }
  const after = (await handle.stat()).size
  if (after === size + bytesWritten) return whole
  // Another process wrote too, or cut the file: are ours somewhere in one piece, on lines of their own?
  const start = after < size + bytesWritten ? 0 : from
  const found = await tail(handle, start, after)
  const ours = bytes.subarray(isTorn ? 1 : 0, end)
  return (start === 0 ? Buffer.concat([NEWLINE, found]) : found).includes(Buffer.concat([NEWLINE, ours]))
    ? whole
    : 0
}

const missing = again(Failure.make('ShortWrite', 'the disk took less than all of it'))

/** What a pipe or a device takes cannot be synced, and so is never known to be delivered. null: it is a place for lines. */
const oddityOf = (file: string): string | null => {
  const odd = FileKind.oddity(file)
  return odd === null
    ? null
    : `${file} is ${odd}, and a sink of type file needs a regular file, which it syncs; ` +
        "to write elsewhere, use a sink of type module (stdout is the daemon's protocol)"
}

/** Why this user cannot write there, or cannot begin new files there; null: nothing is in the way. Makes nothing. */
const obstacleOf = ({ path: file, rotate = {} }: File): string | null => {
  const target = Disk.target(file)
  if (fsSync.existsSync(target)) fsSync.accessSync(target, fsSync.constants.R_OK | fsSync.constants.W_OK)
  else return Folders.obstacle(path.dirname(target))
  const rotates = rotate.size !== undefined || rotate.interval !== undefined
  const why = rotates ? Folders.obstacle(path.dirname(target)) : null
  return why === null ? null : `rotate cannot begin files in its folder: ${why}`
}

/** Why the sink would not work there: found before anything is opened. */
export const problemOf = (settings: File): string | null => {
  try {
    return oddityOf(settings.path) ?? obstacleOf(settings)
  } catch (thrown) {
    return Failure.describe(thrown)
  }
}

class Lines {
  readonly #age: Rotation.Age
  #current: Handle | null = null

  constructor(
    private readonly settings: File,
    private readonly file: string,
    private readonly clocks: Rotation.Clocks,
    private readonly open: Open
  ) {
    this.#age = new Rotation.Age(file, settings.rotate?.interval ?? Infinity, clocks)
  }

  readonly write = async (entries: ReadonlyArray<Entry>): Promise<ReadonlyArray<Sent>> => {
    const handle = await this.#rotate(await this.handle())
    const text = textOf(this.settings.ids ?? false)
    const written = await append(
      handle,
      entries.map((entry) => Buffer.from(`${text(entry)}\n`))
    )
    // Who moved it meanwhile, as `kclts dead-letters replay` does, may have read it before the lines were there.
    const isMoved = (await Rotation.inodeOf(this.file)) !== (await handle.stat()).ino
    const whole = isMoved ? 0 : written
    return entries.map((_entry, i) => (i < whole ? done : missing))
  }

  /** The file of that name: opened anew when it was moved away, by another process or by logrotate. */
  readonly handle = async (): Promise<Handle> => {
    const current = this.#current
    if (current !== null && (await Rotation.inodeOf(this.file)) === (await current.stat()).ino) return current
    await this.close()
    const problem = oddityOf(this.file)
    if (problem !== null) throw new Error(problem)
    const target = Disk.target(this.file)
    Disk.mkdirs(Disk.node, path.dirname(target))
    const handle = await this.open(target)
    this.#current = handle
    Disk.node.syncFolder(path.dirname(target))
    return handle
  }

  readonly close = async (): Promise<void> => {
    const current = this.#current
    this.#current = null
    await current?.close()
  }

  /** The file to write to: a new one when this one is large or old enough. */
  async #rotate(handle: Handle): Promise<Handle> {
    const { size: most = Infinity } = this.settings.rotate ?? {}
    const look = await handle.stat()
    const isOld = await this.#age.isOver(look)
    if (look.size === 0 || (look.size < most && !isOld)) return handle
    // A link stays where it is, and leads to the new file.
    await Rotation.move(Disk.target(this.file), look.ino, this.clocks.wall())
    if (isOld) this.#age.rotated()
    const fresh = await this.handle()
    await this.#age.isOver(await fresh.stat())
    return fresh
  }
}

/** The file is opened by the first write. */
const over = (lines: Lines): Transport => {
  // A write that hangs is given up, and goes on: the next begins only when it has ended.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <A>(what: () => Promise<A>): Promise<A> => {
    const turn = last.then(what, what)
    last = turn
    return turn
  }
  return {
    limits: LIMITS,
    answersPerEntry: false,
    send: (entries, signal) =>
      inTurn(async () => {
        // What was given up before its turn must not be written: it comes again.
        if (signal.aborted) throw new Error('given up before its turn')
        return lines.write(entries)
      }),
    close: () => inTurn(lines.close)
  }
}

/**
 * Opens the file, so that a folder that cannot be written to is found at start; rejects with what the disk says.
 *
 * `file` is absolute; `now`: milliseconds since 1970. The time of a rotation counts from the first line of the file.
 */
export const transport = async (
  settings: File,
  file: string,
  now: () => number,
  open: Open = openReal,
  monotonic: () => number = Clock.monotonic
): Promise<Transport> => {
  const lines = new Lines(settings, file, { wall: now, monotonic }, open)
  await lines.handle()
  return over(lines)
}

export const open = async (
  settings: File,
  { wall, isDry = false }: World
): Promise<E.Either<string, Transport>> => {
  const problem = problemOf(settings)
  if (problem !== null) return E.left(`.path: ${problem}`)
  const { path: file } = settings
  return E.right(
    isDry
      ? over(new Lines(settings, file, { wall, monotonic: Clock.monotonic }, openReal))
      : await transport(settings, file, wall)
  )
}
