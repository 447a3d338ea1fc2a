/** The state on disk: replaced as a whole and synced before a checkpoint is answered, locked against a second run. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Disk from '../../edge/Disk'
import * as Lock from '../../edge/Lock'
import * as Failure from '../../core/Failure'
import type { Stored } from './Lease'
import * as State from './State'

export interface StateFile {
  readonly stored: (shardId: string) => Stored
  readonly store: (shardId: string, stored: Stored) => E.Either<string, void>
  /** Ends the lock. */
  readonly close: () => void
}

const syncFolder = (folder: string): void => {
  const fd = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** A crash leaves the old file or the new one, never a part. */
const replace = (file: string, text: string): void => {
  const next = `${file}.next`
  const fd = fs.openSync(next, 'w', 0o600)
  try {
    fs.writeFileSync(fd, text)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  fs.renameSync(next, file)
  syncFolder(path.dirname(file))
}

const attempt = <A>(what: string, f: () => A): E.Either<string, A> =>
  E.tryCatch(f, (thrown) => `${what}: ${Failure.show(Failure.fromUnknown(thrown))}`)

const FRESH = 'use --fresh to begin at the beginning, or --state to name another file'

const readState = (file: string, stream: string): E.Either<string, State.State> => {
  if (!fs.existsSync(file)) return E.right({ stream, shards: {} })
  const text = attempt(`the state file ${file} cannot be read`, () => fs.readFileSync(file, 'utf8'))
  if (E.isLeft(text)) return text
  const state = State.decode(text.right)
  if (E.isLeft(state)) return E.left(`the state file ${file} is damaged: ${state.left}; ${FRESH}`)
  return state.right.stream === stream
    ? state
    : E.left(
        `the state file ${file} is of another stream (${state.right.stream}; this one is ${stream}); ${FRESH}`
      )
}

/**
 * Opens the state of a stream, creating the file's folder.
 *
 * Left: another run is at work on it, it cannot be read or written, it is damaged, or it is of another stream.
 *
 * @param stream what the stream is made of.
 * @param isFresh forget what is there.
 */
export const open = (file: string, stream: string, isFresh: boolean): E.Either<string, StateFile> => {
  const folder = attempt(`the folder of the state file ${file} cannot be made`, () =>
    Disk.mkdirs(Disk.node, path.dirname(file))
  )
  if (E.isLeft(folder)) return folder
  const lock = Lock.acquire(file)
  if (E.isLeft(lock)) return E.left(`the state file ${file} is locked: ${lock.left}`)
  const state = isFresh ? E.right<string, State.State>({ stream, shards: {} }) : readState(file, stream)
  const opened = E.chain(({ shards }: State.State) => begin(file, stream, shards, lock.right))(state)
  if (E.isLeft(opened)) lock.right.release()
  return opened
}

/** Writes the state once, so that a place that cannot be written is found before the first checkpoint. */
const begin = (
  file: string,
  stream: string,
  found: State.State['shards'],
  lock: Lock.Lock
): E.Either<string, StateFile> => {
  let shards = found
  const save = (next: State.State['shards']): E.Either<string, void> =>
    attempt(`the state file ${file} cannot be written`, () => {
      replace(file, State.encode({ stream, shards: next }))
      shards = next
    })
  return E.map((): StateFile => ({
    stored: (shardId) => shards[shardId] ?? null,
    store: (shardId, stored) => save({ ...shards, [shardId]: stored }),
    close: lock.release
  }))(save(found))
}
