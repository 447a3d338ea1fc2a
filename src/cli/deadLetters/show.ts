/** `kclts dead-letters show`: everything of one letter. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Base64 from '../../payload/Base64'
import * as JsonText from '../../payload/JsonText'
import type { DeadLetter } from '../../core/DeadLetter'
import * as Position from '../../protocol/Position'
import * as Index from '../../deadLetters/DeadLetterIndex'
import { choose, find, safe, safeLines, when, type Code, type Options } from './file'
import type { Surroundings } from '../../edge/Surroundings'

const ROW = 16
const HEX_BYTES = 1024

const hex = (bytes: Buffer): string => {
  const rows: Array<string> = []
  for (let at = 0; at < Math.min(bytes.length, HEX_BYTES); at += ROW) {
    const part = bytes.subarray(at, at + ROW)
    const pairs = part.toString('hex').replace(/../g, '$& ')
    const letters = part.toString('latin1').replace(/[^ -~]/g, '.')
    rows.push(`${at.toString(16).padStart(8, '0')}  ${pairs.padEnd(ROW * 3)} ${letters}`)
  }
  if (bytes.length > HEX_BYTES) rows.push(`and ${bytes.length - HEX_BYTES} bytes more; --data gives all`)
  return rows.join('\n')
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** As JSON, as text, or in hexadecimal, whatever fits. */
const shown = (data: string): string => {
  if (!Base64.is(data)) return `data (not base64, shown as it is)\n${safeLines(data)}`
  const bytes = Buffer.from(data, 'base64')
  const text = E.tryCatch(
    () => strict.decode(bytes),
    () => null
  )
  // A zero byte is text by the letter of UTF-8, and a binary format in fact.
  if (E.isLeft(text) || text.right.includes('\u0000')) return `data (${bytes.length} bytes)\n${hex(bytes)}`
  const value = E.tryCatch(
    () => {
      JSON.parse(text.right)
      return JsonText.indented(text.right)
    },
    () => null
  )
  return E.isRight(value)
    ? `data (JSON, ${bytes.length} bytes)\n${safeLines(value.right)}`
    : `data (text, ${bytes.length} bytes)\n${safeLines(text.right)}`
}

const details = (entry: Index.Entry, letter: DeadLetter): string => {
  const arrival = letter.approximateArrivalTimestamp
  const rows: ReadonlyArray<readonly [string, string]> = [
    ['number', String(entry.number)],
    ['stream', letter.stream ?? '-'],
    ['shard', letter.shardId],
    ['position', Position.show(letter)],
    ['partition key', letter.partitionKey],
    ['arrived', arrival === null ? '-' : when(arrival)],
    ['dead since', when(letter.time)],
    ['letters', `${entry.letters}`],
    ['handler version', letter.handlerVersion ?? '-'],
    ['reason', letter.reason]
  ]
  const { error } = letter
  return [
    ...rows.map(([name, value]) => `${name.padEnd(15)}  ${safe(value)}`),
    ...(error === null ? [] : ['', safeLines(error.stack ?? `${error.name}: ${error.message}`)]),
    '',
    shown(letter.data),
    ''
  ].join('\n')
}

const letterNamed = (
  options: Options,
  around: Surroundings,
  warn: (text: string) => void
): E.Either<string, readonly [Index.Entry, DeadLetter]> =>
  pipe(
    find(options, around),
    E.chain((file) => choose(file, options, warn)),
    E.chain(({ entries: [entry, another] }) => {
      if (entry === undefined) return E.left('there is no such letter')
      if (another !== undefined) return E.left('several letters have this position; give the number of one')
      return pipe(
        Index.letterOf(entry),
        E.map((letter) => [entry, letter] as const)
      )
    })
  )

/** The letter as it stands in the file, with its number and how many letters its record has. */
const json = ({ number, letters }: Index.Entry, letter: DeadLetter): string =>
  `${JSON.stringify({ number, letters, ...letter })}\n`

/** `data`: nothing but the payload's bytes, for a pipe. `json`: all of it as one line of JSON. */
export const show = (
  options: Options & { readonly data: boolean; readonly json: boolean },
  around: Surroundings,
  writeBytes: (bytes: Buffer) => void
): Code => {
  const found = letterNamed(options, around, (text) => void around.stderr.write(text))
  if (E.isLeft(found)) {
    around.stderr.write(`kclts dead-letters show: ${found.left}\n`)
    return 2
  }
  const [entry, letter] = found.right
  if (options.json) around.stdout(json(entry, letter))
  else if (!options.data) around.stdout(details(entry, letter))
  else if (Base64.is(letter.data)) writeBytes(Buffer.from(letter.data, 'base64'))
  else {
    around.stderr.write('kclts dead-letters show: the data is not base64, so its bytes are not known\n')
    return 1
  }
  return 0
}
