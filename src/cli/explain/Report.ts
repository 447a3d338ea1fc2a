/** From facts to a report: what follows from them, and what they cannot say. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Lease from '../../aws/Lease'
import * as Position from '../../protocol/Position'
import { safe, when } from '../deadLetters/file'
import type { Decided, Delivered, Ends, Facts, Leased, Letters, Looked } from './Facts'

export interface Report {
  readonly record: string
  readonly stream: string | null
  /** What was found, by its subject. */
  readonly found: ReadonlyArray<readonly [subject: string, text: string]>
  /** What follows from it. */
  readonly conclusions: ReadonlyArray<string>
  /** What was not looked at, and why; and what nothing on disk or in the table says. */
  readonly unknown: ReadonlyArray<string>
}

/**
 * Whether a stored checkpoint is at or after the record. `partly`: it is within the record, if that is an aggregated one,
 * and no sub-sequence number was given.
 */
export type Cover = 'covered' | 'partly' | 'open' | 'unknown'

export const coverOf = ({ place, lease }: Pick<Facts, 'place' | 'lease'>): Cover => {
  if (E.isLeft(lease) || lease.right.lease === null) return 'unknown'
  const { checkpoint } = lease.right.lease
  if (checkpoint.sequenceNumber === 'SHARD_END') return 'covered'
  if (!Position.isSequenceNumber(checkpoint.sequenceNumber)) return 'open'
  const { sequenceNumber, subSequenceNumber } = place
  if (subSequenceNumber === null && sequenceNumber === checkpoint.sequenceNumber) return 'partly'
  return Position.compare(checkpoint, Position.make(sequenceNumber, subSequenceNumber ?? 0)) >= 0
    ? 'covered'
    : 'open'
}

// -- what was found ---------------------------------------------------------------------------------------------------

const lettersText = ({ file, open, done }: Letters): string =>
  [
    ...open.map(
      ({ letter, letters }) =>
        `at ${when(letter.time)}${letters === 1 ? '' : `, the last of ${letters}`}, in ${file}: ${letter.reason}`
    ),
    ...done.map(({ reason, time }) => `${reason} at ${when(time)}`),
    ...(open.length + done.length === 0 ? [`none in ${file}`] : [])
  ].join('; ')

const endsText = ({ file, charged, suspect }: Ends): string => {
  const entry = charged ?? suspect
  if (entry === null) return `none in ${file}`
  const how = `${entry.part}: ${entry.how} at ${when(entry.time)}`
  return charged === null
    ? `a suspect (${how}); it runs alone when it comes again`
    : `charged (${how}); no user code is called with it any more`
}

const COVERS: Readonly<Record<Cover, string>> = {
  covered: 'which covers the record',
  partly: 'which covers all of it, unless it is an aggregated record that goes on after it',
  open: 'which does not cover the record',
  unknown: ''
}

const leaseText = ({ table, lease }: Leased, cover: Cover): string =>
  lease === null
    ? `${table} has no row of this shard`
    : `${Lease.showCheckpoint(lease.checkpoint)} in ${table}, ${COVERS[cover]}; ${lease.owner === null ? 'no worker owns the lease' : `the owner is ${lease.owner}`}`

const deliveredText = ({ files, lines }: Delivered): string =>
  lines.length === 0 ? `none in ${files.join(', ')}` : lines.join('\n')

const decidedText = ({ data, decision, reason, outputs }: Decided): string =>
  [
    `${decision}${reason === null ? '' : `: ${reason}`} (the handler as it is now, called with ${data})`,
    ...outputs.map(
      ({ sink, key, value }) =>
        `output to ${sink}${key === undefined ? '' : `, key ${key}`}: ${String(JSON.stringify(value))}`
    )
  ].join('\n')

const found = <A>(
  subject: string,
  looked: Looked<A>,
  text: (value: A) => string
): ReadonlyArray<readonly [string, string]> => (E.isLeft(looked) ? [] : [[subject, text(looked.right)]])

// -- what follows -----------------------------------------------------------------------------------------------------

const AFTER_LETTER: Readonly<Record<Cover, string>> = {
  covered:
    'It failed for good and is a dead letter. The checkpoint has passed it, so it comes again only by kclts dead-letters replay.',
  partly: 'It failed for good and is a dead letter.',
  open: 'It failed for good and is a dead letter. No checkpoint covers it yet, so it may come once more and get another letter.',
  unknown: 'It failed for good and is a dead letter.'
}

const FINISHED =
  'acknowledged or skipped, its outputs delivered; or it failed, and its letter was sent or moved elsewhere, or failure.then is skip.'

const WITHOUT_LETTER: Readonly<Record<Cover, string>> = {
  covered: `It is finished, and it does not come again: ${FINISHED}`,
  partly: `If it is not aggregated, it is finished and does not come again: ${FINISHED} With /SUBSEQUENCE it is known for one record of an aggregated one.`,
  open: 'It is not finished for good: it is still to be read, or in progress, or finished and not checkpointed yet. It comes to a handler, perhaps once more.',
  unknown: 'Whether it is finished is not known: that is what the checkpoint says.'
}

const conclusionsOf = ({ letters, ends }: Facts, cover: Cover): ReadonlyArray<string> => {
  const { open, done } = E.isRight(letters) ? letters.right : { open: [], done: [] }
  const last = done.at(-1)
  const { charged = null, suspect = null } = E.isRight(ends) ? ends.right : {}
  return [
    ...(open.length > 0
      ? [AFTER_LETTER[cover]]
      : last === undefined
        ? [WITHOUT_LETTER[cover]]
        : [`It was a dead letter, which was ${last.reason}.`]),
    ...(charged === null
      ? []
      : ['Its code ended its thread twice, so the failure policy gets it without a call.']),
    ...(charged !== null || suspect === null ? [] : ['Code ended its thread while it was in progress, once.'])
  ]
}

// -- what is not known ------------------------------------------------------------------------------------------------

const otherStreams = (letters: Looked<Letters>): ReadonlyArray<string> =>
  E.isLeft(letters)
    ? []
    : letters.right.others.map(
        (stream) =>
          `${letters.right.file} has a letter of a record at this place of the stream ${stream}, which is not shown; --daemon-stream-name names another stream.`
      )

const unasked = (looked: Looked<unknown>): ReadonlyArray<string> => (E.isLeft(looked) ? [looked.left] : [])

const ALWAYS: ReadonlyArray<string> = [
  'What was decided when the record was handled, and when: kclts keeps no trace of a record that is finished. The log has it at log.level debug for a skip, and whatever the handler printed.',
  'Files of other machines: letters, notes and outputs are looked for here alone.'
]

/** The report is a function of the facts alone. */
export const of = (facts: Facts): Report => {
  const { place, stream, letters, ends, lease, delivered, decided } = facts
  const cover = coverOf(facts)
  const sub = place.subSequenceNumber
  return {
    record: `${place.shardId}/${place.sequenceNumber}${sub === null ? '' : `/${sub}`}`,
    stream,
    found: [
      ...found('checkpoint', lease, (value) => leaseText(value, cover)),
      ...found('dead letters', letters, lettersText),
      ...found('thread ends', ends, endsText),
      ...delivered.flatMap((one) =>
        E.isLeft(one) ? [] : found(`outputs of ${one.right.sink}`, one, deliveredText)
      ),
      ...found('decision', decided, decidedText)
    ],
    conclusions: conclusionsOf(facts, cover),
    unknown: [
      ...[lease, letters, ends, ...delivered, decided].flatMap(unasked),
      ...otherStreams(letters),
      ...ALWAYS
    ]
  }
}

/** The report, and the facts behind it; what was not looked at is null. */
export const json = (
  { place, letters, ends, lease, delivered, decided }: Facts,
  { stream, conclusions, unknown }: Report
): unknown => {
  const orNull = E.getOrElse((): unknown => null)
  return {
    ...place,
    stream,
    cover: coverOf({ place, lease }),
    checkpoint: orNull(lease),
    deadLetters: orNull(letters),
    ends: orNull(ends),
    outputs: delivered.flatMap((one) => (E.isLeft(one) ? [] : [one.right])),
    decision: orNull(decided),
    conclusions,
    unknown
  }
}

// -- text -------------------------------------------------------------------------------------------------------------

const row =
  (width: number) =>
  ([subject, text]: readonly [string, string]): string => {
    const lines = text.split('\n').map(safe)
    return lines.map((line, i) => `${(i === 0 ? subject : '').padEnd(width)}  ${line}`).join('\n')
  }

export const show = ({ record, stream, found: rows, conclusions, unknown }: Report): string =>
  pipe(
    [
      `${safe(record)}${stream === null ? '' : ` of ${safe(stream)}`}`,
      ...rows.map(row(Math.max(...rows.map(([subject]) => subject.length)))),
      '',
      ...conclusions,
      '',
      'Not known:',
      ...unknown.map((sentence) => `- ${safe(sentence)}`)
    ],
    (lines) => `${lines.join('\n')}\n`
  )
