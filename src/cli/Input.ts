/** Where `kclts dev` reads from: a file, stdin, or records that are made up. */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import type { Chance } from '../daemon/local/Chance'
import * as FileSource from '../daemon/local/FileSource'
import * as Source from '../daemon/local/Source'
import * as Spool from '../daemon/local/Spool'
import * as Home from '../edge/Home'
import type { Surroundings } from './Surroundings'

export interface Choice {
  /** A file, or `-` for stdin; null: none was named. */
  readonly file: string | null
  /** How many records to make up; null: none. */
  readonly generate: number | null
  readonly seed: number
  readonly follow: boolean
}

export interface Input {
  /** What the positions of a run belong to. */
  readonly name: string
  readonly source: Source.Source
}

const STDIN = '-'

const spooled = (
  name: string,
  input: NodeJS.ReadableStream & Parameters<typeof Spool.make>[0],
  onProblem: (problem: string) => void
): Input => ({
  name,
  source: Spool.make(input, onProblem)
})

const openFile = (
  { cwd, env }: Pick<Surroundings, 'cwd' | 'env'>,
  name: string,
  follow: boolean,
  onProblem: (problem: string) => void
): E.Either<string, Input> => {
  const resolved = Home.resolve(cwd, name, env)
  if (E.isLeft(resolved)) return resolved
  const file = resolved.right
  try {
    const stat = fs.statSync(file)
    if (stat.isDirectory()) return E.left(`${name} is a folder; expected a file of NDJSON`)
    return E.right(
      stat.isFile()
        ? { name: file, source: FileSource.make(fs.openSync(file, 'r'), () => !follow) }
        : spooled(file, fs.createReadStream(file), onProblem)
    )
  } catch (thrown) {
    return E.left(`${name} cannot be read: ${Failure.fromUnknown(thrown).message}`)
  }
}

/** Left: a sentence for a user who named none, more than one, or one that cannot be read. */
export const open = (
  { file, generate, seed, follow }: Choice,
  around: Pick<Surroundings, 'cwd' | 'env' | 'stdin'>,
  chance: Chance,
  onProblem: (problem: string) => void
): E.Either<string, Input> => {
  if (generate !== null && follow) return E.left('--follow is for a file that grows, not for --generate')
  if (generate !== null)
    return file === null
      ? E.right({ name: `generated with seed ${seed}`, source: Source.generated(generate, chance) })
      : E.left('a file and --generate exclude each other')
  if (file !== null && file !== STDIN) return openFile(around, file, follow, onProblem)
  if (file === null && around.stdin.isTTY)
    return E.left('name a file of NDJSON, pipe one in, or use --generate 1000')
  return E.right(spooled('stdin', around.stdin, onProblem))
}
