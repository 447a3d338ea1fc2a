/**
 * The text of a transcript, for any kind of child: reads its lines one by one, and writes what the child does
 * in place of what the file says. `Transcript` has the words of a session.
 */
import * as E from 'fp-ts/Either'
import { show } from '../protocol/Position'
import * as Lines from '../protocol/wire/Lines'
import * as Duration from '../values/Duration'
import * as Shorthand from './Shorthand'
import type * as World from './World'

/** The `key: value` lines before the conversation. */
export type Header = Readonly<Record<string, string>>

/** The child that has the conversation, in a virtual world. */
export interface Child {
  readonly world: World.World
  /** It gets a Buffer. The public types must compile without @types/node, so a method takes less here. */
  line(this: void, line: Uint8Array): void
  /** Stdin ends after the given bytes of an unfinished line. */
  readonly end: (pending: number) => void
  readonly broken: (problem: string) => void
  /** What else may happen to it, by the word after the exclamation mark. */
  readonly events: ReadonlyMap<string, (text: string) => void>
  /** What it has done, in the words of a transcript; emptied when it is read. */
  readonly seen: Array<string>
}

/** Makes the child for a header, or says what is wrong with it. */
export type Begin = (header: Header) => E.Either<string, Child>

const HEADER = /^([a-z][A-Za-z.-]*): *(.*)$/

const isComment = (line: string): boolean => line.trim() === '' || line.startsWith('#')

/**
 * The header of a transcript, for those who choose a handler by it.
 *
 * @param text the transcript
 * @returns the value of each key
 */
export const header = (text: string): Header => {
  const found: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const [, key, value] = HEADER.exec(line) ?? []
    if (key !== undefined && value !== undefined) found[key] = value.trim()
    else if (!isComment(line)) break
  }
  return found
}

/** A line that says what the lines before it must lead to; other lines move the conversation on. */
const isExpected = (line: string): boolean => /^[<@=]/.test(line)

const repliesOf = (text: string): ReadonlyArray<string> =>
  text.split(/(?<=\n)(?=\n)/).map((reply) =>
    // Anything that is not between two newlines is shown as it is, so that it differs.
    reply.startsWith('\n') && reply.endsWith('\n') && reply.length > 2
      ? `< ${reply.slice(1, -1)}`
      : `< unframed ${JSON.stringify(reply)}`
  )

/** What came out of the child, in the words of a transcript. */
export const linesOf = (event: World.Event, showLog: boolean): ReadonlyArray<string> => {
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

/** A child that reads its lines from bytes. */
interface Stage extends Child {
  readonly lines: Lines.Lines
}

const push = ({ line, lines }: Stage, text: string): void => lines.push(Buffer.from(text), line)

const pass = ({ world }: Stage, ms: number): void => {
  if (ms > 0) {
    while (world.turn());
    world.advance(world.now() + ms)
  } else world.turn()
}

/** What happens to any child. */
const EVENTS: ReadonlyMap<string, (stage: Stage, text: string) => void> = new Map([
  ['part', push],
  ['eof', ({ end, lines }: Stage) => end(lines.pending())],
  ['gone', ({ broken }: Stage) => broken('the daemon no longer reads our replies')]
])

/** Returns what is wrong with the line, or null. */
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
  const own = stage.events.get(name)
  const event = EVENTS.get(name)
  if (own === undefined && event === undefined) return `this line cannot be understood: ${line}`
  own?.(text)
  event?.(stage, text)
  return null
}

/** Goes through a transcript, and stops after each line for what follows from it. */
function* rewriting(text: string, begin: Begin): Generator<void, string> {
  const head = header(text)
  const made = begin(head)
  if (E.isLeft(made)) return `${text}\n@ error ${made.left}`
  const stage: Stage = { ...made.right, lines: Lines.make() }
  const { expand, shorten } = Shorthand.make(head['sequence'])
  const written: Array<string> = []
  let begun = false
  for (const line of text.split('\n').filter((one) => !isExpected(one))) {
    written.push(line)
    if (isComment(line) || (!begun && HEADER.test(line))) continue
    begun = true
    const problem = perform(stage, expand(line))
    yield
    written.push(...(problem === null ? [] : [`@ error ${problem}`]), ...stage.seen.splice(0).map(shorten))
  }
  return written.join('\n')
}

/** The transcript with what the child really does in place of its lines in the file. */
export const rewrite = (text: string, begin: Begin): string => {
  const lines = rewriting(text, begin)
  for (;;) {
    const { done, value } = lines.next()
    if (done === true) return value
  }
}

/** The same for a child that waits for promises: `settle` resolves when all of them are settled that can be. */
export const rewriteEffect = async (
  text: string,
  begin: Begin,
  settle: () => Promise<void>
): Promise<string> => {
  const lines = rewriting(text, begin)
  for (;;) {
    const { done, value } = lines.next()
    if (done === true) return value
    await settle()
  }
}

const significant = (text: string): ReadonlyArray<string> =>
  text.split('\n').filter((line) => !isComment(line))

const CONTEXT = 4

/** Null when they are the same; else the first difference, with the lines before it. */
export const difference = (text: string, rewritten: string): string | null => {
  const { expand } = Shorthand.make(header(text)['sequence'])
  const expected = significant(text)
  const actual = significant(rewritten)
  // Either side may have a number in its short form.
  const isSame = (one: string, other = ''): boolean => expand(one) === expand(other)
  const at = expected.findIndex((line, index) => !isSame(line, actual[index]))
  if (at < 0 && actual.length === expected.length) return null
  const first = at < 0 ? expected.length : at
  return [
    ...expected.slice(Math.max(0, first - CONTEXT), first).map((line) => `  ${line}`),
    `expected: ${expected[first] ?? 'nothing more'}`,
    `but was:  ${actual[first] ?? 'nothing more'}`
  ].join('\n')
}
