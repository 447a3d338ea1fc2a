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
 */
import * as E from 'fp-ts/Either'
import * as Lines from '../protocol/wire/Lines'
import * as Duration from '../values/Duration'
import * as Failure from '../core/Failure'
import { show } from '../protocol/Position'
import type * as Session from '../core/Session'
import * as Interpreter from '../run/Interpreter'
import * as Clock from './Clock'
import type { Effectful, Pure } from './Run'
import * as Settings from './Settings'
import type * as Sink from './Sink'
import * as Watch from './Watch'
import * as World from './World'

/** Who is to have the conversation. */
export interface Subject {
  /** One that returns at once. */
  readonly handler: Pure<unknown>
  /** A policy or a configuration; without it the header of the transcript and the defaults of the YAML hold. */
  readonly env?: Settings.Given
  /** How the sinks behave; they acknowledge when the event loop turns, unless told. */
  readonly sinks?: Sink.Sinks
}

/** The same with a handler of any kind. */
export interface EffectSubject<Resource = undefined> extends Omit<Subject, 'handler'> {
  readonly handler: Effectful<unknown, Resource>
  /** What the handler's `acquire` would have given. */
  readonly resource?: Resource
}

/** The `key: value` lines before the conversation. */
export type Header = Readonly<Record<string, string>>

const HEADER = /^([a-z][A-Za-z.-]*): *(.*)$/

const isComment = (line: string): boolean => line.trim() === '' || line.startsWith('#')

/** The header of a transcript, for those who choose a handler by it. */
export const header = (text: string): Header => {
  const found: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const [, key, value] = HEADER.exec(line) ?? []
    if (key !== undefined && value !== undefined) found[key] = value.trim()
    else if (!isComment(line)) break
  }
  return found
}

/** What must come of the lines before it; the others move the conversation on. */
const isExpected = (line: string): boolean => /^[<@=]/.test(line)

/** A child in its virtual world, and what it does, in the words of a transcript. */
interface Stage {
  readonly world: World.World
  readonly interpreter: Interpreter.Interpreter
  readonly lines: Lines.Lines
  readonly told: Array<string>
}

/** The text of a header line as YAML would have it: a number, a truth or text. */
const plain = (text: string): unknown =>
  text === 'true' || text === 'false' ? text === 'true' : /^[0-9]+$/.test(text) ? Number(text) : text

const envOf = <Resource>(
  head: Header,
  { env, handler }: EffectSubject<Resource>
): E.Either<string, Session.Env> => {
  const isBatch = typeof handler !== 'function'
  return env === undefined
    ? Settings.decode(new Map(Object.entries(head).map(([key, value]) => [key, plain(value)])), isBatch)
    : E.right(Settings.toEnv(env, isBatch))
}

const FULL: E.Either<Failure.Failure, void> = E.left(Failure.make('Error', 'ENOSPC: no space left on device'))

const repliesOf = (text: string): ReadonlyArray<string> =>
  text.split(/(?<=\n)(?=\n)/).map((reply) =>
    // Anything that is not between two newlines is shown as it is, so that it differs.
    reply.startsWith('\n') && reply.endsWith('\n') && reply.length > 2
      ? `< ${reply.slice(1, -1)}`
      : `< unframed ${JSON.stringify(reply)}`
  )

const tell = (event: World.Event, showLog: boolean): ReadonlyArray<string> => {
  switch (event._tag) {
    case 'Wrote':
      return repliesOf(event.text)
    case 'Buried':
      return [`@ dead-letter ${show(event.letter)} ${event.letter.reason}`]
    case 'Delivered':
      return [`@ output ${event.output.sink} ${JSON.stringify(event.output.value)}`]
    case 'Logged':
      return showLog || event.level === 'error' ? [`@ ${event.level} ${event.message}`] : []
    case 'Exited':
      return [`= exit ${event.code}`]
  }
}

const stage = <Resource>(head: Header, env: Session.Env, subject: EffectSubject<Resource>): Stage => {
  const { handler, resource, sinks = {} } = subject
  const told: Array<string> = []
  const shown = (head['show'] ?? '').split(' ')
  const takes = Duration.parse(head['takes'] ?? 0) ?? 0
  const clock = Clock.make()
  const world = World.make({
    start: 0,
    clock,
    random: () => 0.5,
    bury: () => (head['disk'] === 'full' ? FULL : E.right(undefined)),
    sinks,
    onEvent: (event) => told.push(...tell(event, shown.includes('log')))
  })
  const watch: Watch.Watch = {
    onCall: (record) => {
      if (shown.includes('handled')) told.push(`@ handled ${show(record)}`)
    },
    onDecided: () => {},
    takes: () => takes,
    spend: clock.spend,
    after: clock.after
  }
  const watched =
    typeof handler === 'function' ? Watch.one(watch, handler) : Watch.several(watch, handler.batchHandler)
  const interpreter = Interpreter.make(world.capabilities, env, watched, resource)
  return { world, interpreter, lines: Lines.make(), told }
}

const push = ({ interpreter, lines }: Stage, text: string): void =>
  lines.push(Buffer.from(text), interpreter.line)

const pass = ({ world }: Stage, ms: number): void => {
  if (ms > 0) {
    while (world.turn());
    world.advance(world.now() + ms)
  } else world.turn()
}

/** What happens to the child, by the word after the exclamation mark. */
const EVENTS: ReadonlyMap<string, (stage: Stage, text: string) => void> = new Map([
  ['drain', ({ interpreter }: Stage) => interpreter.drain()],
  ['part', push],
  ['eof', ({ interpreter, lines }: Stage) => interpreter.end(lines.pending())],
  ['crash', ({ interpreter }: Stage, text: string) => interpreter.crashed(text)],
  ['gone', ({ interpreter }: Stage) => interpreter.broken('the daemon no longer reads our replies')]
])

/** Gives what is wrong with the line, or null. */
const perform = (stage: Stage, line: string): string | null => {
  if (line.startsWith('> ')) {
    push(stage, `${line.slice(2)}\n`)
    return null
  }
  if (line.startsWith('+ ')) {
    const ms = Duration.parse(line.slice(2))
    if (ms === undefined) return `this is no time: ${line}`
    pass(stage, ms)
    return null
  }
  const [, name = '', text = ''] = /^! ([a-z]+) ?(.*)$/.exec(line) ?? []
  const event = EVENTS.get(name)
  if (event === undefined) return `this line cannot be understood: ${line}`
  event(stage, text)
  return null
}

/** Goes through a transcript, and stops after each line for what is to happen because of it. */
function* rewriting<Resource>(text: string, subject: EffectSubject<Resource>): Generator<void, string> {
  const head = header(text)
  const env = envOf(head, subject)
  if (E.isLeft(env)) return `${text}\n@ error ${env.left}`
  const child = stage(head, env.right, subject)
  const written: Array<string> = []
  let begun = false
  for (const line of text.split('\n').filter((one) => !isExpected(one))) {
    written.push(line)
    if (isComment(line) || (!begun && HEADER.test(line))) continue
    begun = true
    const problem = perform(child, line)
    yield
    written.push(...(problem === null ? [] : [`@ error ${problem}`]), ...child.told.splice(0))
  }
  return written.join('\n')
}

/**
 * The transcript with what the child really says in place of what the file says; comments, the header and the
 * daemon's lines stay. A way to write a new one: review it before you keep it.
 */
export const rewrite = (text: string, subject: Subject): string => {
  const lines = rewriting(text, subject)
  for (;;) {
    const { done, value } = lines.next()
    if (done === true) return value
  }
}

/** The same for a handler that is an effect, or takes several records. */
export const rewriteEffect = async <Resource = undefined>(
  text: string,
  subject: EffectSubject<Resource>
): Promise<string> => {
  const lines = rewriting(text, subject)
  for (;;) {
    const { done, value } = lines.next()
    if (done === true) return value
    await World.promisesKept()
  }
}

const significant = (text: string): ReadonlyArray<string> =>
  text.split('\n').filter((line) => !isComment(line))

const CONTEXT = 4

/** Null when they are the same; else the first difference, with the lines before it. */
const difference = (text: string, rewritten: string): string | null => {
  const expected = significant(text)
  const actual = significant(rewritten)
  const at = expected.findIndex((line, index) => line !== actual[index])
  if (at < 0 && actual.length === expected.length) return null
  const first = at < 0 ? expected.length : at
  return [
    ...expected.slice(Math.max(0, first - CONTEXT), first).map((line) => `  ${line}`),
    `expected: ${expected[first] ?? 'nothing more'}`,
    `but was:  ${actual[first] ?? 'nothing more'}`
  ].join('\n')
}

/**
 * Plays a transcript against a handler, in this process.
 *
 * @param text see the top of this module for its lines.
 * @returns null when the child says what the transcript says; else the first difference, with the lines before it.
 * @example
 * assert.equal(play(fs.readFileSync('steal.txt', 'utf8'), { handler }), null)
 */
export const play = (text: string, subject: Subject): string | null =>
  difference(text, rewrite(text, subject))

/**
 * `play` for a handler that is an effect, or takes several records. After each line all promises are kept that can
 * be; `+ 30ms` lets the time of `takes` and of the sinks pass.
 */
export const playEffect = async <Resource = undefined>(
  text: string,
  subject: EffectSubject<Resource>
): Promise<string | null> => difference(text, await rewriteEffect(text, subject))
