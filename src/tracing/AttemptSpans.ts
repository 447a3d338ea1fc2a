/**
 * A span for each attempt of the handler: from its call until nothing is left to do about its records because of it. A
 * record that is plainly acknowledged is finished at once, one with outputs when its sinks have them, one that is rejected
 * when its dead letter is on disk.
 *
 * Each attempt has its own, because the next one may begin a minute later, when nothing was at work meanwhile; and a span
 * is lost that has not ended when the process does.
 */
import type { Env } from '../core/State'
import type { Effect } from '../core/Effect'
import type * as Input from '../core/Input'
import type * as Session from '../core/Session'
import type { Verdict } from '../core/Verdict'
import * as Position from '../protocol/Position'
import { isEnd, objection, stopped, thrown, type Spans } from './Spans'
import type { Failed, Span, Tracing } from './Tracing'

interface Call {
  readonly span: Span
  /** Of a single record. */
  readonly isAlone: boolean
  /** By the place of each record that is not over: whether the handler has answered for it. */
  readonly waits: Map<string, boolean>
}

type Each = (indices: ReadonlyArray<number>, then: (place: string, call: Call) => void) => void

export class AttemptSpans implements Spans {
  readonly #tracing: Tracing
  readonly #env: Env
  /** Those whose spans have not ended. */
  readonly #open = new Set<Call>()
  /** By the places of their records. */
  readonly #calls = new Map<string, Call>()
  readonly #tickets = new Map<number, Call>()
  /** Of a call of several records, which is known before it is made; 0: none. */
  #ticket = 0
  /** Those that the step is about. */
  readonly #touched = new Set<Call>()
  /** A line that is logged because of the last step still finds the spans that it ended. */
  #over: Array<readonly [place: string, call: Call]> = []

  constructor(tracing: Tracing, env: Env) {
    this.#tracing = tracing
    this.#env = env
  }

  readonly begin: Spans['begin'] = (records, kind, attempt) => {
    const ticket = this.#ticket
    this.#ticket = 0
    const [first] = records
    if (first === undefined) return null
    const { stream } = this.#env
    const span = this.#tracing.start({ stream, shardId: first.shardId, records, kind, attempt })
    if (span === null) return null
    const call: Call = { span, isAlone: kind === 'one', waits: new Map() }
    for (const record of records) {
      const place = Position.show(record)
      call.waits.set(place, false)
      this.#calls.set(place, call)
    }
    this.#open.add(call)
    if (ticket !== 0) this.#tickets.set(ticket, call)
    return span
  }

  readonly at: Spans['at'] = (place) => this.#calls.get(place)?.span ?? null

  readonly observe: Spans['observe'] = (input, step, before) => {
    try {
      this.#sweep()
      if (this.#calls.size > 0 || input._tag === 'Begun') this.#hear(input, step, before)
    } catch (problem) {
      this.#tracing.failed(problem)
    }
  }

  // -- what happens -----------------------------------------------------------------------------------------------------

  #hear(input: Input.Input, [after, effects, verdict]: Session.Step, before: Session.State): void {
    this.#touched.clear()
    const each: Each = (indices, then) => {
      for (const index of indices) {
        const record = before.batch?.records.at(index)
        const place = record === undefined ? '' : Position.show(record)
        const call = this.#calls.get(place)
        if (call === undefined) continue
        this.#touched.add(call)
        then(place, call)
      }
    }
    // An input that the session ignores changes nothing.
    if (after !== before) this.#take(input, verdict ?? 'ack', each)
    for (const effect of effects) this.#want(effect, input, each)
    for (const call of this.#touched) if (call.waits.size === 0) this.#end(call)
    if ((after.batch === null && before.batch !== null) || effects.some(isEnd)) this.#endAll()
  }

  #take(input: Input.Input, verdict: Verdict, each: Each): void {
    switch (input._tag) {
      case 'Begun':
        // A call of one record was made before it was known to be an effect.
        if (this.#env.group !== null) this.#ticket = input.ticket
        else each(input.indices, (_place, call) => this.#tickets.set(input.ticket, call))
        return
      case 'Handled':
        for (let i = 0; i < input.count; i++)
          each([input.index + i], (place, call) => this.#answered(place, call, input.value, verdict))
        return
      case 'Threw':
        return each([input.index], (_place, call) => this.#stop(call, thrown(input)))
      case 'Delivered':
        return each(input.indices, (place, call) => this.#leave(place, call))
      case 'Undelivered':
        return each([input.index], (place, call) => this.#leave(place, call, thrown(input)))
      case 'Buried':
        return each([input.index], (place, call) =>
          this.#leave(place, call, input.problem === null ? null : thrown({ failure: input.problem }))
        )
      case 'Dropped':
      case 'Received':
      case 'Ticked':
      case 'Drained':
      case 'Crashed':
      case 'Closed':
      case 'Broken':
        return
    }
  }

  /** An attempt whose record is delivered or buried is not over; a stopped one is. */
  #want(effect: Effect, cause: Input.Input, each: Each): void {
    if (effect._tag === 'Deliver' || effect._tag === 'Bury')
      each([effect.index], (place, call) => call.waits.set(place, true))
    if (effect._tag !== 'Abort') return
    const call = this.#tickets.get(effect.ticket)
    if (call === undefined) return
    this.#touched.add(call)
    this.#stop(call, stopped(cause, this.#env.deadline))
  }

  #answered(place: string, call: Call, value: unknown, verdict: Verdict): void {
    if (call.isAlone && verdict !== 'failed') call.span.note('kclts.decision', verdict)
    this.#leave(place, call, objection(value, verdict))
  }

  /** What failed for one record failed for all that have no answer yet. */
  #stop(call: Call, failed: Failed): void {
    call.span.fail(failed)
    for (const [place, isAnswered] of call.waits) if (!isAnswered) this.#leave(place, call)
  }

  // -- ends -------------------------------------------------------------------------------------------------------------

  #leave(place: string, call: Call, failed: Failed | null = null): void {
    if (failed !== null) call.span.fail(failed)
    call.waits.delete(place)
    this.#over.push([place, call])
  }

  #end(call: Call): void {
    if (!this.#open.delete(call)) return
    call.span.end()
    for (const [ticket, other] of this.#tickets) if (other === call) this.#tickets.delete(ticket)
  }

  /** The batch is over, or the session. */
  #endAll(): void {
    for (const call of this.#open) {
      for (const place of call.waits.keys()) this.#leave(place, call)
      this.#end(call)
    }
    this.#ticket = 0
  }

  #sweep(): void {
    if (this.#over.length === 0) return
    for (const [place, call] of this.#over)
      if (!call.waits.has(place) && this.#calls.get(place) === call) this.#calls.delete(place)
    this.#over = []
  }
}
