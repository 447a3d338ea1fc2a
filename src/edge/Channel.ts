/** The two ends of a conversation with the daemon: lines come in, replies go out, and one alarm may be set. */
import type { ExitCode } from '../core/Effect'
import * as Failure from '../core/Failure'
import * as BufferPool from '../protocol/wire/BufferPool'
import * as Lines from '../protocol/wire/Lines'
import type { Capabilities } from '../run/Capabilities'
import * as Clock from '../run/Clock'
import * as Turn from '../run/Turn'
import type { Awaited, Reader } from './Reader'

/** The child's side of the conversation. */
export interface Speaker {
  /** A line from the daemon, without its newline. */
  readonly line: (line: Buffer) => void
  /** The input has ended, after `pending` bytes of an incomplete line. */
  readonly end: (pending: number) => void
  /** The conversation cannot go on. */
  readonly broken: (problem: string) => void
}

/** What the speaker may do. */
export type World = Pick<Capabilities, 'random' | 'write' | 'wait' | 'exit'> & Clock.Clock

export interface Ends<S extends Speaker> {
  /** Read by nothing else; closed at the exit. */
  readonly input: Reader
  /** Says the text to the daemon; throws when it no longer reads. */
  readonly write: (text: string) => void
  readonly awaits: (speaker: S) => Awaited
  /** Bytes have come, and what they brought has begun. */
  readonly onRead?: (() => void) | undefined
  /** Called once, last. */
  readonly onExit: (code: ExitCode) => void
}

export interface Channel<S extends Speaker> {
  readonly speaker: S
  /** Bytes of a line that is not complete. */
  readonly pending: () => number
}

/** Begins to read at once. */
export const open = <S extends Speaker>(ends: Ends<S>, begin: (world: World) => S): Channel<S> => {
  const { input, write, awaits, onRead, onExit } = ends
  const lines = Lines.make(BufferPool.takeHome)
  const alarm = Clock.alarm(Turn.clock)
  const speaker = begin({
    ...Turn.clock,
    random: Math.random,
    write: (text) => {
      try {
        write(text)
      } catch (problem) {
        const reason = Failure.describe(problem)
        speaker.broken(`the daemon no longer reads our replies: ${reason}`)
      }
    },
    wait: alarm.set,
    exit: (code) => {
      alarm.cancel()
      input.close()
      lines.close()
      onExit(code)
    }
  })
  let hasEnded = false
  input.listen({
    awaits: () => awaits(speaker),
    chunk: (bytes) => {
      lines.push(bytes, speaker.line)
      onRead?.()
    },
    into: {
      space: lines.space,
      next: lines.next,
      filled: (count) => {
        lines.filled(count, speaker.line)
        onRead?.()
      }
    },
    end: () => {
      if (hasEnded) return
      hasEnded = true
      speaker.end(lines.pending())
    },
    broken: (problem) => speaker.broken(`stdin cannot be read: ${problem.message}`)
  })
  return { speaker, pending: lines.pending }
}
