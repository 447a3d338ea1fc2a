/** Where `kclts dev` reads from: a file, stdin, or records that are made up. */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import type { Chance } from './Chance'
import * as FileSource from './FileSource'
import * as Opening from './Opening'
import * as Source from './Source'
import * as Spool from './Spool'
import * as Tail from './Tail'
import * as Home from '../values/Home'
import type { Surroundings } from '../edge/Surroundings'

export interface Choice {
  /** A file, or `-` for stdin; null: none was named. */
  readonly file: string | null
  /** How many records to make up; null: none. */
  readonly generate: number | null
  readonly seed: number
  readonly follow: boolean
  /** False: what is made up is a new input each time. */
  readonly isKept: boolean
}

export interface Input {
  /** As the user calls it. */
  readonly shown: string
  /**
   * What the positions of a run belong to; null: it is a new input each time, such as a pipe. The second name is that which
   * a version before 0.2 gave it, where it is another one.
   */
  readonly names: readonly [string, ...ReadonlyArray<string>] | null
  /** Whether a hash distinguishes it from another input; generated input is known by its name, which has the seed. */
  readonly isTraced: boolean
  readonly isFollowed: boolean
  /** To see what is there. */
  readonly source: Source.Source
  /** The same to be read from a place on, where the content that is there now begins at `origin`. Only one is closed. */
  readonly begin: (origin: Source.Cursor, from: Source.Cursor) => Source.Source
}

const STDIN = '-'

const spooled = (
  shown: string,
  open: () => Parameters<typeof Spool.make>[0],
  onProblem: (problem: string) => void
): E.Either<string, Input> => {
  const obstacle = Spool.obstacle()
  if (obstacle !== null) return E.left(obstacle)
  const source = Opening.make(Spool.make(open(), onProblem), shown)
  return E.right({ shown, names: null, isTraced: true, isFollowed: false, source, begin: () => source })
}

/** @param fd of the file that is open: by the time it is followed, another file may have the name. */
const followed =
  (shown: string, file: string, fd: number, world: World): Input['begin'] =>
  (origin, from) =>
    Opening.make(Tail.make({ file, fd, origin, from, clock: world.clock, onNotice: world.onNotice }), shown)

export interface World extends Pick<Surroundings, 'cwd' | 'env' | 'stdin' | 'clock'> {
  readonly onProblem: (problem: string) => void
  /** Something that the user must know, such as that a followed file was truncated. */
  readonly onNotice: (notice: string) => void
}

const openFile = (name: string, isFollowed: boolean, world: World): E.Either<string, Input> => {
  const resolved = Home.resolve(world.cwd, name, world.env)
  if (E.isLeft(resolved)) return resolved
  const given = resolved.right
  try {
    const stat = fs.statSync(given)
    if (stat.isDirectory()) return E.left(`${name} is a folder; expected a file of NDJSON`)
    if (!stat.isFile()) return spooled(name, () => fs.createReadStream(given), world.onProblem)
    // What is followed is copied, too.
    const obstacle = isFollowed ? Spool.obstacle() : null
    if (obstacle !== null) return E.left(obstacle)
    // A link is no input of its own: it may point to another file tomorrow.
    const file = fs.realpathSync(given)
    const fd = fs.openSync(file, 'r')
    const source = Opening.make(
      FileSource.make(fd, () => true),
      name
    )
    return E.right({
      shown: name,
      names: file === given ? [file] : [file, given],
      isTraced: true,
      isFollowed,
      source,
      begin: isFollowed ? followed(name, given, fd, world) : () => source
    })
  } catch (thrown) {
    return E.left(`${name} cannot be read: ${Failure.fromUnknown(thrown).message}`)
  }
}

const madeUp = (count: number, { seed, isKept }: Choice, chance: Chance): Input => {
  const name = `generated with seed ${seed}`
  const source = Source.generated(count, chance)
  return {
    shown: `what is ${name}`,
    names: isKept ? [name] : null,
    isTraced: false,
    isFollowed: false,
    source,
    begin: () => source
  }
}

/** Left: a sentence for a user who named none, more than one, or one that cannot be read. */
export const open = (choice: Choice, world: World, chance: Chance): E.Either<string, Input> => {
  const { file, generate, follow } = choice
  if (generate !== null && follow) return E.left('--follow is for a file that grows, not for --generate')
  if (generate !== null)
    return file === null
      ? E.right(madeUp(generate, choice, chance))
      : E.left('a file and --generate exclude each other')
  if (file !== null && file !== STDIN) return openFile(file, follow, world)
  if (file === null && world.stdin.isTTY)
    return E.left('name a file of NDJSON, pipe one in, or use --generate 1000')
  return spooled('stdin', () => world.stdin, world.onProblem)
}
