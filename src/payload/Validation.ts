/** Values understood by a schema, whatever library it is of; what is wrong becomes sentences. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as t from 'io-ts'
import type { StandardIssue, StandardResult, StandardSchema } from '../core/Schema'
import { explain, show, type Complaint } from '../protocol/wire/Explain'

/** A codec of io-ts, or a schema of any library that implements Standard Schema. */
export type Schema<A> = StandardSchema<unknown, A> | t.Decoder<unknown, A>

/** Left: what is wrong, in sentences. */
export type Validate<A> = (value: unknown) => E.Either<string, A>

export const isStandard = (value: unknown): value is StandardSchema =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  '~standard' in value &&
  typeof (value as Partial<StandardSchema>)['~standard']?.validate === 'function'

// -- what is wrong, as each library says it ---------------------------------------------------------------------------

/**
 * What libraries say beside the specification: `expected` is a word or more in zod, valibot and arktype, `errors` are the
 * alternatives of a union in zod.
 */
interface Details {
  readonly expected?: unknown
  readonly errors?: unknown
}

const keysOf = ({ path = [] }: StandardIssue): ReadonlyArray<PropertyKey> =>
  path.map((segment) => (typeof segment === 'object' ? segment.key : segment))

const shown = (keys: ReadonlyArray<PropertyKey>): string =>
  keys.reduce<string>(
    (text, key) =>
      typeof key === 'number' || /^[0-9]+$/.test(String(key))
        ? `${text}[${String(key)}]`
        : text === ''
          ? String(key)
          : `${text}.${String(key)}`,
    ''
  )

/** Only fields of its own: a path that names a method of all objects leads nowhere. */
const at = (value: unknown, keys: ReadonlyArray<PropertyKey>): unknown =>
  keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    value
  )

/** `Invalid input: expected number, received string`, `Expected number, actual "12"`. */
const EXPECTED = /\bexpected (.+?)(?:,? (?:but )?(?:received|actual|got|found)\b.*)?$/is

/** A message of the schema's author is taken as it is; the one that a library makes, by what it expects. */
const expectation = ({ message, expected }: StandardIssue & Details): Pick<Complaint, 'kind' | 'what'> => {
  if (typeof expected === 'string' && message.toLowerCase().includes(expected.toLowerCase()))
    return { kind: 'expected', what: expected }
  const [, what] = EXPECTED.exec(message) ?? []
  return what === undefined ? { kind: 'said', what: message } : { kind: 'expected', what }
}

const isIssues = (value: unknown): value is ReadonlyArray<StandardIssue> => Array.isArray(value)

const complaints = (
  value: unknown,
  issue: StandardIssue & Details,
  outer: ReadonlyArray<PropertyKey> = []
): ReadonlyArray<Complaint> => {
  const keys = [...outer, ...keysOf(issue)]
  if (Array.isArray(issue.errors) && issue.errors.length > 0)
    return issue.errors
      .filter(isIssues)
      .flat()
      .flatMap((one) => complaints(value, one, keys))
  return [{ where: shown(keys), value: at(value, keys), ...expectation(issue) }]
}

// -- validation -------------------------------------------------------------------------------------------------------

const isPromise = <A>(result: A | Promise<A>): result is Promise<A> =>
  typeof result === 'object' && result !== null && 'then' in result

/** A mistake of the program and not of the record: it is thrown, and counts for `failure.breaker`. */
const asynchronous = (vendor: string): TypeError =>
  new TypeError(
    `the schema (of ${vendor}) validates asynchronously, but its result is needed at once; ` +
      'remove the asynchronous check from the schema, and make it in an effectful handler'
  )

const result = <A>(schema: StandardSchema<unknown, A>, value: unknown): StandardResult<A> => {
  const { validate, vendor } = schema['~standard']
  const answer = validate(value)
  if (!isPromise(answer)) return answer
  // Else its rejection, which nothing waits for, would end the worker.
  answer.catch(() => {})
  throw asynchronous(vendor)
}

const standard =
  <A>(schema: StandardSchema<unknown, A>): Validate<A> =>
  (value) => {
    const answer = result(schema, value)
    return answer.issues === undefined
      ? E.right(answer.value)
      : E.left(show(answer.issues.flatMap((issue) => complaints(value, issue))).join('; '))
  }

const decoded =
  <A>(codec: t.Decoder<unknown, A>): Validate<A> =>
  (value) =>
    pipe(
      codec.decode(value),
      E.mapLeft((errors) => explain(errors).join('; '))
    )

/** Throws a TypeError when the schema answers with a promise. */
export const of = <A>(schema: Schema<A>): Validate<A> =>
  isStandard(schema) ? standard(schema) : decoded(schema)
