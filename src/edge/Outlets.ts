/** Where outputs and dead letters go, as the edge sees it: opened by the room above it, which knows the sinks. */
import * as E from 'fp-ts/Either'
import * as Config from '../codec/Config'
import * as Failure from '../core/Failure'
import type { Capabilities } from '../run/Capabilities'
import * as DeadLetterFile from './DeadLetterFile'
import type { HandlerModule } from './HandlerModule'

export interface Outlets {
  readonly bury: Capabilities['bury']
  readonly deliver: Capabilities['deliver']
  readonly close: () => Promise<void>
}

/** What the sinks give; dead letters go to the one that is named. */
export interface Sinks {
  readonly bury: (sink: string) => Capabilities['bury']
  readonly deliver: Capabilities['deliver']
  readonly close: () => Promise<void>
}

/** Opens the sinks. Left: what is wrong, a sentence each. */
export type OpenSinks = (
  config: Config.Config,
  module: HandlerModule,
  onWarning: (warning: string) => void
) => Promise<E.Either<ReadonlyArray<string>, Sinks>>

/** With no sink in the configuration no output can be delivered; nothing is loaded for it. */
const nowhere: Sinks = {
  bury: () => () => E.left(Failure.make('UnknownSink', 'the configuration has no sinks')),
  deliver: ({ outputs }, then) => {
    const failure = Failure.make(
      'UnknownSink',
      `the handler gave an output for ${outputs[0]?.sink ?? 'a sink'}, and the configuration has no sinks`
    )
    queueMicrotask(() => then(E.left({ then: 'halt', failure })))
  },
  close: () => Promise.resolve()
}

/** A sentence and the key that it is about. */
export interface Problem {
  readonly key: string
  readonly text: string
}

type Opened = E.Either<ReadonlyArray<Problem>, Outlets>

/** The file of dead letters, unless they go to a sink, beside the sinks. */
const combine = async (
  sinks: E.Either<ReadonlyArray<string>, Sinks>,
  { failure }: Config.Config,
  onWarning: (warning: string) => void
): Promise<Opened> => {
  const sink = Config.sinkOf(failure.deadLetters)
  const letters = sink === null ? DeadLetterFile.open(failure.deadLetters, onWarning) : E.right(null)
  if (E.isLeft(sinks) || E.isLeft(letters)) {
    if (E.isRight(sinks)) await sinks.right.close()
    if (E.isRight(letters)) letters.right?.close()
    return E.left([
      ...(E.isLeft(letters) ? [{ key: 'failure.deadLetters', text: Failure.show(letters.left) }] : []),
      ...(E.isLeft(sinks) ? sinks.left.map((text) => ({ key: 'sinks', text })) : [])
    ])
  }
  const { bury, deliver, close } = sinks.right
  return E.right({
    bury: letters.right?.bury ?? bury(sink ?? ''),
    deliver,
    close: async () => {
      letters.right?.close()
      await close()
    }
  })
}

/** Opens the sinks, when there are any, and the file of dead letters, when they go to one. */
export const open = async (
  openSinks: OpenSinks,
  config: Config.Config,
  module: HandlerModule,
  onWarning: (warning: string) => void
): Promise<Opened> => {
  const isNeeded = Object.keys(config.sinks).length > 0 || module.exported('outputs') !== undefined
  return combine(isNeeded ? await openSinks(config, module, onWarning) : E.right(nowhere), config, onWarning)
}

/** For where no handler runs: the file of dead letters alone. */
export const withoutSinks = (config: Config.Config, onWarning: (warning: string) => void): Promise<Opened> =>
  combine(E.right(nowhere), config, onWarning)
