/** `kclts dead-letters list`: a line for each record. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Position from '../../protocol/Position'
import type { Entry } from '../../deadLetters/DeadLetterIndex'
import * as ReasonShape from '../../deadLetters/ReasonShape'
import { choose, counted, find, safe, unreadable, when, type Code, type Options } from './file'
import type { Surroundings } from '../../edge/Surroundings'
import * as Table from '../Table'

const WIDTH = 60

/** A name in a column; a reason is the last one, and stays whole. */
const shortened = (text: string): string => {
  const line = safe(text)
  return line.length > WIDTH ? `${line.slice(0, WIDTH - 3)}...` : line
}

const HEAD = ['#', 'when', 'stream', 'shard', 'position', 'key', 'error', 'times', 'reason'] as const

const row = (entry: Entry): ReadonlyArray<string> => [
  String(entry.number),
  when(entry.time),
  shortened(entry.stream ?? '-'),
  shortened(entry.shardId),
  Position.show(entry),
  shortened(entry.partitionKey),
  shortened(entry.errorName ?? '-'),
  `x${entry.letters}`,
  safe(entry.reason)
]

/** Everything but where its letters stand. */
const json = (entry: Entry): string => `${JSON.stringify({ ...entry, at: undefined, lines: undefined })}\n`

/** Reasons of one shape. */
interface Group {
  readonly count: number
  /** null: they differ in their data. */
  readonly reason: string | null
}

/** The more frequent ones first; a reason that is the same for all letters of a group is shown as it is. */
const byReason = (entries: ReadonlyArray<Entry>): string => {
  const groups = new Map<string, Group>()
  for (const { reason } of entries) {
    const shape = ReasonShape.of(reason)
    const { count, reason: before } = groups.get(shape) ?? { count: 0, reason }
    groups.set(shape, { count: count + 1, reason: before === reason ? reason : null })
  }
  const sorted = [...groups].sort(([, a], [, b]) => b.count - a.count)
  const shown = sorted
    .slice(0, 10)
    .map(([shape, { count, reason }]) => `  ${count} ${safe(reason ?? shape)}\n`)
  return shown.join('') + (sorted.length > 10 ? `  and ${sorted.length - 10} other reasons\n` : '')
}

/** Prints the table, or NDJSON, on stdout. @returns 1 when there are lines that cannot be read. */
export const list = (options: Options & { readonly json: boolean }, around: Surroundings): Code => {
  const tell = (text: string): void => void around.stderr.write(text)
  const chosen = pipe(
    find(options, around),
    E.bindTo('file'),
    E.bind('chosen', ({ file }) => choose(file, options, () => undefined))
  )
  if (E.isLeft(chosen)) {
    tell(`kclts dead-letters list: ${chosen.left}\n`)
    return 2
  }
  const {
    file,
    chosen: { index, entries }
  } = chosen.right
  if (options.json) for (const entry of entries) around.stdout(json(entry))
  else {
    if (entries.length > 0) for (const line of Table.lines(entries, row, HEAD)) around.stdout(`${line}\n`)
    const of = entries.length === index.entries.length ? '' : ` of ${index.entries.length}`
    around.stdout(
      `${entries.length === 0 ? 'no dead letters' : counted(entries.length, 'dead letter')}${of} in ${file}\n${byReason(entries)}`
    )
  }
  tell(unreadable(index))
  if (!options.json && index.done > 0)
    around.stdout(
      `${counted(index.done, 'letter')} that ${index.done === 1 ? 'is' : 'are'} done can be removed by: kclts dead-letters compact\n`
    )
  return index.unreadable.length > 0 ? 1 : 0
}
