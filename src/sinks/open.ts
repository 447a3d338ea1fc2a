/** The sinks of a process, in the real world. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { BuryInSink } from '../deadLetters/DeadLetterFallback'
import type { Capabilities } from '../run/Capabilities'
import * as Clock from '../run/Clock'
import * as Outputs from './Outputs'
import type { SinkSettings } from './Settings'
import * as Sinks from './Sinks'

export interface Opened {
  /** Puts dead letters into the sink of that name. */
  readonly bury: (sink: string) => BuryInSink
  /** Bytes of the largest output that the sink takes, as far as is known before one is sent. */
  readonly largest: (sink: string) => number
  readonly deliver: Capabilities['deliver']
  /** Which sinks fail; left out where there are none. */
  readonly states?: Sinks.Sinks['states']
  readonly close: () => Promise<void>
}

/** What of a configuration says where outputs go. */
interface Configured {
  readonly sinks: Readonly<Record<string, SinkSettings>>
  readonly failure: { readonly deadLetters: string }
}

/** What the handler's module exports by a name; undefined: nothing. */
export type Exported = (name: string) => unknown

/** Left: what is wrong, a sentence each. */
export type Open = (
  config: Configured,
  exported: Exported,
  onWarning: (warning: string) => void
) => Promise<E.Either<ReadonlyArray<string>, Opened>>

const opening =
  (isDry: boolean): Open =>
  async (config, exported, warn) => {
    const outputs = Outputs.read(exported('outputs'), config)
    if (E.isLeft(outputs)) return outputs
    const opened = await Sinks.open(config.sinks, {
      now: Clock.monotonic,
      wall: Clock.wall,
      random: Math.random,
      later: Clock.later,
      env: process.env,
      exported,
      encode: outputs.right,
      warn,
      isDry
    })
    if (E.isLeft(opened)) return opened
    const { deliver, bury, largest, states, close } = opened.right
    let isClosed = false
    return E.right({
      deliver: (delivery, then) =>
        void deliver(delivery).then((end) => {
          // What a close gave up is not reported: the session has ended.
          if (!isClosed) then(end)
        }),
      bury: (sink) => async (letter) =>
        pipe(
          await bury(sink, letter),
          E.mapLeft(({ _tag, failure }) => ({ isRefused: _tag === 'Refused', failure }))
        ),
      largest,
      states,
      close: () => {
        isClosed = true
        return close()
      }
    })
  }

export const open: Open = opening(false)

/** As `open`, and nothing is made: what a command does that only looks. */
export const examine: Open = opening(true)
