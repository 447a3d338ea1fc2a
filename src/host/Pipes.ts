/** The thread's ends of the two pipes to a relay, the child that the daemon started for a shard. */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Clock from '../edge/Clock'
import * as Pipe from '../edge/Pipe'
import * as Reader from '../edge/Reader'

export interface Pipes {
  /** What the daemon says. Nothing is read before somebody listens. */
  readonly input: Reader.Reader
  /** Says the text to the daemon. Throws when the relay is gone (EPIPE). */
  readonly write: (text: string) => void
  /** The descriptor that `write` writes to. */
  readonly output: number
  /** Closes both: the relay ends, and the daemon sees that its child is gone. */
  readonly close: () => void
}

/** A relay that does not open its ends in this time has died. */
const PATIENCE_MS = 10_000
const MAX_PAUSE_MS = 50

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants

const isUnread = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ENXIO'

/** The pipe to write to, or null: nobody has it open to read yet. */
const tryToOpen = (pipe: string): number | null => {
  try {
    return fs.openSync(pipe, O_WRONLY | O_NONBLOCK)
  } catch (thrown) {
    if (isUnread(thrown)) return null
    throw thrown
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const openOut = async (pipe: string): Promise<number> => {
  const until = Clock.monotonic() + PATIENCE_MS
  for (let ms = 1; ; ms = Math.min(MAX_PAUSE_MS, ms * 2)) {
    const fd = tryToOpen(pipe)
    if (fd !== null) return fd
    if (Clock.monotonic() >= until) throw new Error('it does not open its pipes; it has died')
    await pause(ms)
  }
}

/**
 * Opens the pipes that the relay has made and takes their names away: from then on nobody else can open them.
 *
 * The first one is opened without being read; when the relay has the second one open it has the first one too, since
 * it opens them in this order. Before that a read would give the end of the stream.
 *
 * Left: why it cannot be reached, in one sentence.
 */
export const attach = async (folder: string, pid: number): Promise<E.Either<string, Pipes>> => {
  const names = ['in', 'out'].map((end) => path.join(folder, `${pid}.${end}`))
  const [inName = '', outName = ''] = names
  let inFd: number | null = null
  try {
    inFd = fs.openSync(inName, O_RDONLY | O_NONBLOCK)
    const outFd = await openOut(outName)
    const input = Reader.of(inFd)
    return E.right({
      input,
      write: (text) => Pipe.write(outFd, text),
      output: outFd,
      close: () => {
        input.close()
        fs.closeSync(outFd)
      }
    })
  } catch (thrown) {
    if (inFd !== null) fs.closeSync(inFd)
    return E.left(`the relay ${pid} cannot be reached: ${Failure.show(Failure.fromUnknown(thrown))}`)
  } finally {
    for (const name of names) fs.rmSync(name, { force: true })
  }
}
