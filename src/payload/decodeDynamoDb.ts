/** What a table of DynamoDB puts into a stream of Kinesis: a change of an item. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import * as Decision from '../core/Decision'
import type { StandardSchema } from '../core/Schema'
import * as KinesisRecord from '../protocol/KinesisRecord'
import * as AttributeValue from './AttributeValue'
import * as Decoded from './Decoded'
import * as Validation from './Validation'

interface Changed {
  readonly eventId: string
  readonly tableName: string
  /** The key attributes of the item, by name. */
  readonly keys: AttributeValue.Item
  /** When the item changed, in milliseconds since 1970. */
  readonly at: number
  /** DynamoDB itself removed the item, whose time to live was over. */
  readonly isExpiry: boolean
}

/** A change of an item; `A` is an item of the table. */
export type Change<A> = Changed &
  (
    | { readonly eventName: 'INSERT'; readonly before: null; readonly after: A }
    | { readonly eventName: 'MODIFY'; readonly before: A; readonly after: A }
    | { readonly eventName: 'REMOVE'; readonly before: A; readonly after: null }
  )

/** The options of `decodeDynamoDb`. */
export interface DynamoDbOptions {
  /**
   * Makes a value of a number's text, as `BigInt` or `String` do. By default it becomes a number where that is exact,
   * else a bigint of an integer, and the text of a fraction.
   */
  readonly numbers?: AttributeValue.Numbers
}

interface DecodeDynamoDb {
  /**
   * With a schema of zod, valibot, arktype or any other library that implements Standard Schema.
   *
   * @param schema what an item must be
   * @param options how numbers are read
   * @returns a function that takes yours and returns the handler
   * @throws TypeError when the handler is called, if the schema validates asynchronously
   */
  <A>(schema: StandardSchema<unknown, A>, options?: DynamoDbOptions): Decoded.Decoded<Change<A>>
  /**
   * With a codec of io-ts.
   *
   * @param codec what an item must be
   * @param options how numbers are read
   * @returns a function that takes yours and returns the handler, which throws only if yours does
   */
  <A>(codec: t.Decoder<unknown, A>, options?: DynamoDbOptions): Decoded.Decoded<Change<A>>
  /** The same in front of an effectful handler. */
  readonly effect: {
    <A>(schema: StandardSchema<unknown, A>, options?: DynamoDbOptions): Decoded.DecodedEffect<Change<A>>
    <A>(codec: t.Decoder<unknown, A>, options?: DynamoDbOptions): Decoded.DecodedEffect<Change<A>>
  }
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds_using-shards-and-metrics.html */
const Envelope = t.intersection([
  t.type({
    eventID: t.string,
    eventName: t.keyof({ INSERT: null, MODIFY: null, REMOVE: null }),
    tableName: t.string,
    dynamodb: t.intersection([
      t.type({ ApproximateCreationDateTime: t.number, Keys: t.unknown }),
      t.partial({
        ApproximateCreationDateTimePrecision: t.string,
        NewImage: t.unknown,
        OldImage: t.unknown
      })
    ])
  }),
  t.partial({ userIdentity: t.union([t.null, t.partial({ principalId: t.string, type: t.string })]) })
])
type Envelope = t.TypeOf<typeof Envelope>

const validateEnvelope = Validation.of(Envelope)

const timeOf = ({
  ApproximateCreationDateTime: time,
  ApproximateCreationDateTimePrecision: unit
}: Envelope['dynamodb']) => (unit === 'MICROSECOND' ? Math.floor(time / 1000) : time)

const SERVICE = 'dynamodb.amazonaws.com'

/** Reads the image of an item; the name is that of its field. */
type Image<A> = (name: 'NewImage' | 'OldImage') => E.Either<string, A>

const changeOf = <A>(
  eventName: Envelope['eventName'],
  changed: Changed,
  image: Image<A>
): E.Either<string, Change<A>> => {
  switch (eventName) {
    case 'INSERT':
      return pipe(
        image('NewImage'),
        E.map((after) => ({ ...changed, eventName, before: null, after }))
      )
    case 'REMOVE':
      return pipe(
        image('OldImage'),
        E.map((before) => ({ ...changed, eventName, before, after: null }))
      )
    case 'MODIFY':
      return pipe(
        E.Do,
        E.bind('before', () => image('OldImage')),
        E.bind('after', () => image('NewImage')),
        E.map((images) => ({ ...changed, eventName, ...images }))
      )
  }
}

const opened =
  <A>(validate: Validation.Validate<A>, item: ReturnType<typeof AttributeValue.item>) =>
  ({ eventID, eventName, tableName, dynamodb, userIdentity }: Envelope): E.Either<string, Change<A>> => {
    const image: Image<A> = (name) =>
      pipe(
        item(dynamodb[name], `dynamodb.${name}`),
        E.chain((attributes) =>
          pipe(
            validate(attributes),
            E.mapLeft((problem) => `dynamodb.${name}: ${problem}`)
          )
        )
      )
    return pipe(
      item(dynamodb.Keys, 'dynamodb.Keys'),
      E.map((keys) => ({
        eventId: eventID,
        tableName,
        keys,
        at: timeOf(dynamodb),
        isExpiry: userIdentity?.principalId === SERVICE
      })),
      E.chain((changed) => changeOf(eventName, changed, image))
    )
  }

const reading = <A>(
  schema: Validation.Schema<A>,
  { numbers = AttributeValue.exact }: DynamoDbOptions
): Decoded.Read<Change<A>, Decision.Reject> => {
  const open = opened(Validation.of(schema), AttributeValue.item(numbers))
  return (record) =>
    pipe(
      KinesisRecord.json(record),
      E.mapLeft(({ message }) => message),
      E.chain(validateEnvelope),
      E.chain(open),
      E.mapLeft(Decision.reject)
    )
}

/**
 * Builds a handler of the changes that a table's Kinesis destination sends. Both images are unmarshalled, then decoded by
 * the schema: sets are a `Set`, binary is a `Uint8Array`, numbers are exact. A record that is not a change, and an image that the
 * schema does not take, become a `reject`.
 *
 * Such a stream may hold a change twice, and changes of one item out of order: compare `at`.
 *
 * @function
 * @example
 * export const handler = decodeDynamoDb(Order)((change) =>
 *   change.eventName === 'REMOVE' ? skip('removed') : to.orders(change.after)(ack())
 * )
 */
export const decodeDynamoDb: DecodeDynamoDb = Object.assign(
  <A>(schema: Validation.Schema<A>, options: DynamoDbOptions = {}) => Decoded.pure(reading(schema, options)),
  {
    effect: <A>(schema: Validation.Schema<A>, options: DynamoDbOptions = {}) =>
      Decoded.effectful(reading(schema, options))
  }
)
