/** The sinks of a process in the real world, as the edge wants them. */
import * as E from 'fp-ts/Either'
import type { OpenSinks } from '../edge/Outlets'
import * as Outputs from './Outputs'
import * as Sinks from './Sinks'

export const open: OpenSinks = async (config, module) => {
  const outputs = Outputs.read(module.exported('outputs'), config)
  if (E.isLeft(outputs)) return outputs
  const opened = await Sinks.open(config.sinks, {
    now: () => performance.timeOrigin + performance.now(),
    random: Math.random,
    after: (millis, then) => void setTimeout(then, millis),
    env: process.env,
    exported: module.exported,
    encode: outputs.right
  })
  if (E.isLeft(opened)) return opened
  const { deliver, bury, close } = opened.right
  return E.right({
    deliver: (delivery, then) => void deliver(delivery).then(then),
    bury: (sink) => (letter) => bury(sink, letter),
    close
  })
}
