/** What the commands about dead letters share: which file, how it is read, and how a text of a stranger is shown. */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from '../../config/Config'
import * as Failure from '../../core/Failure'
import * as ConfigSearch from '../../config/ConfigSearch'
import * as Choice from '../../deadLetters/DeadLetterChoice'
import { escaped } from '../../deadLetters/DeadLetterCodec'
import * as Index from '../../deadLetters/DeadLetterIndex'
import * as Taking from '../../deadLetters/DeadLetterTaking'
import * as Home from '../../values/Home'
import * as Disk from '../../files/Disk'
import * as Lock from '../../files/Lock'
import * as Sharing from '../../files/Sharing'
import type { Surroundings } from '../../edge/Surroundings'

/** 0: all is well. 1: something failed again, halted, or could not be read. 2: wrong usage or configuration. */
export type Code = 0 | 1 | 2

export interface Options {
  /** null: the one of the configuration. */
  readonly file: string | null
  readonly config: string | null
  /** Settings by flag name. */
  readonly flags: Readonly<Record<string, string>>
  readonly choice: Choice.Choice
}

const configured = ({ config, flags }: Options, { cwd, env }: Surroundings): E.Either<string, string> => {
  const loaded = ConfigSearch.load({ cwd, env, file: config, flags, handlerRequired: false })
  if (E.isLeft(loaded)) return E.left(loaded.left.map(ConfigSearch.show).join('\n'))
  const { deadLetters, fallback } = loaded.right.config.failure
  if (Config.sinkOf(deadLetters) === null) return E.right(deadLetters)
  return fs.existsSync(fallback)
    ? E.right(fallback)
    : E.left(
        `failure.deadLetters is ${deadLetters}, and there is no file ${fallback} of letters that the sink refused; name a file of dead letters`
      )
}

/** The file itself where a link to it was named. Left: there is none, nor letters that were taken from it. */
export const find = (options: Options, around: Surroundings): E.Either<string, string> =>
  pipe(
    options.file === null ? configured(options, around) : Home.resolve(around.cwd, options.file, around.env),
    E.chain((named) =>
      E.flatten(
        E.tryCatch((): E.Either<string, string> => {
          const file = Disk.target(named)
          const [first] = Taking.places(file)
          if (first === undefined)
            return E.left(`there is no file ${file}, so there are no dead letters in it`)
          return fs.statSync(first.file).isFile() ? E.right(file) : E.left(`${file} is not a regular file`)
        }, cannotBeRead(named))
      )
    )
  )

const cannotBeRead =
  (file: string) =>
  (thrown: unknown): string =>
    `${file} cannot be read: ${Failure.describe(thrown)}`

/** Left: the file, or its journal, cannot be read. */
export const read = (file: string): E.Either<string, Index.Index> =>
  E.tryCatch(() => Index.read(Taking.places(file)), cannotBeRead(file))

/** What a command is about. */
export interface Chosen {
  readonly index: Index.Index
  readonly entries: ReadonlyArray<Index.Entry>
}

/** @param print says which lines cannot be read, whether what is asked for can be chosen or not. */
export const choose = (
  file: string,
  { choice }: Options,
  print: (text: string) => void
): E.Either<string, Chosen> =>
  pipe(
    read(file),
    E.chain((index) => {
      print(unreadable(index))
      return pipe(
        Choice.choose(index.entries, choice),
        E.map((entries) => ({ index, entries }))
      )
    })
  )

/**
 * Locks the file against every other command that changes it.
 *
 * Left: what uses the file, or why a lock would not stop others, if `--exclusive` was not given.
 */
export const lock = (
  file: string,
  { exclusive }: { readonly exclusive: boolean }
): E.Either<string, Lock.Lock> => {
  const shared = exclusive ? E.right(null) : E.tryCatch(() => Sharing.problem(file), cannotBeRead(file))
  if (E.isLeft(shared)) return shared
  if (shared.right !== null)
    return E.left(
      `${shared.right}; stop all workers and commands that use the file, and add --exclusive, which states that nothing else writes to it`
    )
  const taken = Lock.acquire(file)
  // Some such file systems have no named pipes. The user has said that none is needed.
  return exclusive && E.isLeft(taken) && !taken.left.includes('is at work')
    ? E.right({ release: () => undefined })
    : taken
}

/** Said after `Taking.recover`. */
export const RECOVERED =
  'kclts: an earlier command was interrupted; the letters that it had taken are back in the file\n'

/**
 * Finds and locks the file for a command, and says what is wrong.
 *
 * @param f Left: why it has changed nothing.
 */
export const withLock = async (
  name: string,
  options: Options & { readonly exclusive: boolean },
  around: Surroundings,
  f: (file: string) => E.Either<string, Code> | Promise<E.Either<string, Code>>,
  print: (text: string) => void = (text) => void around.stderr.write(text)
): Promise<Code> => {
  const fail = (problem: string, code: Code): Code => {
    print(`kclts dead-letters ${name}: ${problem}\n`)
    return code
  }
  const locked = pipe(
    find(options, around),
    E.bindTo('file'),
    E.bind('lock', (found) => lock(found.file, options))
  )
  if (E.isLeft(locked)) return fail(locked.left, 2)
  try {
    const ended = await f(locked.right.file)
    return E.isLeft(ended) ? fail(ended.left, 2) : ended.right
  } catch (thrown) {
    return fail(Failure.describe(thrown), 1)
  } finally {
    locked.right.lock.release()
  }
}

// What moves a terminal's cursor, colours it, turns its text round, or is no character at all.
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu

/** On one line, with no character that a terminal obeys. */
export const safe = (text: string): string => text.replace(UNSAFE, escaped)

/** As `safe`, with the line ends that it has. */
export const safeLines = (text: string): string => text.split('\n').map(safe).join('\n')

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

/** With the letters that are done, since the file still has them. */
export const nothingTo = (command: string, { done }: Index.Index): string =>
  `there is nothing to ${command}${done === 0 ? '' : `: ${counted(done, 'letter')} in the file ${done === 1 ? 'is' : 'are'} done already`}\n`

/** A time that a letter names may be none that a date has. */
export const when = (millis: number): string => {
  const date = new Date(millis)
  return Number.isNaN(date.getTime()) ? `${millis} ms` : date.toISOString()
}

const SHOWN_UNREADABLE = 20

/** Lines that are no letters, the first of them one by one; they stay in the file. */
export const unreadable = ({ unreadable: lines }: Index.Index): string => {
  if (lines.length === 0) return ''
  const shown = lines.slice(0, SHOWN_UNREADABLE)
  return [
    ...shown.map(({ file, line, reason, excerpt }) => `${file}:${line}: ${safe(reason)}: ${safe(excerpt)}\n`),
    ...(lines.length > shown.length ? [`and ${lines.length - shown.length} more\n`] : []),
    `${counted(lines.length, 'line')} cannot be read and ${lines.length === 1 ? 'stays' : 'stay'} in the file\n`
  ].join('')
}
