/** Where each record of an open batch is on its way, by its index. */
import * as Sparse from './Sparse'

/** A handler at work, on one record or, a batch handler, on several: the stage that all of them share. */
export interface Attempt {
  readonly _tag: 'Running'
  readonly ticket: number
  /** Its place among those of the batch: 0, 1 ... in the order in which they began. */
  readonly seat: number
  /** Its first record; those of an attempt on several are with its group, see `Flight.Grouped`. */
  readonly first: number
  /** 1, 2 ... */
  readonly attempt: number
  /** Its deadline; milliseconds. */
  readonly until: number
}

export interface Done {
  readonly _tag: 'Done'
  readonly asked: boolean
  /** The number of the run of failures that holds it back, from 1, see `Flight.holding`; 0: none does. */
  readonly run: number
}

export type Stage =
  /** It may begin at any time: its forerunner of the same key is finished. */
  | { readonly _tag: 'Ready' }
  | Attempt
  /** It failed and may begin again from the given time on. */
  | { readonly _tag: 'Retrying'; readonly attempt: number; readonly at: number }
  /** Its dead letter is being written. */
  | { readonly _tag: 'Burying'; readonly failure: boolean; readonly reason: string }
  /** Its outputs are on the way to their sinks. */
  | { readonly _tag: 'Delivering'; readonly asked: boolean }
  /** Finished, but a record before it is not. */
  | Done

export const ready: Stage = Object.freeze({ _tag: 'Ready' })

const delivering: Stage = Object.freeze({ _tag: 'Delivering', asked: false })
const deliveringAsked: Stage = Object.freeze({ _tag: 'Delivering', asked: true })
const done: Done = Object.freeze({ _tag: 'Done', asked: false, run: 0 })
const doneAsked: Done = Object.freeze({ _tag: 'Done', asked: true, run: 0 })

export const toDelivering = (asked: boolean): Stage => (asked ? deliveringAsked : delivering)
export const toDone = (asked: boolean): Done => (asked ? doneAsked : done)

/** The stages that are one of a few values have a number. Most records of a long batch are in one of them. */
const NUMBERED: ReadonlyArray<Stage | undefined> = [undefined, delivering, deliveringAsked, done, doneAsked]

const numberOf = (stage: Stage | undefined): number => {
  switch (stage?._tag) {
    case 'Delivering':
      return stage.asked ? 2 : 1
    case 'Done':
      return stage.run > 0 ? 0 : stage.asked ? 4 : 3
    case 'Ready':
    case 'Running':
    case 'Retrying':
    case 'Burying':
    case undefined:
      return 0
  }
}

/**
 * Records end in any order, so a change may be anywhere in a long list, and what it copies has left the processor's cache
 * and V8's space for what is young. The numbers of 200,000 records, eight in each number of their list, fit into both.
 */
export interface Stages {
  readonly numbers: Sparse.Sparse<number>
  /** Of the records whose number is 0. Those of others are of the past. */
  readonly others: Sparse.Sparse<Stage>
}

export const empty: Stages = Object.freeze({ numbers: Sparse.empty, others: Sparse.empty })

const numberAt = (numbers: Sparse.Sparse<number>, index: number): number =>
  ((Sparse.get(numbers, index >>> 3) ?? 0) >>> ((index & 7) * 3)) & 7

const withNumber = (numbers: Sparse.Sparse<number>, index: number, number: number): Sparse.Sparse<number> => {
  const shift = (index & 7) * 3
  const eight = Sparse.get(numbers, index >>> 3) ?? 0
  return Sparse.set(numbers, index >>> 3, (eight & ~(7 << shift)) | (number << shift))
}

export const get = ({ numbers, others }: Stages, index: number): Stage | undefined => {
  const number = numberAt(numbers, index)
  return number === 0 ? Sparse.get(others, index) : NUMBERED[number]
}

/** With the record in this stage; undefined: in none. */
export const set = ({ numbers, others }: Stages, index: number, stage: Stage | undefined): Stages => {
  const number = numberOf(stage)
  return number === numberAt(numbers, index)
    ? { numbers, others: number === 0 ? Sparse.set(others, index, stage) : others }
    : {
        numbers: withNumber(numbers, index, number),
        others: number === 0 ? Sparse.set(others, index, stage) : others
      }
}
