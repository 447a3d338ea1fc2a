/** What the session took a handler's answer for, for those who count: what it did about the record is in its state. */

/** What a handler said of a record, or that it failed: an exception, a deadline, an answer that is not a decision. */
export type Verdict = 'ack' | 'checkpoint' | 'skip' | 'reject' | 'halt' | 'failed'

export type Verdicts = Readonly<Record<Verdict, number>>

export const none: Verdicts = { ack: 0, checkpoint: 0, skip: 0, reject: 0, halt: 0, failed: 0 }
