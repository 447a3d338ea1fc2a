/** The state on disk: replaced as a whole and synced before a checkpoint is answered, locked against a second run. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Disk from '../files/Disk'
import * as Lock from '../files/Lock'
import * as Failure from '../core/Failure'
import type { Stored } from '../protocol/Lease'
import * as State from './State'

export interface StateFile {
  readonly stored: (shardId: string) => Stored
  readonly store: (shardId: string, stored: Stored) => E.Either<string, void>
  /** Ends the lock. */
  readonly close: () => void
}

const attempt = <A>(what: string, f: () => A): E.Either<string, A> =>
  E.tryCatch(f, (thrown) => `${what}: ${Failure.describe(thrown)}`)

const FRESH = 'use --fresh to start from the beginning, or --state to name another file'

/** What an earlier run left, and when it did. */
export interface Found {
  readonly state: State.State
  /** Milliseconds since 1970. */
  readonly at: number
}

const readState = (file: string): E.Either<string, Found | null> => {
  if (!fs.existsSync(file)) return E.right(null)
  const read = attempt(`the state file ${file} cannot be read`, () => ({
    text: fs.readFileSync(file, 'utf8'),
    at: fs.statSync(file).mtimeMs
  }))
  if (E.isLeft(read)) return read
  return pipe(
    State.decode(read.right.text),
    E.bimap(
      (problem) => `the state file ${file} is damaged: ${problem}; ${FRESH}`,
      (state): Found => ({ state, at: read.right.at })
    )
  )
}

/** The state is of another stream than this one. */
export const another = (file: string, found: State.State, stream: string): string =>
  `the state file ${file} is of another stream (${found.stream}; this one is ${stream}); ${FRESH}`

/** What a run leaves: its positions, and the trace of what they cover. */
export interface Kept {
  readonly stream: string
  readonly shards: State.State['shards']
  readonly inputOf: (shards: State.State['shards']) => State.Input | null
}

/** The state of a stream, locked. */
export interface Opened {
  readonly found: Found | null
  /** Writes the state once, so that a place that cannot be written is found before the first checkpoint. */
  readonly begin: (kept: Kept) => E.Either<string, StateFile>
  /** Ends the lock. */
  readonly close: () => void
}

/**
 * Opens a state, creating the file's folder.
 *
 * Left: another run is using it, it cannot be read or written, or it is damaged.
 *
 * @param named a link stays one, and all names of a file have one lock.
 * @param isFresh forget what is there.
 */
export const open = (named: string, isFresh: boolean): E.Either<string, Opened> => {
  const found = attempt(`the folder of the state file ${named} cannot be made`, () => {
    const target = Disk.target(named)
    Disk.mkdirs(Disk.node, path.dirname(target))
    return target
  })
  return pipe(
    found,
    E.chain((file) => openLocked(file, isFresh))
  )
}

const openLocked = (file: string, isFresh: boolean): E.Either<string, Opened> => {
  const lock = Lock.acquire(file)
  if (E.isLeft(lock)) return E.left(`the state file ${file} is locked: ${lock.left}`)
  const found = isFresh ? E.right(null) : readState(file)
  if (E.isLeft(found)) lock.right.release()
  return pipe(
    found,
    E.map((one): Opened => ({
      found: one,
      begin: (kept) => begin(file, kept, lock.right.release),
      close: lock.right.release
    }))
  )
}

const begin = (file: string, kept: Kept, close: () => void): E.Either<string, StateFile> => {
  let { shards } = kept
  const save = (next: State.State['shards']): E.Either<string, void> =>
    attempt(`the state file ${file} cannot be written`, () => {
      Disk.replace(file, State.encode({ stream: kept.stream, shards: next, input: kept.inputOf(next) }))
      shards = next
    })
  return pipe(
    save(shards),
    E.map((): StateFile => ({
      stored: (shardId) => shards[shardId] ?? null,
      store: (shardId, stored) => save({ ...shards, [shardId]: stored }),
      close
    }))
  )
}

/** Positions that are kept as long as this process runs: of an input that no later run can be given again. */
export const inMemory = (): StateFile => {
  const shards = new Map<string, Stored>()
  return {
    stored: (shardId) => shards.get(shardId) ?? null,
    store: (shardId, stored) => {
      shards.set(shardId, stored)
      return E.right(undefined)
    },
    close: () => undefined
  }
}
