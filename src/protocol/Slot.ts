/**
 * The checkpoints of a child: one in flight, and one that goes next. The daemon answers a checkpoint before it reads on,
 * so there is never a second one in flight, and a newer request replaces the one that waits.
 */
import type * as Action from './Action'
import * as Backoff from './Backoff'
import * as Position from './Position'

/** A checkpoint that the driver asks for. */
export interface Request {
  /** The driver's own number for it. */
  readonly id: number
  /** null: everything that was delivered, which at a shard's end is the end itself. */
  readonly target: Position.Position | null
  /** What its last attempt was answered with; null: it has had no answer. */
  readonly error: string | null
}

/** The one checkpoint slot. */
export interface Slot {
  readonly inFlight: Request | null
  /** What goes next. */
  readonly wanted: Request | null
  /** Throttled answers in a row, and when the next attempt may go. */
  readonly failures: number
  readonly notBefore: number
  /** Refused requests in a row. */
  readonly refused: number
  /** The last stored position: at first the one that the daemon starts the shard from. */
  readonly acknowledged: Position.Position | null
  readonly sent: number
  /** Requests that a newer one replaced before they were sent. */
  readonly coalesced: number
  /** Sent requests that were answered with an error. */
  readonly failed: number
}

export const empty: Slot = {
  inFlight: null,
  wanted: null,
  failures: 0,
  notBefore: 0,
  refused: 0,
  acknowledged: null,
  sent: 0,
  coalesced: 0,
  failed: 0
}

// -- reading ----------------------------------------------------------------------------------------------------------

export const target = (request: Request | null): string =>
  request === null ? 'none' : request.target === null ? 'SHARD_END' : Position.show(request.target)

/** What an answer means, by the simple name of the Java exception, as CheckpointMessage carries it. */
export const verdict = (error: string | null): 'Stored' | 'Retry' | 'Fenced' | 'Refused' => {
  switch (error) {
    case null:
      return 'Stored'
    case 'ShutdownException':
      return 'Fenced'
    case 'IllegalArgumentException':
    case 'InvalidStateException':
    case 'NullPointerException':
      return 'Refused'
    // A name that we do not know may pass.
    default:
      return 'Retry'
  }
}

/** The daemon echoes both numbers (the older one has no sub-sequence number). */
export const isAnswerTo = (
  request: Request | null,
  { sequenceNumber, subSequenceNumber }: Action.Checkpointed
): boolean => {
  if (request === null) return false
  const { target } = request
  return target === null
    ? sequenceNumber === null
    : sequenceNumber === target.sequenceNumber &&
        (subSequenceNumber === null || subSequenceNumber === target.subSequenceNumber)
}

// -- moving -----------------------------------------------------------------------------------------------------------

/** Written out: a spread of this many fields takes ten times as long, and each batch may have a checkpoint. */
const queued = (
  slot: Slot,
  inFlight: Request | null,
  wanted: Request | null,
  sent: number,
  coalesced: number
): Slot => ({
  inFlight,
  wanted,
  failures: slot.failures,
  notBefore: slot.notBefore,
  refused: slot.refused,
  acknowledged: slot.acknowledged,
  sent,
  coalesced,
  failed: slot.failed
})

/** The next attempt has a new reason: it waits for no earlier back-off. */
export const afresh = (slot: Slot): Slot => ({ ...slot, failures: 0, notBefore: 0 })

export const withWanted = (slot: Slot, wanted: Request | null): Slot =>
  slot.wanted === wanted ? slot : { ...slot, wanted }

/** The request goes next, in place of the one that waits. */
export const asked = (slot: Slot, request: Request): Slot =>
  queued(slot, slot.inFlight, request, slot.sent, slot.coalesced + (slot.wanted === null ? 0 : 1))

export const sent = (slot: Slot, request: Request): Slot =>
  queued(slot, request, null, slot.sent + 1, slot.coalesced)

/** Written out, as in `queued`. */
export const stored = (slot: Slot, { target }: Request): Slot => ({
  inFlight: null,
  wanted: slot.wanted,
  failures: 0,
  notBefore: 0,
  refused: 0,
  acknowledged: target ?? slot.acknowledged,
  sent: slot.sent,
  coalesced: slot.coalesced,
  failed: slot.failed
})

/** Tried again after a while, unless a newer one is wanted. */
export const throttled = (
  slot: Slot,
  request: Request,
  backoff: Backoff.Backoff,
  now: number,
  random: number
): Slot => {
  const failures = slot.failures + 1
  return {
    ...slot,
    inFlight: null,
    wanted: slot.wanted ?? request,
    failures,
    notBefore: now + Backoff.jittered(backoff, failures, random),
    failed: slot.failed + 1
  }
}

export const refused = (slot: Slot): Slot => ({
  ...slot,
  inFlight: null,
  refused: slot.refused + 1,
  failed: slot.failed + 1
})

/** Nothing can be stored any more. */
export const fenced = (slot: Slot): Slot => ({
  ...slot,
  inFlight: null,
  wanted: null,
  failed: slot.failed + 1
})
