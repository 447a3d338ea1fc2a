/**
 * When Amazon's daemon is started, asked to stop, killed, started again, and given up: a fold like the session's,
 * `step(settings)(state, input)`, without a clock and without processes.
 */
import * as Backoff from '../protocol/Backoff'

/** All times in milliseconds. */
export interface Settings {
  /** How long the daemon may take to stop before it is killed. */
  readonly grace: number
  /** Quick failures in a row that are the end; 0: the first exit is. */
  readonly attempts: number
  /** A run that ended sooner, or in which the daemon never worked, is a quick failure. */
  readonly quick: number
  /** The wait before the first start anew; it doubles, jittered, up to `maxBackoff`. */
  readonly backoff: number
  readonly maxBackoff: number
}

export type Phase =
  | { readonly _tag: 'New' }
  | { readonly _tag: 'Running'; readonly since: number; readonly isAtWork: boolean }
  /** The daemon has ended by itself and is started again at the given time. */
  | { readonly _tag: 'Waiting'; readonly until: number }
  /** Asked to stop; killed at `until`. */
  | { readonly _tag: 'Stopping'; readonly until: number; readonly isKilled: boolean }
  | { readonly _tag: 'Ended' }

export interface State {
  readonly phase: Phase
  /** Quick failures in a row. */
  readonly failures: number
  /** How often the daemon was started again. */
  readonly restarts: number
  /** What the daemon's log, or the host, last said of why it cannot work. */
  readonly trouble: string | null
  /** Why it is about to end, or ended last, in a sentence; null once it works again. */
  readonly ending: string | null
  /** The last time that it ended by itself and was started again; null: never. */
  readonly lastEnd: LastEnd | null
}

export interface LastEnd {
  /** In a sentence. */
  readonly why: string
  readonly at: number
  /** How long that run of the daemon had lasted. */
  readonly lasted: number
}

export const initial: State = {
  phase: { _tag: 'New' },
  failures: 0,
  restarts: 0,
  trouble: null,
  ending: null,
  lastEnd: null
}

/** A run that goes on for longer than this has not the trouble of the one before. */
const LONG_MS = 600_000

/**
 * Why the daemon ended last, in a sentence, until it has worked for longer than the run that ended then: a breaker that halts
 * each run lets the daemon work for a while every time. Null: there is no such doubt, or `ending` says why.
 */
export const doubt = ({ quick }: Pick<Settings, 'quick'>, state: State, now: number): string | null => {
  const { phase, lastEnd } = state
  if (lastEnd === null || phase._tag !== 'Running' || !phase.isAtWork) return null
  const lasts = now - phase.since
  return lasts > Math.max(quick, Math.min(lastEnd.lasted, LONG_MS))
    ? null
    : `${lastEnd.why}; it was started again ${Math.round(lasts / 1000)} s ago`
}

export type Input =
  /** Everything is prepared. */
  | { readonly _tag: 'Ready'; readonly now: number }
  /** The daemon's leases are in order. */
  | { readonly _tag: 'Worked' }
  /** The log says why it cannot work. */
  | { readonly _tag: 'Troubled'; readonly trouble: string }
  /** A session ended with a problem, and the daemon ends because of it. */
  | { readonly _tag: 'Halted'; readonly why: string }
  /** A session ended with a problem, and no shard is left: the daemon only waits for its grace to pass. */
  | { readonly _tag: 'Deserted' }
  /** The daemon's process and all of its group are gone. `random`, in [0, 1), spreads the starts. */
  | { readonly _tag: 'Exited'; readonly how: string; readonly now: number; readonly random: number }
  /** A signal asked the worker to stop; a second one hurries. */
  | { readonly _tag: 'Signalled'; readonly signal: string; readonly now: number }
  | { readonly _tag: 'Ticked'; readonly now: number }

export type Level = 'debug' | 'info' | 'warn' | 'error'

export type Effect =
  /** Start the daemon; report `Exited` when it is gone. */
  | { readonly _tag: 'Start' }
  /** Let every session begin no further record. */
  | { readonly _tag: 'Drain' }
  /** Ask the daemon to stop. */
  | { readonly _tag: 'Terminate' }
  /** End it and its whole group at once. */
  | { readonly _tag: 'Kill' }
  /** Report `Ticked` at this time; a newer wait replaces an older one. */
  | { readonly _tag: 'Wait'; readonly until: number }
  | { readonly _tag: 'Log'; readonly level: Level; readonly message: string }
  /** Nothing follows it. 0: stopped as asked. 1: given up, or killed before it had stopped. */
  | { readonly _tag: 'Exit'; readonly code: 0 | 1 }

export type Step = readonly [State, ReadonlyArray<Effect>]

const log = (level: Level, message: string): Effect => ({ _tag: 'Log', level, message })
const exit = (code: 0 | 1): Effect => ({ _tag: 'Exit', code })
const wait = (until: number): Effect => ({ _tag: 'Wait', until })

const nothing = (state: State): Step => [state, []]

export const step =
  (settings: Settings) =>
  (state: State, input: Input): Step => {
    if (state.phase._tag === 'Ended') return nothing(state)
    switch (input._tag) {
      case 'Ready':
        return state.phase._tag === 'New' ? start(state, input.now) : nothing(state)
      case 'Worked':
        return worked(state)
      case 'Troubled':
        return nothing({ ...state, trouble: input.trouble })
      case 'Halted':
        return nothing({ ...state, trouble: input.why, ending: `the daemon ends: ${input.why}` })
      case 'Deserted':
        return deserted(state)
      case 'Exited':
        return exited(settings, state, input)
      case 'Signalled':
        return signalled(settings, state, input)
      case 'Ticked':
        return ticked(state, input.now)
    }
  }

const start = (state: State, now: number): Step => [
  { ...state, phase: { _tag: 'Running', since: now, isAtWork: false }, trouble: null },
  [{ _tag: 'Start' }]
]

const worked = (state: State): Step =>
  state.phase._tag === 'Running'
    ? nothing({ ...state, phase: { ...state.phase, isAtWork: true }, ending: null })
    : nothing(state)

/** It is ended as it would end by itself, and counts as that. */
const deserted = (state: State): Step =>
  state.phase._tag === 'Running'
    ? [state, [log('debug', 'no shard is left after the halt: ending the daemon'), { _tag: 'Kill' }]]
    : nothing(state)

type Exited = Extract<Input, { readonly _tag: 'Exited' }>

const exited = (settings: Settings, state: State, { how, now, random }: Exited): Step => {
  const { phase } = state
  if (phase._tag === 'Stopping') {
    const ended: State = { ...state, phase: { _tag: 'Ended' } }
    return phase.isKilled
      ? [
          ended,
          [
            log(
              'warn',
              'the daemon was killed before it had stopped; records that no checkpoint covers come again'
            ),
            exit(1)
          ]
        ]
      : [ended, [log('info', 'stopped'), exit(0)]]
  }
  if (phase._tag !== 'Running') return nothing(state)
  const isQuick = !phase.isAtWork || now - phase.since < settings.quick
  const failures = isQuick ? state.failures + 1 : 1
  const why = state.trouble === null ? '' : `: ${state.trouble}`
  if (failures > settings.attempts)
    return [
      { ...state, phase: { _tag: 'Ended' }, failures },
      [
        log('error', `giving up, the daemon ended ${times(failures)} soon after its start (${how})${why}`),
        exit(1)
      ]
    ]
  const until =
    now + Backoff.jittered({ first: settings.backoff, most: settings.maxBackoff }, failures, random)
  const ending = `the daemon ended by itself (${how})${why}`
  return [
    {
      ...state,
      phase: { _tag: 'Waiting', until },
      failures,
      restarts: state.restarts + 1,
      ending,
      lastEnd: { why: ending, at: now, lasted: now - phase.since }
    },
    [log('warn', `${ending}; it is started again in ${seconds(until - now)}`), wait(until)]
  ]
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times in a row`)
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

type Signalled = Extract<Input, { readonly _tag: 'Signalled' }>

const signalled = (settings: Settings, state: State, { signal, now }: Signalled): Step => {
  switch (state.phase._tag) {
    case 'New':
    case 'Waiting':
    case 'Ended':
      return [{ ...state, phase: { _tag: 'Ended' } }, [log('info', `${signal}: stopped`), exit(0)]]
    case 'Running': {
      const until = now + settings.grace
      return [
        { ...state, phase: { _tag: 'Stopping', until, isKilled: false } },
        [
          log('info', `${signal}: stopping; a second signal stops at once`),
          { _tag: 'Drain' },
          { _tag: 'Terminate' },
          wait(until)
        ]
      ]
    }
    case 'Stopping':
      return kill(state, state.phase, `${signal} again: killing the daemon`)
  }
}

const ticked = (state: State, now: number): Step => {
  const { phase } = state
  switch (phase._tag) {
    case 'Waiting':
      return now >= phase.until ? start(state, now) : [state, [wait(phase.until)]]
    case 'Stopping':
      if (phase.isKilled) return nothing(state)
      return now >= phase.until
        ? kill(state, phase, 'the daemon has not stopped in time: killing it')
        : [state, [wait(phase.until)]]
    case 'New':
    case 'Running':
    case 'Ended':
      return nothing(state)
  }
}

const kill = (state: State, phase: Extract<Phase, { readonly _tag: 'Stopping' }>, why: string): Step =>
  phase.isKilled
    ? nothing(state)
    : [{ ...state, phase: { ...phase, isKilled: true } }, [log('warn', why), { _tag: 'Kill' }]]
