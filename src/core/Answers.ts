/** What a batch handler returned: one answer for each record, or what is wrong with it. */
import * as E from 'fp-ts/Either'
import * as Failure from './Failure'

export interface Answers {
  /** By the place of their records; undefined where there is none. */
  readonly values: ReadonlyArray<unknown>
  /** The places of the records that got no answer. */
  readonly missing: ReadonlyArray<number>
}

const describe = (value: unknown): string => {
  if (value === null || value === undefined) return String(value)
  return typeof value === 'object' ? 'an object that is not an array' : `a ${typeof value}`
}

const wrong = (returned: string, expected: number): Failure.Failure =>
  Failure.make(
    'TypeError',
    `the batch handler returned ${returned}, expected an array of ${expected}, one answer for each record`
  )

/** Copies the answers once: what is read later from an array of the user's own may differ, or throw. */
const copied = (answers: ReadonlyArray<unknown>, expected: number): E.Either<Failure.Failure, Answers> => {
  const { length } = answers
  if (length !== expected) return E.left(wrong(`${length} ${length === 1 ? 'answer' : 'answers'}`, expected))
  const values: Array<unknown> = []
  const missing: Array<number> = []
  for (let i = 0; i < expected; i++) {
    // A hole is no answer, whatever the prototype of the array has at its index.
    const value: unknown = Object.hasOwn(answers, i) ? answers[i] : undefined
    values.push(value)
    if (value === undefined) missing.push(i)
  }
  return E.right({ values, missing })
}

/**
 * Reads what the handler returned for the given number of records. Total: an array may be a proxy or have getters that throw.
 *
 * Left: it is not an array of one answer for each record, so that no answer can be matched with its record.
 */
export const read = (value: unknown, expected: number): E.Either<Failure.Failure, Answers> => {
  try {
    return Array.isArray(value) ? copied(value, expected) : E.left(wrong(describe(value), expected))
  } catch {
    return E.left(wrong('an array that cannot be read', expected))
  }
}

/** The failure of those records that got no answer, though the others did. */
export const noAnswer = ({ values, missing }: Answers): Failure.Failure =>
  Failure.make(
    'TypeError',
    `the batch handler returned no answer for ${missing.length} of ${values.length} records ` +
      `(the first at index ${missing[0] ?? 0}); return an answer for each record, such as ack() or reject(reason)`
  )
