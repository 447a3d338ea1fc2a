/** A kind of sink: its keys, its limits, and how one is opened. */
import type { Either } from 'fp-ts/Either'
import * as Bytes from '../../values/Bytes'
import { guarded } from '../../values/Codec'
import * as Duration from '../../values/Duration'
import { oneOf, Positive, text, TrueOrFalse, Url } from '../../values/Key'
import { key, unset, type Flat, type Given, type Schema } from '../../values/KeySchema'
import type { Transport } from '../Sink'

/** What a sink needs to know of the process. */
export interface World {
  /** Milliseconds since 1970 by the clock that people and other machines read. */
  readonly wall: () => number
  readonly env: Readonly<Record<string, string | undefined>>
  /** The handler's module: its export of that name, for `type: module`. */
  readonly exported: (name: string) => unknown
  /** The sinks are only looked at: nothing is made, and nothing is sent. */
  readonly isDry?: boolean
}

/** A kind before one of it is opened. */
export interface Described<S extends Schema> {
  readonly schema: S
  /** The package that it needs and that may be missing. */
  readonly peer?: string
  /** Keys of which a sink has one. */
  readonly exactlyOne?: ReadonlyArray<keyof S & string>
}

interface Opening<S extends Schema> {
  /** Left: what is wrong, as it is said after the sink's name: at a key, `.path: ...`, or `: ...`. */
  open(settings: Given<S>, world: World): Promise<Either<string, Transport>>
}

export interface Kind<S extends Schema> extends Described<S>, Opening<S> {}

/** What `open` gets; its type is known by then. */
export type Settings<T extends string, S> = Flat<{ readonly type?: T } & Given<S>>

/** Ties the settings that `open` gets to the schema. */
export const kind = <S extends Schema>(of: Kind<S>): Kind<S> => of

/** A kind whose transport is loaded when a sink of it is opened. */
export const lazily = <S extends Schema>(
  described: Described<S>,
  load: () => Promise<Opening<S>>
): Kind<S> => ({
  ...described,
  open: async (settings, world) => (await load()).open(settings, world)
})

export const Text = text('text', /[^]/)
const Then = oneOf('halt', 'dead-letter')
const Keys = guarded('1 or 2', { enum: [1, 2] }, (u): u is 1 | 2 => u === 1 || u === 2)

/** A size within what the service takes. */
export const sizeUpTo = (most: number, shown: string) =>
  Bytes.between(`a size from 1 to ${shown}, such as 500kB, 1MiB or a number of bytes`, 1, most)

/** Of those that are services of AWS. */
export const aws = {
  region: unset(
    Text,
    'The AWS region. If this key is not set, the region of the environment is used.',
    'eu-central-1'
  ),
  endpoint: unset(Url, 'An endpoint to use instead of AWS, such as an emulator.', 'http://127.0.0.1:4566')
}

export const ids = key(
  TrueOrFalse,
  false,
  'true: send {"id": the idempotency key, "key": the key of the output, "value": the output}. false: send only the output.'
)

/** What every sink has beside its own settings. A request is full at `count` outputs or `bytes`: no more than the service takes. */
export const common = (count: number, bytes: Bytes.Written) => ({
  batch: {
    count: key(Positive, count, 'The most outputs that are sent at once.'),
    bytes: key(
      Bytes.AboveZero,
      bytes,
      'The most bytes that are sent at once. A single output may be larger.'
    ),
    linger: key(
      Duration.Duration,
      0,
      'How long an output waits for other outputs to share its request. 0: no wait. Outputs that arrive while a request runs go into the next request together, whatever this key says.'
    )
  },
  timeout: key(
    Duration.AboveZero,
    '30s',
    'The time limit for one request. A request that takes longer counts as a failure.'
  ),
  backoff: key(
    Duration.AboveZero,
    '200ms',
    'The wait after the first failure of a request. Each further wait is twice as long, with jitter, up to 30 s.'
  ),
  deadline: key(
    Duration.Duration,
    '60s',
    'How long to retry an output, counted from its first attempt. After that, the output is given up. 0: the output is given up after its first failure.'
  ),
  then: key(
    Then,
    'halt',
    'What happens when an output is given up. halt: the worker halts. dead-letter: the record of the output becomes a dead letter.'
  ),
  keys: key(
    Keys,
    1,
    'The format of idempotency keys, 1 or 2. Set 2 for a new sink. A key in format 2 has the stream, the shard, the position of the record and the index of the output. A key in format 1, the default, lacks the stream. Keep 1 if the receiver has stored keys that an older version of kclts sent.',
    { example: 2 }
  )
})

/** What its sections are for. */
export const sections: Readonly<Record<string, string>> = {
  batch: 'How outputs are combined into requests.',
  rotate: 'When a new file begins.'
}

/** The part of its schema that each kind has. */
export type Common = ReturnType<typeof common>
