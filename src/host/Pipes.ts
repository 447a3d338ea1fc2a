/**
 * The host's ends of the two pipes to a relay, the child that the daemon started for a shard.
 *
 * The main thread opens them: it runs no user code, so a relay never waits for a thread that stands still or has died. The
 * thread that runs the session is given their numbers, which are the process's.
 */
import * as fs from 'node:fs'
import * as path from 'node:path'
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import * as Pipe from '../edge/Pipe'
import * as Reader from '../edge/Reader'
import type * as Spare from './Spare'

/** Two descriptors, and whether a thread has taken the first one. */
export interface Ends {
  readonly input: number
  /** Only the main thread closes it. Then the relay ends, whatever becomes of `input`, and the daemon sees that. */
  readonly output: number
  readonly claim: Claim
}

/** Set once: by the thread that reads `input` and closes it, or by the main thread that closes it unread. */
export type Claim = SharedArrayBuffer

const FREE = 0
const TAKEN = 1

/** Whether it was free; then it is the caller's. */
const claim = (shared: Claim): boolean =>
  Atomics.compareExchange(new Int32Array(shared), 0, FREE, TAKEN) === FREE

export const isFree = (shared: Claim): boolean => Atomics.load(new Int32Array(shared), 0) === FREE

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = fs.constants

const nameOf = (folder: string, pid: number, end: 'in' | 'out'): string => path.join(folder, `${pid}.${end}`)

/**
 * Opens the pipes that the relay has made and takes their names away: from then on nobody else can open them. The relay
 * holds both open before it announces itself, so nothing waits.
 *
 * Left: why it cannot be reached, in one sentence; when it lives it ends at once.
 */
export const open = (folder: string, pid: number, spare: Spare.Spare): E.Either<string, Ends> => {
  const opened: Array<number> = []
  const opening = (end: 'in' | 'out', flags: number): number => {
    const fd = spare.use(() => fs.openSync(nameOf(folder, pid, end), flags | O_NONBLOCK))
    opened.push(fd)
    return fd
  }
  try {
    const input = opening('in', O_RDONLY)
    const output = opening('out', O_WRONLY)
    // In this order: it tells the relay that it is attached.
    for (const end of ['out', 'in'] as const) fs.unlinkSync(nameOf(folder, pid, end))
    return E.right({ input, output, claim: new SharedArrayBuffer(4) })
  } catch (thrown) {
    for (const fd of opened) fs.closeSync(fd)
    refuse(folder, pid)
    if (!isDead(thrown)) return E.left(`the relay ${pid} cannot be reached: ${Failure.describe(thrown)}`)
    remove(nameOf(folder, pid, 'out'))
    return E.left(`the relay ${pid} cannot be reached: it has died`)
  }
}

/** ENXIO: nobody reads the pipe. ENOENT: it is not there. */
const isDead = (thrown: unknown): boolean => Failure.hasCode(thrown, 'ENXIO', 'ENOENT')

const remove = (file: string): void => {
  try {
    fs.unlinkSync(file)
  } catch {
    // Somebody else has removed it, or the whole folder: the relay sees no names either.
  }
}

/** Ends a relay whose pipes are not opened. It needs no descriptor: without the name `in` the relay leaves. */
export const refuse = (folder: string, pid: number): void => remove(nameOf(folder, pid, 'in'))

/** Ends a relay that is attached, wherever its session is. */
export const close = (ends: Ends): void => {
  if (claim(ends.claim)) fs.closeSync(ends.input)
  fs.closeSync(ends.output)
}

/** Ends a relay that is attached, unless a thread has taken it. */
export const withdraw = (ends: Ends): boolean => {
  const isOurs = claim(ends.claim)
  if (isOurs) for (const fd of [ends.input, ends.output]) fs.closeSync(fd)
  return isOurs
}

/** What a session has of them. */
export interface Pipes {
  /** What the daemon says. Nothing is read before somebody listens. */
  readonly input: Reader.Reader
  /** Says the text to the daemon. Throws when the relay is gone (EPIPE). */
  readonly write: (text: string) => void
}

/** null: the main thread has closed them. */
export const take = (ends: Ends): Pipes | null =>
  claim(ends.claim) ? { input: Reader.of(ends.input), write: (text) => Pipe.write(ends.output, text) } : null
