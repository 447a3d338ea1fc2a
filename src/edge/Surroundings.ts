/** The process as a command sees it: given to it, so that a test can stand in for a terminal and its user. */
import type { Clock } from '../run/Clock'
import * as Signals from './Signals'
import * as Turn from '../run/Turn'

export interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadStream
  readonly stdout: (text: string) => void
  /** What stderr is written by; what others print on stdout and stderr goes to `capture`'s function instead. */
  readonly stderr: NodeJS.WritableStream
  readonly isTerminal: boolean
  readonly capture: (print: (text: string) => void) => () => void
  /** Calls back for each request to stop; gives a way to listen no more. */
  readonly onStop: (then: () => void) => () => void
  /** Calls back for what user code throws outside a record. */
  readonly onCrash: (then: (thrown: unknown) => void) => () => void
  readonly clock: Clock
}

const CRASHES = ['uncaughtException', 'unhandledRejection'] as const

type Write = typeof process.stderr.write

/** A `write` that hands the text on; both of its forms, with and without an encoding. */
const handingOn =
  (print: (text: string) => void): Write =>
  (chunk: string | Uint8Array, encoding?: unknown, done?: unknown) => {
    print(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))
    const then = typeof encoding === 'function' ? encoding : done
    if (typeof then === 'function') process.nextTick(then)
    return true
  }

/** stderr with the `write` that it has now, whatever is put in its place later. */
const stderrAsItIs = (): NodeJS.WritableStream => {
  const write: Write = process.stderr.write.bind(process.stderr)
  return Object.create(process.stderr, { write: { value: write } }) as NodeJS.WritableStream
}

export const real = (): Surroundings => {
  const stdout = process.stdout.write.bind(process.stdout)
  return {
    cwd: process.cwd(),
    env: process.env,
    stdin: process.stdin,
    stdout: (text) => {
      stdout(text)
    },
    stderr: stderrAsItIs(),
    isTerminal: process.stderr.isTTY === true,
    capture: (print) => {
      const out: Write = process.stdout.write.bind(process.stdout)
      const err: Write = process.stderr.write.bind(process.stderr)
      process.stdout.write = process.stderr.write = handingOn(print)
      return () => {
        process.stdout.write = out
        process.stderr.write = err
      }
    },
    onStop: Signals.onStop,
    onCrash: Signals.listening(CRASHES),
    clock: Turn.clock
  }
}
