/** What a session keeps, whatever happens: the properties and the fuzzer judge by these, with the ledger as it was before a fact. */
import * as Position from '../../src/protocol/Position'
import type { Fact } from './Fact'
import * as Ledger from './Ledger'

export interface Invariant {
  /** What a session does. */
  readonly name: string
  /** What breaks it, or null. */
  readonly broken: (ledger: Ledger.Ledger, fact: Fact) => string | null
}

/** The position that a checkpoint is asked for; 'End' has no number, null is no checkpoint. */
export const checkpointOf = (fact: Fact): Position.Position | 'End' | null => {
  if (fact._tag !== 'Wrote' || fact.reply._tag !== 'Checkpoint') return null
  const { sequenceNumber, subSequenceNumber } = fact.reply
  return sequenceNumber === null ? 'End' : Position.make(sequenceNumber, subSequenceNumber ?? 0)
}

const isStatus = (fact: Fact): boolean => fact._tag === 'Wrote' && fact.reply._tag === 'Status'

const isAbove = (at: Position.Position, stored: Ledger.Ledger['acknowledged']): boolean =>
  stored === null || (stored !== 'End' && !Ledger.isAtOrBelow(at, stored))

const isIn = (records: ReadonlyArray<Position.Position>, at: Position.Position): boolean =>
  records.some((record) => Position.compare(record, at) === 0)

export const all: ReadonlyArray<Invariant> = [
  {
    name: 'checkpoints what is finished, and goes forward',
    broken: (ledger, fact) => {
      const at = checkpointOf(fact)
      if (at === null || at === 'End') return null
      if (!isIn(Ledger.prefix(ledger), at)) return 'a checkpoint passes an unfinished record'
      return isAbove(at, ledger.acknowledged) ? null : 'a checkpoint is not above the one before it'
    }
  },
  {
    name: 'checkpoints the end of a shard at its end, once every record is dealt with',
    broken: (ledger, fact) => {
      const at = checkpointOf(fact)
      if (at === null) return null
      const isAtEnd = ledger.open?.what === 'end'
      if (at !== 'End') return isAtEnd ? 'a checkpoint with a number at the end of the shard' : null
      if (!isAtEnd) return 'a checkpoint without a number before the end of the shard'
      return Ledger.isSettled(ledger) ? null : 'the shard is ended with records that are not dealt with'
    }
  },
  {
    name: 'acknowledges a batch once every record is dealt with, unless it is fenced or drains',
    broken: (ledger, fact) =>
      isStatus(fact) &&
      ledger.open?.what === 'batch' &&
      !ledger.fenced &&
      !ledger.draining &&
      !Ledger.isSettled(ledger)
        ? 'a batch is acknowledged with records that are not dealt with'
        : null
  },
  {
    name: 'runs the records in order, one at a time, each once',
    broken: ({ entries }, fact) => {
      if (fact._tag !== 'Ran') return null
      if (entries.some(({ is }) => is === 'running'))
        return 'a record is run before the one before it is dealt with'
      const next = entries.find(({ is }) => is === 'waiting')
      return next !== undefined && Position.compare(next.record, fact.record) === 0
        ? null
        : 'a record is run that is not the next one'
    }
  },
  {
    name: 'runs nothing once it is fenced, drains, halts or has left',
    broken: ({ fenced, draining, halting, exited }, fact) =>
      fact._tag === 'Ran' && (fenced || draining || halting || exited) ? 'a record is run' : null
  },
  {
    name: 'buries what failed or was rejected, and nothing else',
    broken: ({ burying }, fact) =>
      fact._tag === 'Burying' &&
      (burying === null || Position.compare(burying.entry.record, fact.record) !== 0)
        ? 'a record is buried that did not fail'
        : null
  },
  {
    name: 'acknowledges nothing once it halts',
    broken: ({ halting }, fact) => (halting && isStatus(fact) ? 'a status though it halts' : null)
  }
]
