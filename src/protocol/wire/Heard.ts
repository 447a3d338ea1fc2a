/**
 * What Amazon's daemon makes of a line from a child. Jackson takes more than children of ours write: a number for a
 * text, a text for a number, whatever follows the message on its line; but no key that it does not know.
 *
 * Source: KCL 3.1.3, MessageReader, GetNextMessageTask.handleLine, StatusMessage, CheckpointMessage.
 */
import { pipe } from 'fp-ts/function'
import * as O from 'fp-ts/Option'
import { isFields, type Fields } from '../Fields'
import type { Checkpoint } from '../Reply'

export type Heard =
  /** An empty line, no message ("Skipping unexpected line"), or a message that is the daemon's own to say. */
  | { readonly _tag: 'Nothing' }
  /** The line `null`, which is a message to Jackson and none to the daemon. */
  | { readonly _tag: 'Null' }
  | { readonly _tag: 'Status'; readonly responseFor: string | null }
  | Checkpoint

const KEYS: Readonly<Record<'status' | 'checkpoint', ReadonlyArray<string>>> = {
  status: ['action', 'responseFor'],
  checkpoint: ['action', 'sequenceNumber', 'subSequenceNumber', 'error']
}

/** @param line without its newline */
export const of = (line: string): Heard =>
  /^\s*null(?![\w$])/.test(line)
    ? { _tag: 'Null' }
    : pipe(
        fieldsOf(line),
        O.chain((fields) => messageOf(line, fields)),
        O.getOrElse((): Heard => ({ _tag: 'Nothing' }))
      )

const messageOf = (line: string, fields: Fields): O.Option<Heard> => {
  const action = fields['action'] === 'status' || fields['action'] === 'checkpoint' ? fields['action'] : null
  if (action === null || !Object.keys(fields).every((key) => KEYS[action].includes(key))) return O.none
  return O.fromNullable(action === 'status' ? statusOf(line, fields) : checkpointOf(line, fields))
}

const statusOf = (line: string, fields: Fields): Heard | undefined => {
  const responseFor = textOf(line, fields, 'responseFor')
  return responseFor === undefined ? undefined : { _tag: 'Status', responseFor }
}

const checkpointOf = (line: string, fields: Fields): Heard | undefined => {
  const sequenceNumber = textOf(line, fields, 'sequenceNumber')
  const subSequenceNumber = longOf(fields['subSequenceNumber'])
  return sequenceNumber === undefined ||
    subSequenceNumber === undefined ||
    textOf(line, fields, 'error') === undefined
    ? undefined
    : { _tag: 'Checkpoint', sequenceNumber, subSequenceNumber }
}

const parse = (text: string): O.Option<Fields> =>
  pipe(
    O.tryCatch((): unknown => JSON.parse(text)),
    O.filter(isFields)
  )

const fieldsOf = (line: string): O.Option<Fields> =>
  pipe(
    parse(line),
    O.alt(() => parse(firstObject(line)))
  )

/** Jackson reads one value, and not what comes after it. */
const firstObject = (line: string): string => {
  let depth = 0
  for (const { 0: token, index } of line.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') depth += 1
    else if (token === '}') depth -= 1
    if (depth === 0) return line.slice(0, index + 1)
  }
  return line
}

/** Undefined: Jackson makes no String of it. A number keeps the digits that stand on the line, however many. */
const textOf = (line: string, fields: Fields, key: string): string | null | undefined => {
  const value = fields[key] ?? null
  if (typeof value === 'number')
    return [...line.matchAll(new RegExp(`"${key}"\\s*:\\s*([-+.0-9Ee]+)`, 'g'))].at(-1)?.[1] ?? String(value)
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'string' || value === null ? value : undefined
}

/** Undefined: Jackson makes no Long of it. */
const longOf = (value: unknown = null): number | null | undefined => {
  if (typeof value === 'string')
    return value.trim() === '' ? null : /^\s*[-+]?[0-9]+\s*$/.test(value) ? longOf(Number(value)) : undefined
  if (typeof value === 'number') return Math.abs(value) < 2 ** 63 ? Math.trunc(value) : undefined
  return value === null ? null : undefined
}
