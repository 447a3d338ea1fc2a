/** Where the outputs and the dead letters of a process go: its sinks, and the file of dead letters. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Config from '../config/Config'
import * as ConfigSecrets from '../config/ConfigSecrets'
import * as Secrets from '../values/Secrets'
import * as Failure from '../core/Failure'
import type { Capabilities } from '../run/Capabilities'
import * as DeadLetterFallback from '../deadLetters/DeadLetterFallback'
import * as DeadLetterFile from '../deadLetters/DeadLetterFile'
import type * as Sinks from '../sinks/open'
import type { HandlerModule } from './HandlerModule'

export interface Destinations {
  readonly bury: Capabilities['bury']
  readonly deliver: Capabilities['deliver']
  /** Which sinks fail; left out where there are none. */
  readonly states?: Sinks.Opened['states']
  /** What `kclts check` warns of: it is as configured, and may not be enough one day. A sentence each. */
  readonly advice: ReadonlyArray<string>
  readonly close: () => Promise<void>
}

/** They are loaded only when they are opened: a worker without sinks does not pay for them. */
const openSinks: Sinks.Open = async (config, exported, onWarning) =>
  (await import('../sinks/open.js')).open(config, exported, onWarning)

const examineSinks: Sinks.Open = async (config, exported, onWarning) =>
  (await import('../sinks/open.js')).examine(config, exported, onWarning)

/** With no sink in the configuration no output can be delivered; nothing is loaded for it. */
const nowhere: Sinks.Opened = {
  bury: () => () =>
    Promise.resolve(
      E.left({ isRefused: true, failure: Failure.make('UnknownSink', 'the configuration has no sinks') })
    ),
  largest: () => Infinity,
  deliver: ({ outputs }, then) => {
    const failure = Failure.make(
      'UnknownSink',
      `the handler emitted an output for ${outputs[0]?.sink ?? 'a sink'}, but the configuration has no sinks`
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

type Opened = E.Either<ReadonlyArray<Problem>, Destinations>

/** What takes the dead letters. */
interface LetterWriter extends Pick<Destinations, 'bury' | 'advice'> {
  readonly close: () => void
}

const inFile = (
  file: string,
  onWarning: (warning: string) => void
): E.Either<Failure.Failure, LetterWriter> =>
  pipe(
    DeadLetterFile.open(file, onWarning),
    E.map(({ bury, close }): LetterWriter => ({
      bury,
      advice: [],
      close: () => void close()
    }))
  )

/** As `inFile`, and nothing is made. */
const beforeFile: typeof inFile = (file, onWarning) =>
  pipe(
    DeadLetterFile.examine(file, onWarning),
    E.map((): LetterWriter => ({
      bury: () => E.left(Failure.make('Closed', `${file} is only looked at`)),
      advice: [],
      close: () => undefined
    }))
  )

/** To a sink, and to the file where it refuses a letter. */
const inSink = (
  sink: string,
  sinks: Sinks.Opened,
  file: string,
  onWarning: (warning: string) => void
): LetterWriter => {
  const largest = sinks.largest(sink)
  const problem = DeadLetterFallback.problemOf(file)
  if (problem !== null)
    onWarning(
      `failure.fallback: a dead letter that sink ${sink} refuses cannot be written to ${file}, and would halt the worker: ${problem}`
    )
  const advice =
    `failure.deadLetters: sink ${sink} takes outputs of up to ${largest} bytes, and the dead letter of a record of ` +
    `10 MiB has ${DeadLetterFallback.LARGEST_LETTER}; a letter that is too large goes to ${file} (failure.fallback)`
  return {
    ...DeadLetterFallback.make(sinks.bury(sink), file, onWarning),
    advice: largest < DeadLetterFallback.LARGEST_LETTER ? [advice] : []
  }
}

/** What a handler throws may repeat a secret that it was given, such as a URL. The payload stays as it came. */
const discreet = (bury: Destinations['bury'], config: Config.Config): Destinations['bury'] => {
  // Most workers never write a letter.
  let hide: Secrets.Hide | null = null
  return (letter) => {
    const hidden = (hide ??= Secrets.hide(ConfigSecrets.of(config, process.env)))
    const { reason, error } = letter
    return bury({
      ...letter,
      reason: hidden(reason),
      error:
        error === null
          ? null
          : Failure.make(error.name, hidden(error.message), error.stack === null ? null : hidden(error.stack))
    })
  }
}

/** The file of dead letters, unless they go to a sink, beside the sinks. */
const combine = async (
  sinks: E.Either<ReadonlyArray<string>, Sinks.Opened>,
  config: Config.Config,
  onWarning: (warning: string) => void,
  toFile = inFile
): Promise<Opened> => {
  const { failure } = config
  const sink = Config.sinkOf(failure.deadLetters)
  const letters =
    sink === null
      ? toFile(failure.deadLetters, onWarning)
      : E.right(inSink(sink, E.isRight(sinks) ? sinks.right : nowhere, failure.fallback, onWarning))
  if (E.isLeft(sinks) || E.isLeft(letters)) {
    if (E.isRight(sinks)) await sinks.right.close()
    if (E.isRight(letters)) letters.right.close()
    return E.left([
      ...(E.isLeft(letters) ? [{ key: 'failure.deadLetters', text: Failure.show(letters.left) }] : []),
      ...(E.isLeft(sinks) ? sinks.left.map((text) => ({ key: 'sinks', text })) : [])
    ])
  }
  const { deliver, states, close } = sinks.right
  const { bury, advice } = letters.right
  return E.right({
    bury: discreet(bury, config),
    deliver,
    ...(states === undefined ? {} : { states }),
    advice,
    close: async () => {
      letters.right.close()
      await close()
    }
  })
}

const isNeeded = ({ sinks }: Config.Config, module: Exporting | null): module is Exporting =>
  module !== null && (Object.keys(sinks).length > 0 || module.exported('outputs') !== undefined)

type Exporting = Pick<HandlerModule, 'exported'>

/**
 * Opens the sinks, when there are any, and the file of dead letters, when they go to one. Without a module, where no handler
 * runs, no sink is opened.
 */
export const open = async (
  config: Config.Config,
  module: Exporting | null,
  onWarning: (warning: string) => void,
  sinks: Sinks.Open = openSinks
): Promise<Opened> =>
  combine(
    isNeeded(config, module) ? await sinks(config, module.exported, onWarning) : E.right(nowhere),
    config,
    onWarning
  )

/** As `open`, and nothing is made on disk or sent: what a command does that only looks. */
export const examine = async (
  config: Config.Config,
  module: Exporting | null,
  onWarning: (warning: string) => void
): Promise<Opened> =>
  combine(
    isNeeded(config, module) ? await examineSinks(config, module.exported, onWarning) : E.right(nowhere),
    config,
    onWarning,
    beforeFile
  )
