/** What a run of `kclts dev` keeps for the next one, and what it finds of the one before. */
import { createHash, randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Clock } from '../run/Clock'
import * as Resume from './Resume'
import type { Shard } from './Shard'
import * as Source from './Source'
import * as StateFile from './StateFile'
import * as Trace from './Trace'
import * as Folders from '../files/Folders'
import * as Home from '../values/Home'
import type { Input } from './Input'

export interface Options {
  readonly shards: number
  readonly splitAfter: number | null
  readonly key: string | null
  /** The state file; null: one of its own for each stream, in `.kclts`. */
  readonly state: string | null
  readonly fresh: boolean
}

export interface Begun {
  /** null: the positions are kept in memory alone. */
  readonly stateFile: string | null
  readonly state: StateFile.StateFile
  readonly source: Source.Source
  readonly from: Source.Cursor
  /**
   * What the positions belong to, for letters and idempotency keys: another content under the same name, and another pipe,
   * has another one.
   */
  readonly identity: string
  /** For the user. */
  readonly notice: string | null
}

export interface World {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly input: Input
  readonly shards: ReadonlyArray<Shard>
  readonly onNotice: (notice: string) => void
}

/** What positions depend on: with another number of shards, or another split, they mean something else. */
export const streamName = (input: string, { shards, splitAfter, key }: Options): string =>
  [
    input,
    `${shards} ${shards === 1 ? 'shard' : 'shards'}`,
    ...(splitAfter === null ? [] : [`split after ${splitAfter}`]),
    ...(key === null ? [] : [`key ${key}`])
  ].join(', ')

const ownFile = (name: string, options: Options, cwd: string): string => {
  const slug = path.basename(name).replace(/[^A-Za-z0-9.-]+/g, '-')
  const hash = createHash('md5').update(streamName(name, options)).digest('hex').slice(0, 8)
  return path.join(cwd, '.kclts', `${slug}-${hash}.json`)
}

interface Place {
  readonly name: string
  readonly file: string
}

/** The first name that has a state, else the first; null: nothing is kept. Left: what is wrong with `--state`. */
const placeOf = (
  options: Options,
  { cwd, env, input }: Pick<World, 'cwd' | 'env' | 'input'>
): E.Either<string, Place | null> => {
  const { names, shown } = input
  const [name, ...older] = names ?? [shown]
  if (options.state !== null)
    return pipe(
      Home.resolve(cwd, options.state, env),
      E.bimap(
        (problem) => `--state: ${problem}`,
        (file): Place => ({ name, file })
      )
    )
  if (names === null) return E.right(null)
  const places = [name, ...older].map((one): Place => ({ name: one, file: ownFile(one, options, cwd) }))
  return E.right(places.find(({ file }) => fs.existsSync(file)) ?? places[0] ?? null)
}

/** Why no state can be kept; null: it can, or none is. Makes nothing. */
export const obstacle = (options: Options, world: Pick<World, 'cwd' | 'env' | 'input'>): string | null => {
  const place = placeOf(options, world)
  if (E.isLeft(place)) return place.left
  const why = place.right === null ? null : Folders.obstacle(path.dirname(place.right.file))
  return why === null
    ? null
    : `no state can be kept in ${place.right?.file ?? ''}: ${why}; name another file with --state`
}

/** The tail of a path makes a readable name: a hash in front distinguishes it from others. */
const identityOf = (stream: string, id: string): string => (id === '' ? stream : `${id}/${stream}`)

const POLL_MS = 100
const SILENT_LOOKS = 20

/** Waits for what comes through a pipe: what was consumed of it is not given out, and must be there to be compared. */
const resumed = async (request: Resume.Request, { clock, onNotice }: World): Promise<Resume.Resumption> => {
  for (let looks = 1; ; looks++) {
    const outcome = Resume.resume(request)
    if (outcome._tag === 'Begins') return outcome.resumption
    if (looks === SILENT_LOOKS)
      onNotice(`waiting for the lines of ${request.name} that the previous run read`)
    await new Promise<void>((resolve) => void clock.later(POLL_MS, resolve))
  }
}

/** In memory, from the beginning. */
const unkept = (options: Options, { input }: World): Begun => ({
  stateFile: null,
  identity: identityOf(streamName(input.shown, options), randomUUID()),
  state: StateFile.inMemory(),
  source: input.begin(Source.start, Source.start),
  from: Source.start,
  notice: null
})

/** The name under which the state was kept, when it was another one. */
const isRenamed = (found: StateFile.Found, options: Options): boolean =>
  found.state.input !== null && streamName(found.state.input.name, options) === found.state.stream

const keptIn = async (
  { name, file }: Place,
  opened: StateFile.Opened,
  options: Options,
  world: World
): Promise<E.Either<string, Begun>> => {
  const { input, shards } = world
  const stream = streamName(name, options)
  const { found } = opened
  const isOther = found !== null && found.state.stream !== stream
  if (isOther && !isRenamed(found, options)) return E.left(StateFile.another(file, found.state, stream))
  const { isTraced, isFollowed, source, shown } = input
  const resumption = await resumed({ name: shown, source, shards, found, isTraced, isFollowed }, world)
  if (isOther && !resumption.isSame) return E.left(StateFile.another(file, found.state, stream))
  const { positions, origin, from, pen, notice, isSame } = resumption
  // Its positions begin again, and must not be taken for those of the earlier content.
  const id = isSame || notice === null ? (found?.state.input?.id ?? '') : randomUUID()
  const reading = input.begin(origin, from)
  const traceTo = Trace.following(reading, pen)
  const state = opened.begin({
    stream,
    shards: positions,
    inputOf: (now) => (isTraced ? { name, id, ...traceTo(Resume.lastLine(shards, now)) } : null)
  })
  return pipe(
    state,
    E.map((one): Begun => ({
      stateFile: file,
      identity: identityOf(stream, id),
      state: one,
      source: reading,
      from,
      notice
    }))
  )
}

/** Left: why the state cannot be kept, or is of another stream. */
export const begin = async (options: Options, world: World): Promise<E.Either<string, Begun>> => {
  const place = placeOf(options, world)
  if (E.isLeft(place)) return place
  if (place.right === null) return E.right(unkept(options, world))
  const opened = StateFile.open(place.right.file, options.fresh)
  if (E.isLeft(opened)) return opened
  const begun = await keptIn(place.right, opened.right, options, world)
  if (E.isLeft(begun)) opened.right.close()
  return begun
}
