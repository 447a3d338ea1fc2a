/**
 * A small file that says that a worker runs, and how far its shards are. What ends the whole process (SIGKILL, the kernel's
 * OOM killer) leaves nothing else behind: the next worker finds the file, says so, and counts it.
 */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Level, LogFields } from '../core/Effect'
import * as Failure from '../core/Failure'
import * as Position from '../protocol/Position'
import type { ShardStatus } from './ShardStatus'

type Shard = Pick<ShardStatus, 'shardId' | 'watermark'>

const PositionCodec = t.type({ sequenceNumber: t.string, subSequenceNumber: t.number })
const FileCodec = t.type({
  /** How many workers have ended without stopping. */
  ends: t.number,
  isRunning: t.boolean,
  shards: t.array(t.type({ shardId: t.string, watermark: t.union([PositionCodec, t.null]) }))
})
type Content = t.TypeOf<typeof FileCodec>

export interface LastRun {
  /** How many workers have ended without stopping, since the file was made. */
  readonly ends: number
  /** Notes where the shards are now. */
  readonly note: () => void
  /** The worker has stopped. */
  readonly close: () => void
}

export interface Options {
  /** Absolute path; no other worker uses it. */
  readonly file: string
  readonly shards: () => ReadonlyArray<Shard>
  readonly log: (level: Level, message: string, fields: LogFields) => void
}

const nothing: Content = { ends: 0, isRunning: false, shards: [] }

/** A file that cannot be understood is of a run that was cut while it wrote, or none of ours: nothing is known. */
const read = (file: string): Content =>
  pipe(
    E.tryCatch((): unknown => JSON.parse(fs.readFileSync(file, 'utf8')), Failure.fromUnknown),
    E.chainW((value) => FileCodec.decode(value)),
    E.getOrElse(() => nothing)
  )

const show = ({ shardId, watermark }: Shard): string =>
  `${shardId} ${watermark === null ? 'at its beginning' : `up to ${Position.show(watermark)}`}`

export const open = ({ file, shards, log }: Options): LastRun => {
  const before = read(file)
  const ends = before.ends + (before.isRunning ? 1 : 0)
  if (before.isRunning)
    log(
      'warn',
      'the previous worker ended without stopping (it was killed, or the machine went down); no record is suspected of causing it',
      { ends, shards: before.shards.map(show).join(', ') }
    )
  let isToldOf = false
  const write = (content: Content): void => {
    try {
      fs.writeFileSync(`${file}.next`, `${JSON.stringify(content)}\n`, { mode: 0o600 })
      fs.renameSync(`${file}.next`, file)
    } catch (thrown) {
      if (!isToldOf) log('warn', `${file} cannot be written: ${Failure.describe(thrown)}`, {})
      isToldOf = true
    }
  }
  const note = (): void =>
    write({
      ends,
      isRunning: true,
      shards: shards().map(({ shardId, watermark }) => ({ shardId, watermark }))
    })
  note()
  return { ends, note, close: () => write({ ends, isRunning: false, shards: [] }) }
}
