/**
 * What `kclts diff` found, for a pull request. Many people may read it, so it has no values of records, but counts, names of
 * fields, positions, and the shapes of reasons.
 */
import * as ReasonShape from '../../deadLetters/ReasonShape'
import type { Group, Which } from './Comparison'
import { counted, head, isOutput, notesOf, oneLine, plain, speed, type Found } from './Report'

/** Within a cell of a table, a text is code: Markdown obeys nothing in it. */
const code = (text: string): string => `\`${oneLine(text).replaceAll('`', "'").replaceAll('|', '\\|')}\``

const reasonOf = ({ kind, examples: [example] }: Group): string => {
  if (example === undefined || (kind !== 'Decision' && kind !== 'Reason')) return ''
  const shape = ReasonShape.of(example.to)
  return kind === 'Decision' ? shape.replace(/^\w+(: )?/, '') : shape
}

const MOST_PLACES = 2

const row = (group: Group): string => {
  const { name, how, kind, records, allowed, examples } = group
  const reason = reasonOf(group)
  const count = examples[0]
  return [
    '',
    code(how === null ? name : `${name} ${how}`),
    `${records.toLocaleString('en-US')}${allowed ? ' (allowed)' : ''}`,
    kind === 'Count' && count !== undefined
      ? code(`${count.from} -> ${count.to}`)
      : reason === ''
        ? ''
        : code(reason),
    examples
      .slice(0, MOST_PLACES)
      .map(({ place }) => code(place))
      .join('<br>'),
    ''
  ]
    .join(' | ')
    .trim()
}

const MOST_ROWS = 50

const table = (groups: ReadonlyArray<Group>): ReadonlyArray<string> => [
  '| what differs | records | how | such as |',
  '| --- | ---: | --- | --- |',
  ...groups.slice(0, MOST_ROWS).map(row),
  ...(groups.length > MOST_ROWS ? [`| and ${groups.length - MOST_ROWS} more | | | |`] : [])
]

const impure = ({ summary }: Found): ReadonlyArray<string> =>
  (['old', 'new'] as const satisfies ReadonlyArray<Which>).flatMap((which) => {
    const found = summary.impure[which]
    const first = found?.examples[0]
    return found === null || first === undefined
      ? []
      : [
          '',
          `The ${which} handler is impure: it does not agree with itself about ${counted(found.records)}, such as ${code(first.place)} (${code(first.name)}).`
        ]
  })

export const text = (found: Found): string => {
  const { summary, verdict } = found
  const { groups } = summary
  const fast = speed(summary)
  const sorted = [...groups.filter((one) => !isOutput(one)), ...groups.filter(isOutput)]
  return [
    `### kclts diff: ${verdict.isSame ? 'the handlers do the same' : 'the handlers differ'}`,
    '',
    verdict.text,
    '',
    ...head(found).map((line) => `- ${plain(line)}`),
    ...(sorted.length === 0 ? [] : ['', ...table(sorted)]),
    ...impure(found),
    ...(fast === null ? [] : ['', fast]),
    ...notesOf(found).flatMap((note) => ['', `Note: ${plain(note)}`]),
    ''
  ].join('\n')
}
