/** What a run plays: the lines of an input, dealt to shards that are made up, or a recording with the shards that it has. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { randomUUID } from 'node:crypto'
import * as Managed from '../run/Managed'
import * as Home from '../values/Home'
import type { Stored } from '../protocol/Lease'
import * as Chance from './Chance'
import * as Input from './Input'
import * as Playback from './Playback'
import * as Positions from './Positions'
import * as Shard from './Shard'
import * as StateFile from './StateFile'
import * as Stream from './Stream'

export interface Options extends Input.Choice, Positions.Options {
  readonly batch: number
  /** The recording that is played; null: an input is read. */
  readonly from: string | null
}

export interface World extends Input.World {
  /** A line of the input is not a record. */
  readonly onUnreadable: (line: number, problem: string) => void
}

export interface Feed {
  readonly shards: ReadonlyArray<Shard.Shard>
  readonly stream: Stream.Stream
  /** The most records in a batch. */
  readonly batch: number
  readonly state: StateFile.StateFile
  /** null: the positions are kept in memory alone. */
  readonly stateFile: string | null
  /** What the positions belong to, for letters and idempotency keys. */
  readonly identity: string
  /** For the user, before the run. */
  readonly notices: ReadonlyArray<string>
  /** For the user, after the run. */
  readonly missing: () => ReadonlyArray<string>
  /** Why something of the input was not read; null: all was. */
  readonly problem: () => string | null
}

/** An input that is open: another source once the run begins where the one before ended. Only one of the two is closed. */
interface Lines {
  readonly _tag: 'Lines'
  readonly input: Input.Input
  source: Input.Input['source']
}

export type Opened = Lines | { readonly _tag: 'Recording'; readonly playback: Playback.Playback }

/** How long the input and the positions may take to close, in milliseconds. */
const CLOSE_MS = 5000

const refused = (problem: string): Managed.Refusal => Managed.refusal([problem])

const lines = (input: Input.Input): Lines => ({ _tag: 'Lines', input, source: input.source })

/** A user who may not write here learns it with all else that is wrong. */
const reading = (options: Options, world: World): Managed.Managed<Lines> => {
  const close: Managed.Release<Lines> = Managed.within(CLOSE_MS, 'the input', ({ source }) => source.close())
  return pipe(
    Managed.make(
      () =>
        Promise.resolve(pipe(Input.open(options, world, Chance.make(options.seed)), E.bimap(refused, lines))),
      close
    ),
    Managed.chain((one) =>
      Managed.fromEither(() => {
        const unkept = Positions.obstacle(options, { ...world, input: one.input })
        return unkept === null ? E.right(one) : E.left(refused(unkept))
      })
    )
  )
}

const recording = ({ file }: Options, from: string, { cwd, env }: World): E.Either<string, Opened> =>
  file !== null
    ? E.left('a file and --from exclude each other')
    : pipe(
        Home.resolve(cwd, from, env),
        E.chain(Playback.open),
        E.map((playback): Opened => ({ _tag: 'Recording', playback }))
      )

/** Opens what is read, and changes nothing. */
export const open = (options: Options, world: World): Managed.Managed<Opened> => {
  const { from } = options
  return from === null
    ? reading(options, world)
    : Managed.fromEither(() => pipe(recording(options, from, world), E.mapLeft(refused)))
}

/** A chunk holds some batches of every shard, so that shards which keep pace read the same one. */
const MIN_LINES = 1000
const MAX_LINES = 100_000
const linesOf = ({ batch, shards }: Options): number =>
  Math.min(MAX_LINES, Math.max(MIN_LINES, batch * shards))

/** The positions of the run before, where they are kept. */
const resumed = (options: Options, world: World, read: Lines): Managed.Managed<Feed> => {
  const shards = Shard.make(options.shards, options.splitAfter)
  const feedOf = ({ state, source, from, stateFile, identity, notice }: Positions.Begun): Feed => ({
    shards,
    stream: Stream.make({
      source,
      from,
      shards,
      key: options.key,
      lines: linesOf(options),
      wall: world.clock.wall,
      onUnreadable: world.onUnreadable
    }),
    batch: options.batch,
    state,
    stateFile,
    identity,
    notices: notice === null ? [] : [notice],
    missing: () => [],
    problem: source.problem
  })
  return pipe(
    Managed.make(
      async () => {
        const begun = await Positions.begin(options, { ...world, shards, input: read.input })
        if (E.isRight(begun)) read.source = begun.right.source
        return pipe(begun, E.mapLeft(refused))
      },
      Managed.within(CLOSE_MS, 'the positions', ({ state }) => state.close())
    ),
    Managed.map(feedOf)
  )
}

/** From its beginning, each time under a name of its own: sinks must not take its outputs for those of the recorded run. */
const played = (from: string, { shards, stream, notices, missing, problem }: Playback.Playback): Feed => ({
  shards,
  stream,
  batch: Infinity,
  state: StateFile.inMemory(),
  stateFile: null,
  identity: `${randomUUID()}/recording ${from}`,
  notices,
  missing,
  problem
})

/** Begins where the run before ended, and locks its positions. */
export const begin = (options: Options, world: World, opened: Opened): Managed.Managed<Feed> =>
  opened._tag === 'Lines'
    ? resumed(options, world, opened)
    : Managed.fromEither(() => E.right(played(options.from ?? '', opened.playback)))

/** How many records a crash would bring again of those up to a line, from what is stored. */
export const replay = ({ stream, state }: Feed, shard: Shard.Shard, upTo: number): number => {
  const stored: Stored = state.stored(shard.id)
  if (stored === 'SHARD_END') return 0
  return stream.count(shard, stored === null ? 0 : stream.lineOf(shard.id, stored), upTo)
}
