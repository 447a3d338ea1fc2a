/** The entries of a life to lines. */
import type { Received } from '../core/Input'
import * as Answer from './Answer'
import * as Columns from './Columns'
import * as Line from './Line'
import type { Entry } from './Recording'
import * as Steps from './Steps'

export interface Encoder {
  readonly take: (entry: Entry) => void
  /** Writes down what is collected. */
  readonly flush: () => void
}

/** Numbers of steps in a line. */
const MOST = 4096

/** @param write gets each line, without a newline */
export const make = (writing: Columns.Writing, write: (line: string) => void): Encoder => {
  const isFull = writing.data === 'full'
  const collector = Steps.collector((value) => Answer.of(value, writing.hash, isFull))
  const flush = (): void => {
    const steps = collector.take()
    if (steps !== null) write(Line.steps(steps))
  }
  const batch = (input: Received): void => {
    const { action } = input
    if (action._tag === 'ProcessRecords')
      write(Line.batch(Columns.of(action.records, writing), action.millisBehindLatest, input))
    else write(Line.input(input, isFull))
  }
  return {
    flush,
    take: (entry) => {
      if (entry._tag === 'Took' && collector.add(entry.input)) {
        if (collector.length() >= MOST) flush()
        return
      }
      flush()
      switch (entry._tag) {
        case 'Took':
          return entry.input._tag === 'Received' ? batch(entry.input) : write(Line.input(entry.input, isFull))
        case 'Wrote':
          return write(Line.reply(entry.reply))
        case 'Gap':
          return write(Line.gap(entry.records, entry.why, null))
        case 'Closed':
          return write(Line.end({ complete: entry.complete, dropped: entry.dropped, more: false }))
      }
    }
  }
}
