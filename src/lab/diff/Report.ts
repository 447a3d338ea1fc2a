/** What `kclts diff` found, as text. */
import type { Group, Impure, Summary, Which } from './Comparison'
import { IMPURE } from './Comparison'
import type { Took } from './Message'
import type { Facts } from './Recorded'

/** All that is reported. */
export interface Found {
  readonly summary: Summary
  readonly facts: Facts
  readonly recording: string
  readonly names: Readonly<Record<Which, string>>
  /** What the reader should know: what was not compared, and why. */
  readonly notes: ReadonlyArray<string>
  /** Which result this is, and why. */
  readonly verdict: Verdict
}

export interface Verdict {
  readonly isSame: boolean
  readonly text: string
}

export const counted = (count: number, noun = 'record'): string =>
  `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`

/** How many records may differ: a number, or a part of all. */
export interface Most {
  readonly count: number
  readonly isPart: boolean
}

/** The text of the limit, as `--max` takes it. Null: it is no limit. */
export const most = (text: string): Most | null => {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim()) ?? []
  if (digits === undefined) return null
  const isPart = percent === '%'
  const count = Number(digits)
  return isPart || Number.isInteger(count) ? { count: isPart ? count / 100 : count, isPart } : null
}

/** Whether the handlers do the same, as far as is asked. */
export const verdictOf = (summary: Summary, limit: Most, allow: ReadonlyArray<string>): Verdict => {
  const { records, differing, impure } = summary
  if (records === 0) return { isSame: false, text: 'The recording has no record to compare.' }
  const may = limit.isPart ? limit.count * records : limit.count
  const impureOnes = (['old', 'new'] as const).filter((which) => impure[which] !== null)
  const differ =
    differing === 0
      ? 'No record differs'
      : `${differing.toLocaleString('en-US')} of ${counted(records)} ${differing === 1 ? 'differs' : 'differ'}`
  if (differing > may) return { isSame: false, text: `${differ}.` }
  if (impureOnes.length > 0 && !allow.includes(IMPURE))
    return {
      isSame: false,
      text: `${differ}, but the ${impureOnes.join(' and the ')} handler ${impureOnes.length === 1 ? 'does' : 'do'} not agree with ${impureOnes.length === 1 ? 'itself' : 'themselves'} (--allow impure accepts that).`
    }
  return { isSame: true, text: differing === 0 ? `${differ}.` : `${differ}, which --max allows.` }
}

// -- sections ---------------------------------------------------------------------------------------------------------

const MOST_VALUE = 120

/** One line, without what a terminal would obey. */
export const plain = (text: string): string =>
  // eslint-disable-next-line no-control-regex
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')

/** The same, cut. */
export const oneLine = (text: string): string => {
  const line = plain(text)
  return line.length <= MOST_VALUE ? line : `${line.slice(0, MOST_VALUE)}...`
}

const changeOf = ({ from, to }: { readonly from: string; readonly to: string }): string =>
  `${oneLine(from)} -> ${oneLine(to)}`

const indented = (lines: ReadonlyArray<string>): ReadonlyArray<string> => lines.map((line) => `  ${line}`)

const decisions = ({ decisions: cells }: Summary): ReadonlyArray<string> => {
  const rows = cells.map(({ from, to, records }) => [
    from === to ? from : `${from} -> ${to}`,
    records.toLocaleString('en-US')
  ])
  const width = Math.max(...rows.map(([name = '']) => name.length))
  const digits = Math.max(...rows.map(([, count = '']) => count.length))
  return [
    'Decisions',
    ...indented(rows.map(([name = '', count = '']) => `${name.padEnd(width)}  ${count.padStart(digits)}`))
  ]
}

/** Examples of a group. */
const SHOWN = 3

const groupLines = (group: Group): ReadonlyArray<string> => {
  const { name, how, records, examples, allowed } = group
  const what = how === null ? name : `${name} ${how}`
  return [
    `${what}: ${counted(records)}${allowed ? ' (allowed)' : ''}`,
    ...indented(examples.slice(0, SHOWN).map((one) => `${one.place}  ${changeOf(one)}`))
  ]
}

/** Failures of the new handler where the old one has none. */
export const isNewFailure = ({ kind, name }: Group): boolean =>
  kind === 'Decision' && name.endsWith('->failed')

const isDecision = (group: Group): boolean =>
  (group.kind === 'Decision' || group.kind === 'Reason') && !isNewFailure(group)

export const isOutput = (group: Group): boolean => !isDecision(group) && !isNewFailure(group)

const section = (title: string, groups: ReadonlyArray<Group>): ReadonlyArray<string> =>
  groups.length === 0 ? [] : ['', title, ...indented(groups.flatMap(groupLines))]

const impureLines = (which: Which, impure: Impure | null): ReadonlyArray<string> =>
  impure === null
    ? []
    : [
        '',
        `The ${which} handler is impure: called twice for the same record, it gave other answers for ${counted(impure.records)}`,
        ...indented(
          impure.examples.slice(0, SHOWN).map((one) => `${one.place}  ${one.name}: ${changeOf(one)}`)
        ),
        '  What it does not agree with itself about was not compared.'
      ]

/** Below this the times of both are mostly noise. */
const LEAST_CALLS = 200
const LEAST_CHANGE = 0.15

const micros = (millis: number): string => {
  const found = millis * 1000
  return `${found < 10 ? found.toFixed(1) : Math.round(found).toLocaleString('en-US')} us`
}

const each = ({ millis, calls }: Took): number => millis / calls

/**
 * How much slower or faster the new handler is; null: there are too few calls to tell. Where the passes do not agree, the
 * machine had more influence than the handlers, and nothing is claimed.
 */
export const speed = ({ took }: Summary): string | null => {
  const last = took.at(-1)
  if (last === undefined || Math.min(last.old.calls, last.new.calls) < LEAST_CALLS || last.old.millis === 0)
    return null
  const ratios = took.map((pass) => each(pass.new) / each(pass.old))
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
  const times = `${micros(each(last.new))} a record, and the old one ${micros(each(last.old))}`
  if (least < 1 + LEAST_CHANGE && most > 1 - LEAST_CHANGE)
    return `No difference in speed is certain: ${times}.`
  const ratio = least > 1 ? least : most
  const percent = Math.round(Math.abs(ratio - 1) * 100)
  const how =
    ratio > 2
      ? `takes at least ${ratio.toFixed(1)} times as long`
      : `is at least ${percent} % ${ratio > 1 ? 'slower' : 'faster'}`
  return `The new handler ${how}: ${times}.`
}

export const head = ({ recording, names, facts, summary }: Found): ReadonlyArray<string> => [
  `old: ${names.old}`,
  `new: ${names.new}`,
  `recording: ${recording}, ${counted(summary.records)} of ${counted(facts.shards, 'shard')}` +
    (facts.repeated === 0 ? '' : `; ${counted(facts.repeated)} came again and were compared once`) +
    (facts.sampling < 1 ? `; ${facts.sampling * 100} % of the keys were recorded` : '') +
    (facts.masked ? '; the data is masked' : '')
]

export const notesOf = ({ notes, facts }: Found): ReadonlyArray<string> => [...facts.problems, ...notes]

export const text = (found: Found): string => {
  const { summary, verdict } = found
  const { groups, impure } = summary
  const notes = notesOf(found)
  const fast = speed(summary)
  return [
    ...head(found),
    '',
    ...(summary.records === 0 ? [] : decisions(summary)),
    ...section('Decisions that differ', groups.filter(isDecision)),
    ...section('New failures', groups.filter(isNewFailure)),
    ...section('Outputs that differ', groups.filter(isOutput)),
    ...impureLines('old', impure.old),
    ...impureLines('new', impure.new),
    ...(fast === null ? [] : ['', fast]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `Note: ${note}`)]),
    '',
    verdict.text,
    ''
  ].join('\n')
}
