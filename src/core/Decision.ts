/** What a handler says of one record. */

/** Something to deliver because of a record. None can be made yet; the place for them is kept in every decision. */
export interface Output<Sink extends string = string, A = unknown> {
  readonly sink: Sink
  readonly value: A
}

export interface Ack<Out = never> {
  readonly _tag: 'Ack'
  readonly outputs: ReadonlyArray<Out>
}
export interface Checkpoint<Out = never> {
  readonly _tag: 'Checkpoint'
  readonly outputs: ReadonlyArray<Out>
}
export interface Skip<Out = never> {
  readonly _tag: 'Skip'
  readonly reason: string
  readonly outputs: ReadonlyArray<Out>
}
export interface Reject {
  readonly _tag: 'Reject'
  readonly reason: string
}
export interface Halt {
  readonly _tag: 'Halt'
  readonly reason: string
}

/** `Out` is the type of the outputs that a finished decision may carry; `never` means none. */
export type Decision<Out = never> = Ack<Out> | Checkpoint<Out> | Skip<Out> | Reject | Halt

const none: ReadonlyArray<never> = Object.freeze([])
const acked: Ack = Object.freeze({ _tag: 'Ack', outputs: none })
const asked: Checkpoint = Object.freeze({ _tag: 'Checkpoint', outputs: none })

/** Finished; the policy decides when to checkpoint. */
export const ack = (): Ack => acked

/** Finished; checkpoint at this record as soon as possible (unless the configuration says `manual: false`). */
export const checkpoint = (): Checkpoint => asked

/** Deliberately not processed: finished, counted, and logged at debug level with the reason. */
export const skip = (reason: string): Skip => ({ _tag: 'Skip', reason, outputs: none })

/** This record can never succeed (poison). The failure policy decides: dead letter, skip or halt. */
export const reject = (reason: string): Reject => ({ _tag: 'Reject', reason })

/** Stop: checkpoint what is finished before this record, then exit non-zero without acknowledging the batch. */
export const halt = (reason: string): Halt => ({ _tag: 'Halt', reason })

/** A returned value, understood. `Forgotten` is `undefined`, taken as `ack` with a warning. */
export type Understood =
  Decision | { readonly _tag: 'Forgotten' } | { readonly _tag: 'Invalid'; readonly reason: string }

const forgotten: Understood = { _tag: 'Forgotten' }
const invalid = (reason: string): Understood => ({ _tag: 'Invalid', reason })

const EXPECTED = 'expected ack(), checkpoint(), skip(reason), reject(reason), halt(reason), true or false'

const describe = (value: unknown): string => {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'string') return 'a string'
  if (typeof value === 'object') return 'an object that is no decision'
  return `a ${typeof value}`
}

/** Takes whatever a handler returned. Total: reading a hostile object is guarded. */
export const understand = (value: unknown): Understood => {
  if (value === acked || value === asked) return value as Decision
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
  const { _tag, reason, outputs, then } = value as Record<string, unknown>
  if (typeof then === 'function')
    return invalid(`the handler returned a promise; a handler is a plain function, ${EXPECTED}`)
  if (outputs !== undefined && !(Array.isArray(outputs) && outputs.length === 0))
    return invalid('the handler returned outputs, and no sink can deliver them; remove the outputs')
  switch (_tag) {
    case 'Ack':
      return acked
    case 'Checkpoint':
      return asked
    case 'Skip':
    case 'Reject':
    case 'Halt':
      return typeof reason === 'string'
        ? _tag === 'Skip'
          ? skip(reason)
          : { _tag, reason }
        : invalid(`the handler returned ${_tag} with ${describe(reason)} as its reason; expected a string`)
    default:
      return invalid(`the handler returned ${describe(value)}; ${EXPECTED}`)
  }
}
