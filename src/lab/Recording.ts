/**
 * A recording: what the sessions of shards were given, with the times, so that the fold can be run over it again.
 *
 * It is a folder with a file for each shard, life and part. A life is one session, from `initialize` to its end; a part is a
 * file of it. Each file begins with a header that says what is in it, and ends, unless it was cut, with a closing line.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import * as Input from '../core/Input'
import type * as Session from '../core/Session'
import type { Position } from '../protocol/Position'
import type { Reply } from '../protocol/Reply'
import { Index, Millis, orNull, text } from '../protocol/wire/Action'
import { explain } from '../protocol/wire/Explain'

export const FORMAT = 'kclts recording'
/** It goes up when a reader of this version could not read the next one. */
export const VERSION = 1

/** What is kept of the payloads. `hash`: a keyed hash, so that a value of few possible ones cannot be guessed. */
export type Data = 'none' | 'hash' | 'full'

export interface Header {
  readonly format: typeof FORMAT
  readonly version: typeof VERSION
  /** The version of kclts that wrote it. */
  readonly kclts: string
  /** `Input.VERSION` of its inputs. */
  readonly inputs: number
  readonly application: string | null
  readonly stream: string | null
  readonly shard: string
  /** The session. Of two lives of a shard, the later one has the greater text. */
  readonly life: string
  /** 0, 1, 2 ... */
  readonly part: number
  /** When the part began, by both clocks, in milliseconds. */
  readonly started: { readonly wall: number; readonly monotonic: number }
  /** The last acknowledged checkpoint when the part began; null: there was none. */
  readonly from: Position | null
  readonly handler: {
    readonly file: string
    readonly version: string | null
    /** The hash of its file. */
    readonly hash: string | null
  }
  /** Everything in the configuration that the fold depends on. */
  readonly env: Session.Env
  readonly data: Data
  /** Whether the handler's module masked the payloads. */
  readonly masked: boolean
  /** Which part of the partition keys is recorded; 1: all of them. */
  readonly sampling: number
}

/** The session was given this. What is left out of a recording is a stand-in: see docs/lab.md. */
export interface Took {
  readonly _tag: 'Took'
  readonly input: Input.Input
}
/** The session replied this to the input before it. */
export interface Wrote {
  readonly _tag: 'Wrote'
  readonly reply: Reply
}
/**
 * Something is missing here. The state of the session is not known after it: begin again with `Session.initial`. The reader
 * goes on with an `initialize` of its own, from the checkpoint that was acknowledged last.
 */
export interface Gap {
  readonly _tag: 'Gap'
  /** How many records of it are missing, as far as that is known. */
  readonly records: number
  readonly why: string
}
/** The last entry of each life. */
export interface Closed {
  readonly _tag: 'Closed'
  /** Nothing of the life is missing. */
  readonly complete: boolean
  /** Records that the writer dropped, since it could not keep up or had no room. */
  readonly dropped: number
  /** Where the recording is damaged or cut, in a sentence; null: it is neither. */
  readonly damage: string | null
}

export type Entry = Took | Wrote | Gap | Closed

export const took = (input: Input.Input): Entry => ({ _tag: 'Took', input })
export const wrote = (reply: Reply): Entry => ({ _tag: 'Wrote', reply })
export const gap = (records: number, why: string): Entry => ({ _tag: 'Gap', records, why })
export const closed = (complete: boolean, dropped: number, damage: string | null): Entry => ({
  _tag: 'Closed',
  complete,
  dropped,
  damage
})

// -- the header -------------------------------------------------------------------------------------------------------

const Place = t.type({ sequenceNumber: text, subSequenceNumber: Index }, 'a position')

/** The fields of the environment that a fold cannot do without. */
const Env = t.type(
  {
    policy: t.type({ interval: Millis, count: t.number, manual: t.boolean }, 'a policy'),
    onShutdown: t.boolean,
    shutdownDeadline: Millis,
    shardEndDeadline: Millis,
    onFailure: t.keyof({ 'dead-letter': null, skip: null, halt: null }),
    breaker: t.number,
    badRelease: t.number,
    retries: t.number,
    backoff: Millis,
    deadline: Millis,
    limits: t.type({ concurrency: t.number, undelivered: t.number }, 'limits'),
    group: orNull(t.type({ count: t.number, bytes: t.number, linger: Millis }, 'a group')),
    handlerName: text,
    handlerVersion: orNull(text)
  },
  'the settings of a session'
)

const Header = t.type(
  {
    kclts: text,
    application: orNull(text),
    stream: orNull(text),
    shard: text,
    life: text,
    part: Index,
    started: t.type({ wall: Millis, monotonic: Millis }, 'a time'),
    from: orNull(Place),
    handler: t.type({ file: text, version: orNull(text), hash: orNull(text) }, 'a handler'),
    env: Env,
    data: t.keyof({ none: null, hash: null, full: null }),
    masked: t.boolean,
    sampling: t.number
  },
  'header'
)

const Versions = t.type({ format: t.literal(FORMAT), version: t.number, inputs: t.number, kclts: text })

/** Left: a sentence without the name of the file. */
export const header = (value: unknown): E.Either<string, Header> => {
  if (!Versions.is(value)) return E.left('is not a recording of kclts: its first line is no header')
  const { version, inputs, kclts } = value
  if (version !== VERSION || inputs !== Input.VERSION)
    return E.left(
      `was written by kclts ${kclts} in version ${version}.${inputs} of the format, and this kclts reads version ${VERSION}.${Input.VERSION}; read it with kclts ${kclts}, or record again`
    )
  return pipe(
    Header.decode(value),
    E.mapLeft((errors) => `has a header that cannot be read: ${explain(errors).join('; ')}`),
    // The checked fields are all of them but the filter, which no fold looks at.
    E.map(() => value as unknown as Header)
  )
}

/** The wall clock's time of an input, in milliseconds. */
export const wallOf = ({ started }: Header, now: number): number => started.wall + (now - started.monotonic)
