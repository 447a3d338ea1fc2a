/**
 * Conversations as text files: what the daemon says, what passes, and what a child must say to it, line by line.
 *
 *     # a comment
 *     checkpoint.count: 2           a key of the configuration, before the first line of the conversation
 *     show: handled log             what to show besides: each call of the handler, log lines below error
 *     takes: 30ms                   virtual time that an attempt of the handler takes
 *     disk: full                    no dead letter can be written
 *     handler: my-handler           any other key is for you: choose a handler by it
 *     > {"action":"initialize",...} a line from the daemon
 *     < {"action":"status",...}     a reply, byte for byte, between its two newlines
 *     + 10s                         time passes; `+ 0ms` lets the event loop turn once
 *     ! drain                       the worker is stopping
 *     ! part {"action":"proc        bytes of a line that is never finished
 *     ! eof                         the daemon closes our stdin
 *     ! crash TypeError: oops       user code failed outside a record
 *     ! gone                        the daemon no longer reads our replies
 *     @ handled 4968..1/0           the handler was called for this record
 *     @ dead-letter 4968..1/0 why   a dead letter is on disk
 *     @ output orders {"id":"o-1"}  a sink acknowledged an output
 *     @ warn some text              a log line
 *     = exit 0                      the child leaves with this code
 *
 * Short forms keep a line short; each stands for the whole bytes:
 *
 *     sequence: 4968...1000         in the header: `#1` is the next sequence number, `#2` the one after it
 *     > records #1 ack, #2-4 throw  a batch: the number and the partition key of each record, payload `{"n":1}`
 *     > records #5/0-2 k {"n":2}    the user records 0 to 2 of an aggregated record, with their payload
 *     > records 101-102 k           sequence numbers as they are
 *     > records #6 k =bm8gSlNPTg==  a payload as it is on the wire
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Duration from '../values/Duration'
import * as Failure from '../core/Failure'
import { show } from '../protocol/Position'
import type * as Session from '../core/Session'
import * as Interpreter from '../run/Interpreter'
import * as Clock from './Clock'
import type { Effectful, Pure } from './Run'
import * as Script from './Script'
import * as Settings from './Settings'
import type * as Sink from './Sink'
import * as Watch from './Watch'
import * as World from './World'

export { header, type Header } from './Script'

/** The handler and the settings of the conversation. */
export interface Subject {
  /** One that returns at once. */
  readonly handler: Pure<unknown>
  /** A policy or a configuration; without it the header of the transcript and the defaults of the YAML hold. */
  readonly env?: Settings.Given
  /** How the sinks behave; they acknowledge when the event loop turns, unless the sink says otherwise. */
  readonly sinks?: Sink.Sinks
}

/** The same with a handler of any kind. */
export interface EffectSubject<Resource = undefined> extends Omit<Subject, 'handler'> {
  /** A handler that returns an effect, or `{ batchHandler }`. */
  readonly handler: Effectful<unknown, Resource>
  /** What the handler's `acquire` would have returned. */
  readonly resource?: Resource
}

/** The text of a header line as YAML would have it: a number, a truth or text. */
const plain = (text: string): unknown =>
  text === 'true' || text === 'false' ? text === 'true' : /^[0-9]+$/.test(text) ? Number(text) : text

const envOf = <Resource>(
  head: Script.Header,
  { env, handler }: EffectSubject<Resource>
): E.Either<string, Session.Env> => {
  const isBatch = typeof handler !== 'function'
  return env === undefined
    ? Settings.decode(new Map(Object.entries(head).map(([key, value]) => [key, plain(value)])), isBatch)
    : E.right(Settings.toEnv(env, isBatch))
}

const FULL: E.Either<Failure.Failure, void> = E.left(Failure.make('Error', 'ENOSPC: no space left on device'))

const stage = <Resource>(
  head: Script.Header,
  env: Session.Env,
  subject: EffectSubject<Resource>
): Script.Child => {
  const { handler, resource, sinks = {} } = subject
  const seen: Array<string> = []
  const shown = (head['show'] ?? '').split(' ')
  const takes = Duration.parse(head['takes'] ?? 0) ?? 0
  const clock = Clock.make()
  const world = World.make({
    start: 0,
    clock,
    random: () => 0.5,
    bury: () => (head['disk'] === 'full' ? FULL : E.right(undefined)),
    sinks,
    onEvent: (event) => seen.push(...Script.linesOf(event, shown.includes('log')))
  })
  const watch: Watch.Watch = {
    onCall: (record) => {
      if (shown.includes('handled')) seen.push(`@ handled ${show(record)}`)
    },
    onDecided: () => {},
    takes: () => takes,
    spend: clock.spend,
    after: clock.after
  }
  const watched =
    typeof handler === 'function' ? Watch.one(watch, handler) : Watch.several(watch, handler.batchHandler)
  const interpreter = Interpreter.make(world.capabilities, env, watched, resource)
  return {
    world,
    line: interpreter.line,
    end: interpreter.end,
    broken: interpreter.broken,
    events: new Map([
      ['drain', () => interpreter.drain()],
      ['crash', (text: string) => interpreter.crashed(text)]
    ]),
    seen
  }
}

const beginning =
  <Resource>(subject: EffectSubject<Resource>): Script.Begin =>
  (head) =>
    pipe(
      envOf(head, subject),
      E.map((env) => stage(head, env, subject))
    )

/**
 * The transcript with what the child really sends in place of its lines in the file; comments, the header and the
 * daemon's lines stay. A way to write a new one: review it before you keep it.
 *
 * @param text the transcript
 * @param subject the handler, and how the sinks behave
 * @returns the transcript, with a line `@ error` where one of its lines or settings cannot be understood. It never throws.
 */
export const rewrite = (text: string, subject: Subject): string => Script.rewrite(text, beginning(subject))

/**
 * The same for a handler that is an effect, or takes several records.
 *
 * @param text the transcript
 * @param subject the handler, or `{ batchHandler }`, and how the sinks behave
 * @returns a promise of what `rewrite` returns. It never rejects.
 */
export const rewriteEffect = <Resource = undefined>(
  text: string,
  subject: EffectSubject<Resource>
): Promise<string> => Script.rewriteEffect(text, beginning(subject), World.promisesKept)

/**
 * Plays a transcript against a handler, in this process.
 *
 * @param text see the top of this module for its lines.
 * @param subject the handler, and how the sinks behave
 * @returns null if the child says what the transcript says; otherwise the first difference, with the lines before it. It never
 *   throws.
 * @example
 * assert.equal(play(fs.readFileSync('steal.txt', 'utf8'), { handler }), null)
 */
export const play = (text: string, subject: Subject): string | null =>
  Script.difference(text, rewrite(text, subject))

/**
 * `play` for an effectful handler or a batch handler. After each line, all promises are settled that can
 * be; `+ 30ms` lets the time of `takes` and of the sinks pass.
 *
 * @param text the transcript
 * @param subject the handler, or `{ batchHandler }`, and how the sinks behave
 * @returns a promise of what `play` returns. It never rejects.
 */
export const playEffect = async <Resource = undefined>(
  text: string,
  subject: EffectSubject<Resource>
): Promise<string | null> => Script.difference(text, await rewriteEffect(text, subject))
