/** Watches a handler: its calls and their results; and lets time pass meanwhile. */
import * as E from 'fp-ts/Either'
import * as Answers from '../core/Answers'
import { understand } from '../core/Decision'
import * as Failure from '../core/Failure'
import type { Context, One, Several } from '../core/Handler'
import type { KinesisRecord } from '../protocol/KinesisRecord'
import { begin, follow, type End } from '../run/Attempt'
import type { Decided } from './Outcome'

export interface Watch {
  /** The handler is called for the record. */
  readonly onCall: (record: KinesisRecord, attempt: number) => void
  readonly onDecided: (decided: Decided) => void
  /** How many virtual milliseconds an attempt takes; for a batch handler, by its first record. */
  readonly takes: (record: KinesisRecord, attempt: number) => number
  /** Time passes, for a handler that blocks. */
  readonly spend: (ms: number) => void
  /** Resolves after the given milliseconds, for an effectful handler. */
  readonly after: (ms: number) => Promise<void>
}

const threw = (thrown: unknown): Decided => ({ _tag: 'Threw', failure: Failure.fromUnknown(thrown) })

/** Reports the decision, and returns what the handler returned, or its Left. */
const passOn = (end: End, onValue: (value: unknown) => void, onDecided: Watch['onDecided']): unknown => {
  if (end._tag === 'Failure') {
    onDecided({ _tag: 'Threw', failure: end.failure })
    return E.left(end.failure)
  }
  onValue(end.value)
  return end.value
}

const call = (
  watch: Watch,
  records: ReadonlyArray<KinesisRecord>,
  { attempt }: Context<never>,
  run: () => unknown,
  onValue: (value: unknown) => void
): unknown => {
  const [first] = records
  records.forEach((record) => watch.onCall(record, attempt))
  const ms = first === undefined ? 0 : watch.takes(first, attempt)
  try {
    const returned = run()
    const effect = begin(returned)
    if (effect !== null)
      return new Promise<End>((resolve) => follow(effect, resolve)).then(async (end) => {
        if (ms > 0) await watch.after(ms)
        return passOn(end, onValue, watch.onDecided)
      })
    watch.spend(ms)
    onValue(returned)
    return returned
  } catch (thrown) {
    watch.spend(ms)
    watch.onDecided(threw(thrown))
    throw thrown
  }
}

/** The result of each answer of a batch handler; the failure, for answers that are missing. */
const decidedBy = (value: unknown, expected: number): ReadonlyArray<Decided> => {
  const answers = Answers.read(value, expected)
  if (E.isLeft(answers)) return [{ _tag: 'Threw', failure: answers.left }]
  const { values, missing } = answers.right
  const failures: ReadonlyArray<Decided> =
    missing.length === 0 ? [] : [{ _tag: 'Threw', failure: Answers.noAnswer(answers.right) }]
  return [...values.filter((one) => one !== undefined).map(understand), ...failures]
}

/** A handler of one record, watched. */
export const one =
  (watch: Watch, handler: One): One =>
  (record, context) =>
    call(
      watch,
      [record],
      context,
      () => handler(record, context),
      (value) => watch.onDecided(understand(value))
    )

/** A handler of several records, watched. */
export const several = (watch: Watch, handler: Several['several']): Several => ({
  several: (records, context) =>
    call(
      watch,
      records,
      context,
      () => handler(records, context),
      (value) => decidedBy(value, records.length).forEach(watch.onDecided)
    )
})
