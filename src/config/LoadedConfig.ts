/** A configuration that has been read, and where each setting is from. Apart from what reads it: a thread is given it. */
import type * as Config from './Config'

/** An effective setting and where it comes from. */
export interface Origin {
  readonly key: string
  /** As it would be written. */
  readonly shown: string
  /** `kcl.config.yaml:3:13`, a variable's name, a flag, or `default`. */
  readonly from: string
}

export interface Loaded {
  readonly config: Config.Config
  readonly file: string | null
  readonly origins: ReadonlyArray<Origin>
  /** Where the keys of sinks are, by their whole paths, or the nearest thing around them. */
  readonly sinkPlaces?: Readonly<Record<string, string>>
  /** By the whole paths of keys of sinks: the text of those that may be secret, where variables stand in it. */
  readonly sinkTexts?: Readonly<Record<string, string>>
  /** Of values that may have been meant in another unit: a sentence each, with its place. */
  readonly doubts?: ReadonlyArray<string>
}

const placeOf = ({ origins, sinkPlaces }: Loaded, key: string): string =>
  origins.find((origin) => origin.key === key)?.from ?? sinkPlaces?.[key] ?? 'default'

/** Where the sink, or its key, is that a text names; the nearest thing around it. */
const placeInSinks = (loaded: Loaded, text: string): string => {
  const names = (/\bsinks(?:\.[\w-]+)+/.exec(text)?.[0] ?? '').split('.')
  const paths = names.map((_, i) => names.slice(0, names.length - i).join('.'))
  // Of an output without a sink: where sinks are, or else the handler that has the output.
  return (
    [...paths, 'handler'].map((one) => placeOf(loaded, one)).find((from) => from !== 'default') ?? 'default'
  )
}

/** A problem with what a key names, found later: it is reported with the place where the key was set. */
export const showLater = (loaded: Loaded, key: string, text: string): string => {
  // What is wrong with sinks names their keys itself.
  const isOfSinks = key === 'sinks'
  const from = isOfSinks ? placeInSinks(loaded, text) : placeOf(loaded, key)
  return `${from === 'default' ? '' : `${from}: `}${isOfSinks ? '' : `${key}: `}${text}`
}
