/** The sinks of a process in the real world, as the edge wants them. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Clock from '../run/Clock'
import type { OpenSinks } from '../edge/Outlets'
import * as Timer from '../run/Timer'
import * as Outputs from './Outputs'
import * as Sinks from './Sinks'

export const open: OpenSinks = async (config, module, warn) => {
  const outputs = Outputs.read(module.exported('outputs'), config)
  if (E.isLeft(outputs)) return outputs
  const opened = await Sinks.open(config.sinks, {
    now: Clock.monotonic,
    wall: Clock.wall,
    random: Math.random,
    after: Timer.after,
    env: process.env,
    exported: module.exported,
    encode: outputs.right,
    warn
  })
  if (E.isLeft(opened)) return opened
  const { deliver, bury, largest, close } = opened.right
  let isClosed = false
  return E.right({
    deliver: (delivery, then) =>
      void deliver(delivery).then((end) => {
        // What a close gave up is nobody's business: the session has ended.
        if (!isClosed) then(end)
      }),
    bury: (sink) => async (letter) =>
      pipe(
        await bury(sink, letter),
        E.mapLeft(({ _tag, failure }) => ({ isRefused: _tag === 'Refused', failure }))
      ),
    largest,
    close: () => {
      isClosed = true
      return close()
    }
  })
}
