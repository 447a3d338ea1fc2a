/** What a path leads to. Lines that must last need a regular file: nothing else can be synced, or read again later. */
import * as fs from 'node:fs'
import * as path from 'node:path'

/** Kinds of files that are not regular. */
export const nameOf = (stats: Pick<fs.Stats, 'isDirectory' | 'isFIFO' | 'isSocket'>): string => {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a named pipe'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

/** Whatever is behind the descriptor today, tomorrow it is a terminal, a pipe or the protocol of the daemon. */
const DESCRIPTOR =
  /^\/(?:dev\/(?:std(?:in|out|err)|fd\/[0-9]+)|proc\/(?:self|thread-self|[0-9]+)\/fd\/[0-9]+)$/

export const DESCRIPTOR_NAME = 'an open descriptor of the process'

const LINKS = 40

/** The path is that of an open descriptor, or a link to one. Throws what fs throws. */
export const isDescriptor = (file: string, links = LINKS): boolean => {
  if (DESCRIPTOR.test(file)) return true
  const isLink = links > 0 && fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true
  return isLink && isDescriptor(path.resolve(path.dirname(file), fs.readlinkSync(file)), links - 1)
}

/**
 * What is there, when it is not a regular file: `a named pipe`. null: a regular file, or nothing yet. Throws what fs
 * throws.
 */
export const oddity = (file: string): string | null => {
  if (isDescriptor(file)) return DESCRIPTOR_NAME
  const stats = fs.statSync(file, { throwIfNoEntry: false })
  return stats === undefined || stats.isFile() ? null : nameOf(stats)
}
