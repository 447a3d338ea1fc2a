/** Random lives of a session as recordings in memory. */
import type * as Effect from '../../src/core/Effect'
import type * as Input from '../../src/core/Input'
import * as Session from '../../src/core/Session'
import type * as Plan from '../../src/lab/plan/Plan'
import * as Recording from '../../src/lab/Recording'
import type { Step } from '../properties/Play'
import { HEADER } from './Recordings'

/** A recording as it grows. */
export interface Recorded {
  readonly lives: ReadonlyArray<ReadonlyArray<Recording.Entry>>
  readonly step: Step
}

const isWrite = (effect: Effect.Effect): effect is Effect.Write => effect._tag === 'Write'

/** A session that writes down what it is given and what it replies. */
export const recorded = (step: Step): Recorded => {
  const lives: Array<Array<Recording.Entry>> = []
  return {
    lives,
    step: (state, input: Input.Input) => {
      if (state === Session.initial) lives.push([])
      const entries = lives[lives.length - 1] ?? []
      const taken = step(state, input)
      if (Session.phaseOf(state) !== 'Exited')
        entries.push(
          Recording.took(input),
          ...taken[1].filter(isWrite).map(({ reply }) => Recording.wrote(reply))
        )
      return taken
    }
  }
}

/** Lives of one shard after each other. */
export const sources = (env: Session.Env, { lives }: Recorded): ReadonlyArray<Plan.Source> =>
  lives.map((entries, index) => {
    const first = entries.find((entry) => entry._tag === 'Took' && 'now' in entry.input)
    const start = first?._tag === 'Took' && 'now' in first.input ? first.input.now : 0
    return source({ env, life: String(index).padStart(4, '0'), started: { wall: start, monotonic: start } }, [
      ...entries,
      Recording.closed(true, 0, null)
    ])
  })

export const source = (
  header: Partial<Recording.Header>,
  entries: ReadonlyArray<Recording.Entry>
): Plan.Source => ({
  header: { ...HEADER, ...header },
  isWhole: true,
  entries: () => [entries].values()
})
/** What comes of a plan. */
export const whole = (steps: Generator<Plan.Progress, Plan.Plan>): Plan.Plan => {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
