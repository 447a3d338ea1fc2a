/** What the commands about dead letters share: which file, how it is read, and how a text of a stranger is shown. */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import * as Config from '../codec/Config'
import * as Failure from '../core/Failure'
import * as ConfigSearch from '../edge/ConfigSearch'
import type { Choice } from '../edge/DeadLetterChoice'
import * as Index from '../edge/DeadLetterIndex'
import * as Taking from '../edge/DeadLetterTaking'
import * as Home from '../edge/Home'
import type { Surroundings } from './Surroundings'

/** 0: all is well. 1: something failed again, halted, or could not be read. 2: wrong usage or configuration. */
export type Code = 0 | 1 | 2

export interface Options {
  /** null: the one of the configuration. */
  readonly file: string | null
  readonly config: string | null
  /** Settings by flag name. */
  readonly flags: Readonly<Record<string, string>>
  readonly choice: Choice
}

const configured = ({ config, flags }: Options, { cwd, env }: Surroundings): E.Either<string, string> => {
  const loaded = ConfigSearch.load({ cwd, env, file: config, flags, handlerRequired: false })
  if (E.isLeft(loaded)) return E.left(loaded.left.map(ConfigSearch.show).join('\n'))
  const { deadLetters, fallback } = loaded.right.config.failure
  if (Config.sinkOf(deadLetters) === null) return E.right(deadLetters)
  return fs.existsSync(fallback)
    ? E.right(fallback)
    : E.left(
        `failure.deadLetters is ${deadLetters}, which is no file, and there is no file ${fallback} of letters that the sink refused: name a file of dead letters`
      )
}

/** The file itself where a link to it was named. Left: there is none, nor letters that were taken from it. */
export const find = (options: Options, around: Surroundings): E.Either<string, string> => {
  const named =
    options.file === null ? configured(options, around) : Home.resolve(around.cwd, options.file, around.env)
  if (E.isLeft(named)) return named
  const file = fs.existsSync(named.right) ? fs.realpathSync(named.right) : named.right
  if (Taking.places(file).length === 0)
    return E.left(`there is no file ${file}, so there are no dead letters in it`)
  return fs.statSync(Taking.places(file)[0] ?? file).isFile()
    ? E.right(file)
    : E.left(`${file} is no regular file`)
}

/** Left: the file cannot be read. */
export const read = (file: string): E.Either<string, Index.Index> =>
  E.tryCatch(
    () => Index.read(Taking.places(file)),
    (thrown) => `${file} cannot be read: ${Failure.show(Failure.fromUnknown(thrown))}`
  )

// What moves a terminal's cursor, colours it, turns its text round, or is no character at all.
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/** On one line, with no character that a terminal obeys. */
export const safe = (text: string): string => text.replace(UNSAFE, escaped)

/** As `safe`, with the line ends that it has. */
export const safeLines = (text: string): string => text.split('\n').map(safe).join('\n')

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

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
