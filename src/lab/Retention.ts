/** The bounds of a folder of recordings: which of its files are removed, so that it stays below its size and age. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Part from './Part'
import * as Reader from './Reader'

export interface Bounds {
  /** Bytes of all files. */
  readonly size: number
  /** Milliseconds since a file was last written. */
  readonly age: number
}

export interface File {
  readonly file: string
  readonly bytes: number
  /** When it was last written, in milliseconds since 1970. */
  readonly written: number
}

/** The oldest first. */
export const excess = (
  files: ReadonlyArray<File>,
  { size, age }: Bounds,
  now: number
): ReadonlyArray<string> => {
  let left = files.reduce((sum, { bytes }) => sum + bytes, 0)
  return [...files]
    .sort((a, b) => a.written - b.written)
    .filter(({ bytes, written }) => {
      const isTooMuch = left > size || now - written > age
      if (isTooMuch) left -= bytes
      return isTooMuch
    })
    .map(({ file }) => file)
}

const look = (file: string): ReadonlyArray<File> => {
  try {
    const { size, mtimeMs } = fs.statSync(file)
    return [{ file, bytes: size, written: mtimeMs }]
  } catch {
    // Another process has removed it.
    return []
  }
}

/** Removes what is too much, but none that is being written by this process, and no file that is no recording. */
export const keep = (folder: string, bounds: Bounds, now: number, open: ReadonlySet<string>): void => {
  const files = fs
    .readdirSync(folder)
    .filter(Part.isName)
    .map((name) => path.join(folder, name))
    .filter((file) => !open.has(file))
    .flatMap(look)
  for (const file of excess(files, bounds, now))
    if (E.isRight(Reader.open(file))) fs.rmSync(file, { force: true })
}
