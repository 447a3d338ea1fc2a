/** What the handler makes of a record, without its effects: nothing is delivered, and an effect is not begun. */
import * as fs from 'node:fs'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Config } from '../../config/Config'
import * as Decision from '../../core/Decision'
import * as Failure from '../../core/Failure'
import { isSeveral, type AnyHandler } from '../../core/Handler'
import * as DevEntry from '../../dev/Entry'
import * as SequenceNumber from '../../dev/SequenceNumber'
import * as Acting from '../../edge/Acting'
import * as HandlerModule from '../../edge/HandlerModule'
import * as KinesisRecord from '../../protocol/KinesisRecord'
import * as Attempt from '../../run/Attempt'
import type { Decided, Letters, Looked, Place } from './Facts'

/** A record, and where its data are from. */
export interface Given {
  readonly record: KinesisRecord.KinesisRecord
  readonly data: string
}

/** The lines without those that are empty, by their number. */
const linesOf = (text: Buffer): ReadonlyMap<number, string> =>
  new Map(
    text
      .toString('latin1')
      .split('\n')
      .flatMap((line, i) => (line.trim() === '' ? [] : [[i + 1, line] as const]))
  )

/** A file with one record, or the input of `kclts dev`, of whose lines the sequence number names one. */
export const recordIn = (file: string, place: Place): Looked<Given> => {
  const text = E.tryCatch(
    () => fs.readFileSync(file),
    (thrown) => `${file} cannot be read: ${Failure.describe(thrown)}`
  )
  if (E.isLeft(text)) return text
  const lines = linesOf(text.right)
  const number = SequenceNumber.lineOf(place.sequenceNumber)
  const isOfDev = SequenceNumber.ofLine(number) === place.sequenceNumber
  const line = lines.size === 1 ? [...lines.values()][0] : isOfDev ? lines.get(number) : undefined
  if (line === undefined)
    return E.left(
      isOfDev
        ? `${file} has no record on line ${number}, which the sequence number names`
        : `${file} has ${lines.size} records; expected one, in the form of the input of kclts dev`
    )
  return pipe(
    DevEntry.read(null)(Buffer.from(line, 'latin1')),
    E.bimap(
      (problem) => `${file}: ${problem}`,
      ({ partitionKey, base64, arrival }) => ({
        record: KinesisRecord.make({
          shardId: place.shardId,
          sequenceNumber: place.sequenceNumber,
          subSequenceNumber: place.subSequenceNumber ?? 0,
          partitionKey: partitionKey ?? '',
          approximateArrivalTimestamp: arrival,
          base64
        }),
        data: file
      })
    )
  )
}

export const recordOf = ({ open }: Letters): Given | null => {
  const letter = open.at(-1)?.letter
  return letter === undefined
    ? null
    : { record: KinesisRecord.make({ ...letter, base64: letter.data }), data: 'the data of the letter' }
}

const EFFECT =
  'What the handler decides: it is an effect, which explain does not begin; kclts dead-letters replay --dry-run --effects does.'

const call = (handler: AnyHandler, record: KinesisRecord.KinesisRecord): unknown => {
  const context = new Attempt.Attempt(1, null, record, { resource: undefined, log: () => undefined })
  const returned: unknown = isSeveral(handler) ? handler.several([record], context) : handler(record, context)
  return isSeveral(handler) && Array.isArray(returned) ? (returned[0] as unknown) : returned
}

const understood = (data: string, returned: unknown): Decided => {
  const decision = Decision.understand(returned)
  switch (decision._tag) {
    case 'Forgotten':
      return { data, decision: 'ack', reason: 'the handler returned nothing', outputs: [] }
    case 'Invalid':
      return { data, decision: 'failed', reason: decision.reason, outputs: [] }
    case 'Reject':
    case 'Halt':
      return { data, decision: decision._tag.toLowerCase(), reason: decision.reason, outputs: [] }
    case 'Skip':
      return { data, decision: 'skip', reason: decision.reason, outputs: decision.outputs }
    case 'Ack':
    case 'Checkpoint':
      return { data, decision: decision._tag.toLowerCase(), reason: null, outputs: decision.outputs }
  }
}

export const decide = async (
  { handler: file }: Config,
  { record, data }: Given
): Promise<Looked<Decided>> => {
  const module = await HandlerModule.load(file)
  if (E.isLeft(module)) return E.left(`What the handler decides: ${module.left}`)
  if (Acting.mayAct(module.right)) return E.left(EFFECT)
  try {
    const returned = call(module.right.handler, record)
    if (typeof returned === 'function') return E.left(EFFECT)
    if (Attempt.isPromise(returned)) {
      // It is at work already; that it fails is of no interest.
      Promise.resolve(returned).catch(() => undefined)
      return E.left(EFFECT)
    }
    return E.right(understood(data, returned))
  } catch (thrown) {
    const reason = Failure.show(Failure.fromUnknown(thrown))
    return E.right({ data, decision: 'failed', reason, outputs: [] })
  }
}
