/** The questions about a new project, and their defaults. */
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Config from '../../config/Config'

export const RUNNERS = ['node', 'vitest', 'jest'] as const

/** What runs the project's tests. `node` is node:test. */
export type Runner = (typeof RUNNERS)[number]

export interface Answers {
  readonly stream: string
  readonly application: string
  readonly runner: Runner
}

/** The key of the configuration that each answer is written to, whose codec says what is right. */
const KEYS = { stream: 'daemon.streamName', application: 'daemon.applicationName' } as const

export type Name = keyof typeof KEYS

/** Right: the name as it is. Left: what was found, and what is expected. */
export const nameOf = (name: Name, text: string): E.Either<string, string> => {
  const codec = Config.keyOf(KEYS[name])?.codec
  return codec === undefined || E.isRight(codec.decode(text))
    ? E.right(text)
    : E.left(`found "${text}", expected ${codec.name}`)
}

const MOST = 100

/** The name of a folder, as npm and DynamoDB take it: 3 characters or more. */
export const projectOf = (folder: string): string => {
  const name = path
    .basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, MOST)
    .replace(/^-+|-+$/g, '')
  return name === '' ? 'consumer' : name.length < 3 ? `${name}-consumer` : name
}

export const defaults = (folder: string): Answers => ({
  stream: 'orders',
  application: projectOf(folder),
  runner: 'node'
})
