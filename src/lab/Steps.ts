/**
 * The small inputs of a session, which come for each record or for a few of them, as one list of numbers: an operation, the
 * time, and what belongs to it. Numbers cost the thread that runs handlers next to nothing, and are read quickly.
 */
import * as Decision from '../core/Decision'
import type { Drop } from '../core/Filter'
import * as Input from '../core/Input'
import type { Fields } from '../protocol/Fields'
import * as Answer from './Answer'

/** Operations, with what follows each of them and the time. A time of 0 is that of the step before. */
const BEGUN = 1 // ticket, number of indices, indices
const HANDLED = 2 // index, count, ticket, answer
const DELIVERED = 3 // number of indices, indices
const TICKED = 4
const BURIED = 5 // index
const DROPPED = 6 // index, ticket, drop

/** Answers without more to say have a number; that of any other is the place in the list behind these. */
const PLAIN: ReadonlyArray<Answer.Answer> = [
  { tag: 'Ack' },
  { tag: 'Checkpoint' },
  { tag: 'Forgotten' },
  { tag: 'Invalid' }
]

export interface Steps {
  readonly steps: ReadonlyArray<number>
  readonly answers?: ReadonlyArray<Answer.Answer>
  readonly drops?: ReadonlyArray<Drop>
}

/** Collects steps until they are taken. */
export interface Collector {
  /** False: it is none of the small inputs. */
  readonly add: (input: Input.Input) => boolean
  /** How many numbers there are. */
  readonly length: () => number
  /** null: there are none. */
  readonly take: () => Steps | null
}

const ACK: unknown = Decision.ack()

class StepCollector implements Collector {
  #steps: Array<number> = []
  #answers: Array<Answer.Answer> = []
  #drops: Array<Drop> = []
  /** The time of the last step. */
  #last = 0

  constructor(private readonly answerOf: (value: unknown) => Answer.Answer) {}

  add(input: Input.Input): boolean {
    switch (input._tag) {
      case 'Begun':
        this.#begin(BEGUN, input.now)
        this.#steps.push(input.ticket)
        this.#list(input.indices)
        return true
      case 'Handled':
        this.#begin(HANDLED, input.now)
        this.#steps.push(input.index, input.count, input.ticket, this.#placeOf(input.value))
        return true
      case 'Delivered':
        this.#begin(DELIVERED, input.now)
        this.#list(input.indices)
        return true
      case 'Ticked':
        this.#begin(TICKED, input.now)
        return true
      case 'Buried':
        if (input.problem !== null) return false
        this.#begin(BURIED, input.now)
        this.#steps.push(input.index)
        return true
      case 'Dropped':
        this.#begin(DROPPED, input.now)
        this.#steps.push(input.index, input.ticket, this.#placeOfDrop(input.drop))
        return true
      case 'Received':
      case 'Threw':
      case 'Undelivered':
      case 'Drained':
      case 'Closed':
      case 'Broken':
      case 'Crashed':
        return false
    }
  }

  length(): number {
    return this.#steps.length
  }

  take(): Steps | null {
    if (this.#steps.length === 0) return null
    const taken: Steps = {
      steps: this.#steps,
      ...(this.#answers.length === 0 ? {} : { answers: this.#answers }),
      ...(this.#drops.length === 0 ? {} : { drops: this.#drops })
    }
    this.#steps = []
    this.#answers = []
    this.#drops = []
    this.#last = 0
    return taken
  }

  #begin(operation: number, now: number): void {
    this.#steps.push(operation, now === this.#last ? 0 : now)
    this.#last = now
  }

  /** Not by a spread: a batch of aggregated records may have more than a call can have arguments. */
  #list(indices: ReadonlyArray<number>): void {
    this.#steps.push(indices.length)
    for (const index of indices) this.#steps.push(index)
  }

  #placeOf(value: unknown): number {
    if (value === ACK) return 0
    const answer = this.answerOf(value)
    const isPlain = answer.outputs === undefined && answer.reason === undefined
    const plain = isPlain ? PLAIN.findIndex(({ tag }) => tag === answer.tag) : -1
    return plain >= 0 ? plain : PLAIN.length + this.#answers.push(answer) - 1
  }

  #placeOfDrop(drop: Drop): number {
    const known = this.#drops.findIndex(({ by, reason }) => by === drop.by && reason === drop.reason)
    return known >= 0 ? known : this.#drops.push(drop) - 1
  }
}

/** @param answerOf what is kept of a handler's answer */
export const collector = (answerOf: (value: unknown) => Answer.Answer): Collector =>
  new StepCollector(answerOf)

const NO_DROP: Drop = { by: 'key', reason: '' }

/** The inputs again; null: the list is none. */
export const read = ({ steps, answers = [], drops = [] }: Steps): ReadonlyArray<Input.Input> | null => {
  const plain = PLAIN.map(Answer.standIn)
  const values = answers.map(Answer.standIn)
  const inputs: Array<Input.Input> = []
  let at = 0
  let last = 0
  const number = (): number => steps[at++] ?? NaN
  const indices = (): ReadonlyArray<number> => {
    const from = at + 1
    at = from + number()
    return steps.slice(from, at)
  }
  while (at < steps.length) {
    const operation = number()
    const time = number()
    const now = time === 0 ? last : time
    last = now
    switch (operation) {
      case BEGUN: {
        const ticket = number()
        inputs.push(Input.begun(indices(), ticket, now))
        break
      }
      case HANDLED: {
        const index = number()
        const count = number()
        const ticket = number()
        const answer = number()
        const value = answer < PLAIN.length ? plain[answer] : values[answer - PLAIN.length]
        inputs.push(Input.handled(index, value, now, ticket, count))
        break
      }
      case DELIVERED:
        inputs.push(Input.delivered(indices(), now))
        break
      case TICKED:
        inputs.push(Input.ticked(now))
        break
      case BURIED:
        inputs.push(Input.buried(number(), null, now))
        break
      case DROPPED: {
        const index = number()
        const ticket = number()
        inputs.push(Input.dropped(index, drops[number()] ?? NO_DROP, now, ticket))
        break
      }
      default:
        return null
    }
  }
  return at === steps.length ? inputs : null
}

const isList = (value: unknown, is: (item: unknown) => boolean): boolean =>
  value === undefined || (Array.isArray(value) && value.every(is))

const isDrop = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'by' in value && 'reason' in value

export const is = (value: Fields): boolean => {
  const { steps, answers, drops } = value
  return Array.isArray(steps) && isList(answers, Answer.is) && isList(drops, isDrop)
}
