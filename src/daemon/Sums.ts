/** The shipped list of a version's jars: each with its SHA-256 sum and its path in a Maven repository. */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'

export interface Jar {
  readonly sha256: string
  /** `ch/qos/logback/logback-core/1.3.14/logback-core-1.3.14.jar`. */
  readonly path: string
}

const LINE = /^([0-9a-f]{64}) {2}(\S+\.jar)$/

/** null: nothing is shipped for this version. */
export const read = (shipped: string, version: string): ReadonlyArray<Jar> | null => {
  const file = path.join(shipped, 'kcl', version, 'sums.txt')
  if (!fs.existsSync(file)) return null
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, sha256, jar] = LINE.exec(line) ?? []
      return sha256 === undefined || jar === undefined ? [] : [{ sha256, path: jar }]
    })
}

/** Of a file, read piece by piece. */
export const sumOf = (file: string): string =>
  createHash('sha256').update(fs.readFileSync(file)).digest('hex')

/** What is wrong with the jars in a folder, a sentence each. */
export const problems = (folder: string, jars: ReadonlyArray<Jar>): ReadonlyArray<string> =>
  jars.flatMap((jar) => {
    const file = path.join(folder, jar.path)
    if (!fs.existsSync(file)) return [`${jar.path} is missing`]
    return sumOf(file) === jar.sha256
      ? []
      : [`${jar.path} does not match its SHA-256 sum: it is damaged, or another file`]
  })
