/** What a handler decides about one record. */

/** A value for the sink that has this name in the configuration. */
export interface Output<Sink extends string = string, A = unknown> {
  /** The name of the sink in the configuration. */
  readonly sink: Sink
  /** The value, which the sink gets encoded by its codec or validated by its schema. */
  readonly value: A
  /** Outputs of one key arrive in order. Without a key, the output has the partition key of the record. */
  readonly key?: string
}

/** Finished; the policy decides when to checkpoint. */
export interface Ack<Out = never> {
  readonly _tag: 'Ack'
  /** What is sent to sinks, in order. */
  readonly outputs: ReadonlyArray<Out>
}
/** Finished; checkpoint here as soon as possible. */
export interface Checkpoint<Out = never> {
  readonly _tag: 'Checkpoint'
  /** What is sent to sinks, in order. */
  readonly outputs: ReadonlyArray<Out>
}
/** Deliberately not processed, with the reason. */
export interface Skip<Out = never> {
  readonly _tag: 'Skip'
  /** Why the record is not processed; it is logged at debug level. */
  readonly reason: string
  /** What is sent to sinks, in order. */
  readonly outputs: ReadonlyArray<Out>
}
/** The record can never succeed; the failure policy decides what happens to it. */
export interface Reject {
  readonly _tag: 'Reject'
  /** Why the record can never succeed; it is part of the dead letter. */
  readonly reason: string
}
/** The worker stops; what is finished before this record is checkpointed. */
export interface Halt {
  readonly _tag: 'Halt'
  /** Why the worker stops; it is logged. */
  readonly reason: string
}

/** The decisions that may carry outputs. */
export type Finished<Out = never> = Ack<Out> | Checkpoint<Out> | Skip<Out>

/** `Out` is the type of the outputs that a finished decision may carry; `never` means none. */
export type Decision<Out = never> = Ack<Out> | Checkpoint<Out> | Skip<Out> | Reject | Halt

const none: ReadonlyArray<never> = Object.freeze([])

/**
 * The same object in each copy of this module: the `kclts` of a handler may be another copy than that of the program that runs
 * it. So comparing the object is enough, and most decisions are one of these.
 */
const shared = <A extends object>(name: string, value: A): A => {
  const key = Symbol.for(`kclts.${name}`)
  const registry = globalThis as unknown as Record<symbol, A | undefined>
  return (registry[key] ??= value)
}

const acked: Ack = shared('ack', Object.freeze({ _tag: 'Ack', outputs: none }))
const asked: Checkpoint = shared('checkpoint', Object.freeze({ _tag: 'Checkpoint', outputs: none }))

/**
 * Finished; the policy decides when to checkpoint.
 *
 * @returns the decision
 */
export const ack = (): Decision => acked

/**
 * Finished; checkpoint at this record as soon as possible (unless `checkpoint.manual` is false).
 *
 * @returns the decision
 */
export const checkpoint = (): Decision => asked

/**
 * Deliberately not processed. The record is finished and counted, and the reason is logged at debug level.
 *
 * @param reason why it is not processed
 * @returns the decision
 */
export const skip = (reason: string): Decision => ({ _tag: 'Skip', reason, outputs: none })

/**
 * This record can never succeed (poison). The failure policy decides: dead letter, skip or halt.
 *
 * @param reason what is wrong with the record; it is written on the dead letter
 * @returns the decision
 */
export const reject = (reason: string): Reject => ({ _tag: 'Reject', reason })

/**
 * Stops the worker: kclts checkpoints what is finished before this record, and does not acknowledge the batch. Then
 * `kclts-child` exits with code 1. `kclts run` restarts the daemon, and gives up if the shard halts again and again.
 *
 * @param reason why the worker cannot go on; it is logged
 * @returns the decision
 */
export const halt = (reason: string): Halt => ({ _tag: 'Halt', reason })

/** The outputs that a decision may carry. */
type OutOf<D> = D extends { readonly outputs: ReadonlyArray<infer Out> } ? Out : never

/** A decision that may be finished. Where it cannot be, the compiler shows the sentence. */
type MayFinish<D> = [D] extends [Reject | Halt] ? 'a reject or a halt carries no outputs' : unknown

/**
 * Adds outputs to a decision. A reject or a halt stays as it is: the record is not finished, so nothing of it is
 * delivered. A decision that can be nothing else is a compile error.
 */
export type Adding<Out> = <D extends Decision<unknown>>(
  decision: D & MayFinish<D>
) => Decision<OutOf<D> | Out>

/** Adds the outputs after those that the decision already carries. */
export const adding =
  <Out extends Output>(outputs: ReadonlyArray<Out>): Adding<Out> =>
  <D extends Decision<unknown>>(decision: D) =>
    withOutputs<OutOf<D> | Out>(decision as Decision<OutOf<D>>, outputs)

const withOutputs = <Out>(decision: Decision<Out>, more: ReadonlyArray<Out>): Decision<Out> =>
  'outputs' in decision ? { ...decision, outputs: [...decision.outputs, ...more] } : decision

/** The options of an output. */
export interface EmitOptions {
  /** Outputs of one key arrive in order. Without it, the output has the partition key of the record. */
  readonly key?: string
}

/**
 * Adds an output to a decision: `emit('orders', order)(ack())`. The sink of that name delivers it **before** any
 * checkpoint covers the record. Apply it several times for several outputs.
 *
 * The annotation `Handler<typeof outputs>` checks the name and the value. The emitters of `sinks(outputs)` check them
 * without it.
 *
 * @param sink the name of a sink of the configuration
 * @param value what the sink delivers; the kind of the sink says which values it can send
 * @param options the key, if it is not the partition key of the record
 * @returns a function that adds the output to a decision. The worker halts if the configuration has no such sink, and
 *   the record fails if the sink cannot send the value.
 */
export const emit = <Sink extends string, A>(
  sink: Sink,
  value: A,
  options: EmitOptions = {}
): Adding<Output<Sink, A>> => adding([{ sink, value, ...options }])

/** A returned value, understood. `Forgotten` is `undefined`, taken as `ack` with a warning. */
export type Understood =
  Decision<Output> | { readonly _tag: 'Forgotten' } | { readonly _tag: 'Invalid'; readonly reason: string }

const forgotten: Understood = { _tag: 'Forgotten' }
const invalid = (reason: string): Understood => ({ _tag: 'Invalid', reason })

const EXPECTED = 'expected ack(), checkpoint(), skip(reason), reject(reason), halt(reason), true or false'

const describe = (value: unknown): string => {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'string') return 'a string'
  if (typeof value === 'object') return 'an object that is not a decision'
  return `a ${typeof value}`
}

/** Takes any value that a handler returned. Total: reading a hostile object is guarded. */
export const understand = (value: unknown): Understood => {
  if (value === acked || value === asked) return value as Decision<Output>
  if (value === true) return asked // kclpy: True asks for a checkpoint
  if (value === false) return acked
  if (value === undefined) return forgotten
  try {
    return inspect(value)
  } catch {
    return invalid(`the handler returned an object that cannot be read; ${EXPECTED}`)
  }
}

const inspect = (value: unknown): Understood => {
  if (typeof value !== 'object' || value === null)
    return invalid(`the handler returned ${describe(value)}; ${EXPECTED}`)
  const { _tag, reason, outputs = none, then } = value as Record<string, unknown>
  if (typeof then === 'function')
    return invalid(
      `the handler returned a promise as an answer; await it (in a batch handler, with Promise.all); ${EXPECTED}`
    )
  switch (_tag) {
    case 'Ack':
    case 'Checkpoint':
      return areOutputs(outputs) ? { _tag, outputs } : badOutputs(outputs)
    case 'Skip':
      if (typeof reason !== 'string') return badReason(_tag, reason)
      return areOutputs(outputs) ? { _tag, reason, outputs } : badOutputs(outputs)
    case 'Reject':
    case 'Halt':
      return typeof reason === 'string' ? { _tag, reason } : badReason(_tag, reason)
    default:
      return invalid(`the handler returned ${describe(value)}; ${EXPECTED}`)
  }
}

const badReason = (tag: string, reason: unknown): Understood =>
  invalid(`the handler returned ${tag} with ${describe(reason)} as its reason; expected a string`)

const areOutputs = (outputs: unknown): outputs is ReadonlyArray<Output> => {
  if (!Array.isArray(outputs)) return false
  // Not by `every`, which skips gaps and would miss an output there. Most records have none.
  for (let i = 0; i < outputs.length; i++) if (!isOutput(outputs[i])) return false
  return true
}

const isOutput = (output: unknown): output is Output => {
  if (typeof output !== 'object' || output === null) return false
  const { sink, key } = output as Record<string, unknown>
  return typeof sink === 'string' && (key === undefined || typeof key === 'string')
}

const badOutputs = (outputs: unknown): Understood =>
  invalid(`the handler returned ${describe(outputs)} as outputs; add outputs with emit(sink, value)`)
