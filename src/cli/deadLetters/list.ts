/** `kclts dead-letters list`: a line for each record. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Position from '../../protocol/Position'
import type { Entry } from '../../deadLetters/DeadLetterIndex'
import { choose, counted, find, safe, unreadable, when, type Code, type Options } from './file'
import type { Surroundings } from '../../edge/Surroundings'
import * as Table from '../Table'

const WIDTH = 60

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
  shortened(entry.reason)
]

/** Everything but where its letters stand. */
const json = (entry: Entry): string => `${JSON.stringify({ ...entry, at: undefined, lines: undefined })}\n`

/** The more frequent ones first. */
const byReason = (entries: ReadonlyArray<Entry>): string => {
  const counts = new Map<string, number>()
  for (const { reason } of entries) counts.set(shortened(reason), (counts.get(shortened(reason)) ?? 0) + 1)
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  const shown = sorted.slice(0, 10).map(([reason, count]) => `  ${count} ${reason}\n`)
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
