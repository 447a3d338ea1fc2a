/** What a handler makes of a record, as plain data that threads send each other. */
import type { Verdict } from '../../core/Verdict'

/** `nothing`: the handler returned undefined, which counts as `ack`. `drop`: the filter keeps the record from the handler. */
export type Decided = Verdict | 'nothing' | 'drop'

/** An output as its sink would get it. */
export interface Sent {
  readonly sink: string
  readonly key: string
  /** The value as its codec encodes it, as JSON text. */
  readonly json: string
}

export interface Outcome {
  readonly decided: Decided
  /** Of a skip, a reject, a halt and a drop; of a failure, its name and message. */
  readonly reason: string | null
  readonly outputs: ReadonlyArray<Sent>
}

const none: ReadonlyArray<never> = Object.freeze([])

export const make = (
  decided: Decided,
  reason: string | null = null,
  outputs: ReadonlyArray<Sent> = none
): Outcome => ({ decided, reason, outputs })

/** One object for most records: a message between threads then carries it once. */
export const acked: Outcome = make('ack')

/** The record is finished, so its outputs are sent. */
export const isFinished = ({ decided }: Outcome): boolean =>
  decided === 'ack' || decided === 'checkpoint' || decided === 'skip' || decided === 'nothing'
