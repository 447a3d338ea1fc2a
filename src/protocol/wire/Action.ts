/**
 * Lines from the daemon. The scan reads a batch as Amazon's Jackson writes it; io-ts reads any other line and explains what
 * is wrong with it. Fields of a newer daemon are ignored; an action we do not know has no right answer and is an error.
 *
 * Source: software.amazon.kinesis.multilang.messages, and `Message` for the discriminator `action`.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import * as Action from '../Action'
import { isFields, type Fields } from '../Fields'
import * as KinesisRecord from '../KinesisRecord'
import * as KinesisRecords from '../KinesisRecords'
import { isSequenceNumber } from '../Position'
import { excerpt, explain, found } from './Explain'
import * as BufferPool from './BufferPool'
import * as Scan from './Scan'

/** Looked up once: the global name is a function of Node's, and a line may have one record. */
const NodeBuffer = Buffer
const isBuffer = (line: Uint8Array): line is Buffer => line instanceof NodeBuffer

/** Why a line is no action, in one sentence that names the place. */
export type Problem = string

export const orNull = <C extends t.Mixed>(codec: C): t.Type<t.TypeOf<C> | null> =>
  new t.Type<t.TypeOf<C> | null>(
    `${codec.name} or null`,
    (u): u is t.TypeOf<C> | null => u === null || codec.is(u),
    (u, c) =>
      u === undefined || u === null ? t.success(null) : codec.is(u) ? t.success(u) : t.failure(u, c),
    t.identity
  )

/** A codec of the values that `is` accepts; its name is the text of messages. */
export const exactly = <A>(name: string, is: (u: unknown) => u is A): t.Type<A> =>
  new t.Type<A>(name, is, (u, c) => (is(u) ? t.success(u) : t.failure(u, c)), t.identity)

export const SequenceNumber = exactly(
  'a sequence number of decimal digits',
  (u): u is string => typeof u === 'string' && isSequenceNumber(u)
)

export const Index = exactly(
  'a whole number of 0 or more',
  (u): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0
)

export const Millis = exactly('a number of milliseconds', t.number.is)

export const text = exactly('text', t.string.is)

/** A nested record, as it is on the wire. `action: "record"` and unknown fields are not looked at. */
export const WireRecord = t.type(
  {
    data: orNull(text),
    partitionKey: text,
    sequenceNumber: SequenceNumber,
    approximateArrivalTimestamp: orNull(Millis),
    subSequenceNumber: orNull(Index)
  },
  'record'
)

const ProcessRecords = t.type(
  { records: t.array(WireRecord, 'a list of records'), millisBehindLatest: orNull(Millis) },
  'processRecords'
)
const Initialize = t.type(
  { shardId: text, sequenceNumber: orNull(text), subSequenceNumber: orNull(Index) },
  'initialize'
)
const Checkpointed = t.type(
  { sequenceNumber: orNull(text), subSequenceNumber: orNull(t.number), error: orNull(text) },
  'checkpoint'
)
const Shutdown = t.type({ reason: t.keyof(Action.REASONS) }, 'shutdown')

export const parse = (text: string): E.Either<Problem, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(text),
    (thrown) => `not JSON: ${E.toError(thrown).message}`
  )

const explained = (name: string, problem: t.Errors): Problem => `${name}: ${explain(problem).join('; ')}`

const by = <A>(codec: t.Type<A>, fields: Fields): E.Either<Problem, A> =>
  pipe(
    codec.decode(fields),
    E.mapLeft((errors) => explained(codec.name, errors))
  )

const processRecords = (shardId: string, fields: Fields): E.Either<Problem, Action.Action> =>
  pipe(
    by(ProcessRecords, fields),
    E.map(({ records, millisBehindLatest }) =>
      Action.processRecords(
        records.map((r) =>
          KinesisRecord.make({
            shardId,
            sequenceNumber: r.sequenceNumber,
            subSequenceNumber: r.subSequenceNumber ?? 0,
            partitionKey: r.partitionKey,
            approximateArrivalTimestamp: r.approximateArrivalTimestamp,
            base64: r.data ?? ''
          })
        ),
        millisBehindLatest
      )
    )
  )

/** Most lines but batches are answers to checkpoints. */
const checkpointed = (fields: Fields): E.Either<Problem, Action.Action> => {
  const { sequenceNumber, subSequenceNumber, error } = fields
  return (typeof sequenceNumber === 'string' || sequenceNumber === null) &&
    (typeof subSequenceNumber === 'number' || subSequenceNumber === null) &&
    (typeof error === 'string' || error === null)
    ? E.right(Action.checkpointed(sequenceNumber, subSequenceNumber, error))
    : pipe(
        by(Checkpointed, fields),
        E.map((a) => Action.checkpointed(a.sequenceNumber, a.subSequenceNumber, a.error))
      )
}

const dispatch = (shardId: string, fields: Fields): E.Either<Problem, Action.Action> => {
  switch (fields['action']) {
    case 'processRecords':
      return processRecords(shardId, fields)
    case 'checkpoint':
      return checkpointed(fields)
    case 'initialize':
      return pipe(
        by(Initialize, fields),
        E.map((a) => Action.initialize(a.shardId, a.sequenceNumber, a.subSequenceNumber))
      )
    case 'leaseLost':
      return E.right(Action.leaseLost)
    case 'shardEnded':
      return E.right(Action.shardEnded)
    case 'shutdownRequested':
      return E.right(Action.shutdownRequested)
    case 'shutdown':
      return pipe(
        by(Shutdown, fields),
        E.map((a) => Action.shutdown(a.reason))
      )
    default:
      return E.left(
        `the action ${found(fields['action'])} is not known; this daemon may be newer than this kclts`
      )
  }
}

/** Whatever may be wrong with the scan, the line is still there for JSON.parse, and its shard goes on. */
const scanned = (shardId: string, line: Buffer): Scan.Batch | null => {
  try {
    return Scan.batch(shardId, line)
  } catch {
    return null
  }
}

/**
 * The bytes of one line, without its newline, to an action. The line is taken over: the records of a batch are made of it
 * when they are asked for, and it is released with them. Left: a sentence with the beginning of the line.
 *
 * @param shardId the shard of the conversation: records do not carry it on the wire.
 */
export const read = (shardId: string, line: Uint8Array): E.Either<Problem, Action.Action> => {
  const bytes = isBuffer(line) ? line : Buffer.from(line.buffer, line.byteOffset, line.byteLength)
  const batch = scanned(shardId, bytes)
  if (batch !== null) return E.right(Action.processRecords(batch.records, batch.millisBehindLatest))
  const unread = (problem: Problem): Problem =>
    `a line from the daemon cannot be read (${problem}): ${excerpt(bytes)}`
  try {
    return pipe(decode(shardId)(bytes.toString('utf8')), E.mapLeft(unread))
  } catch (problem) {
    // A line too long for a string, some 512 MB: nothing in Node can parse it.
    return E.left(unread(E.toError(problem).message))
  } finally {
    BufferPool.release(line)
  }
}

/**
 * The text of one line, without its newline, to an action.
 *
 * @param shardId the shard of the conversation: records do not carry it on the wire.
 */
export const decode =
  (shardId: string) =>
  (line: string): E.Either<Problem, Action.Action> =>
    pipe(
      parse(line),
      E.chain((value) =>
        isFields(value) ? dispatch(shardId, value) : E.left(`expected an object, found ${found(value)}`)
      )
    )

const wireRecord = (r: KinesisRecord.KinesisRecord): Fields => ({
  data: r.base64,
  partitionKey: r.partitionKey,
  sequenceNumber: r.sequenceNumber,
  approximateArrivalTimestamp: r.approximateArrivalTimestamp,
  subSequenceNumber: r.subSequenceNumber,
  action: 'record'
})

const wire = (action: Action.Action): Fields => {
  switch (action._tag) {
    case 'Initialize':
      return {
        action: 'initialize',
        shardId: action.shardId,
        sequenceNumber: action.sequenceNumber,
        subSequenceNumber: action.subSequenceNumber
      }
    case 'ProcessRecords':
      return {
        action: 'processRecords',
        records: KinesisRecords.toArray(action.records).map(wireRecord),
        millisBehindLatest: action.millisBehindLatest
      }
    case 'Checkpointed':
      return {
        action: 'checkpoint',
        sequenceNumber: action.sequenceNumber,
        subSequenceNumber: action.subSequenceNumber,
        error: action.error
      }
    case 'LeaseLost':
      return { action: 'leaseLost' }
    case 'ShardEnded':
      return { action: 'shardEnded' }
    case 'ShutdownRequested':
      return { action: 'shutdownRequested' }
    case 'Shutdown':
      return { action: 'shutdown', reason: action.reason }
  }
}

/** The line that Amazon's daemon writes for an action, keys in Jackson's order, without the newline. */
export const encode = (action: Action.Action): string => JSON.stringify(wire(action))
