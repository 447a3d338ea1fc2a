/**
 * The folder of a version's jars. It is filled under another name and gets its own when it is whole and on the disk, so
 * that a killed fetch, a loss of power or a full disk never leaves one that counts. It is never removed or emptied:
 * a JVM opens its jars when it needs them, long after its start. Files are put in the place of others one by one.
 *
 * Call `take` and `sweep` while holding the lock of `lockOf`.
 */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import * as Failure from '../core/Failure'
import * as Clock from '../run/Clock'
import * as Disk from '../files/Disk'
import * as Sums from './Sums'

/** Written last: without it the folder may be half full. */
const COMPLETE = 'complete'

export const isComplete = (folder: string): boolean => fs.existsSync(path.join(folder, COMPLETE))

/** The file whose lock a process holds that fetches into the folder. */
export const lockOf = (folder: string): string => `${folder}.fetch`

const filesIn = (folder: string): ReadonlyArray<string> =>
  fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true)

export const jarsIn = (folder: string): ReadonlyArray<string> =>
  filesIn(folder)
    .filter((file) => file.endsWith('.jar'))
    .sort()

// -- what a fetch has not put in place yet ----------------------------------------------------------------------------

const host = (): string =>
  os
    .hostname()
    .replace(/[^A-Za-z0-9-]/g, '_')
    .slice(0, 64)

const freshOf = (folder: string): string => `${folder}.part-${host()}-${randomBytes(4).toString('hex')}`

const DAY_MS = 24 * 60 * 60 * 1000

const isOld = (folder: string): boolean => {
  const stats = fs.lstatSync(folder, { throwIfNoEntry: false })
  return stats !== undefined && Clock.wall() - stats.mtimeMs > DAY_MS
}

/**
 * The folders of fetches that died. The lock says so of those of this machine; on a disk that machines share it says
 * nothing of the others, and 0.1.0 had no lock (`kcl-3.1.3.PID.RANDOM`): theirs have a day.
 */
const leftovers = (folder: string): ReadonlyArray<string> => {
  const parts = new RegExp(`^(?:part-(.+)-[0-9a-f]{8}|[0-9]+\\.[0-9a-f]{8})$`)
  return fs
    .readdirSync(path.dirname(folder))
    .filter((name) => name.startsWith(`${path.basename(folder)}.`))
    .flatMap((name) => {
      const match = parts.exec(name.slice(path.basename(folder).length + 1))
      const left = path.join(path.dirname(folder), name)
      return match !== null && (match[1] === host() || isOld(left)) ? [left] : []
    })
}

const remove = (folder: string): void => fs.rmSync(folder, { recursive: true, force: true })

/** Removes what fetches that died have left. */
export const sweep = (folder: string): void => leftovers(folder).forEach(remove)

export const hasLeftovers = (folder: string): boolean => leftovers(folder).length > 0

/** An empty folder to fetch into, beside those of others. */
export const make = (folder: string): string => {
  const part = freshOf(folder)
  fs.mkdirSync(part, { recursive: true })
  return part
}

/**
 * A folder to fetch into. It has what an interrupted fetch of listed jars had got already, if its sum is right. The name
 * is a new one each time, since a Maven that outlived its kclts may still write under the old one.
 */
export const take = (folder: string, listed: ReadonlyArray<Sums.Jar> | null): string => {
  const part = freshOf(folder)
  const [first, ...others] = leftovers(folder)
  others.forEach(remove)
  if (first !== undefined && listed !== null) fs.renameSync(first, part)
  else if (first !== undefined) remove(first)
  fs.mkdirSync(part, { recursive: true })
  const right = new Set(
    listed?.filter((jar) => Sums.problems(part, [jar]).length === 0).map((jar) => path.join(part, jar.path))
  )
  for (const file of filesIn(part)) if (!right.has(file)) fs.rmSync(file)
  return part
}

/** Keeps what can be gone on with. */
export const leave = (part: string, isWorthKeeping: boolean): void => {
  if (!isWorthKeeping || jarsIn(part).length === 0) remove(part)
}

// -- putting it in place ----------------------------------------------------------------------------------------------

const syncFile = (file: string): void => Disk.using(fs.openSync(file, 'r+'), fs.fsyncSync)

/** The files, the folders that name them, and the folder itself. */
const sync = (folder: string, files: ReadonlyArray<string>): void => {
  files.forEach(syncFile)
  const folders = new Set([folder])
  for (const file of files)
    for (let at = path.dirname(file); at.length > folder.length; at = path.dirname(at)) folders.add(at)
  for (const one of [...folders].sort((a, b) => b.length - a.length)) Disk.node.syncFolder(one)
}

const mark = (folder: string): void => {
  const file = path.join(folder, COMPLETE)
  fs.writeFileSync(file, '')
  sync(folder, [file])
}

/** A folder of this name that lacks its mark keeps its files until the right ones take their names. */
const merge = (part: string, folder: string): void => {
  const moved = filesIn(part)
    .filter((file) => file !== path.join(part, COMPLETE))
    .map((file) => {
      const to = path.join(folder, path.relative(part, file))
      fs.mkdirSync(path.dirname(to), { recursive: true })
      fs.renameSync(file, to)
      return to
    })
  sync(folder, moved)
  mark(folder)
  remove(part)
}

/** All of it is on the disk before the mark is, and the mark before the folder has its name. */
export const place = (part: string, folder: string): void => {
  sync(part, filesIn(part))
  mark(part)
  try {
    fs.renameSync(part, folder)
  } catch (thrown) {
    if (!Failure.hasCode(thrown, 'ENOTEMPTY', 'EEXIST')) throw thrown
    // 0.1.0 may have been first.
    if (isComplete(folder)) remove(part)
    else merge(part, folder)
  }
  Disk.node.syncFolder(path.dirname(folder))
}
