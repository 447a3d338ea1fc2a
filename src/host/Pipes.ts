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

/** How bytes go between the daemon and the host: by the daemon's own pipes, or through the relay, which copies them. */
export type Way = 'direct' | 'fifo'

/** By the setting `host.relay`. The direct way needs proc(5) of Linux. */
export const wayFor = (setting: 'auto' | Way): Way =>
  setting === 'auto' ? (process.platform === 'linux' ? 'direct' : 'fifo') : setting

/** The descriptors of a relay, and whether a thread has taken those that are read. */
export interface Ends {
  readonly input: number
  /** Only the main thread closes it. Then the daemon reads the end of its child, whatever happens to `input`. */
  readonly output: number
  readonly claim: Claim
  /** null: the bytes go through the relay, and these are its pipes. */
  readonly leash: Leash | null
}

/** The relay's pipes where no byte goes through it: each of the two processes notices by them that the other has ended. */
export interface Leash {
  /** Ends with the relay. Read, and closed, with `input`. */
  readonly relay: number
  /** Ends the relay when it is closed, with `output`. */
  readonly host: number
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

/** What a relay has said of itself. */
export interface Relay {
  readonly pid: number
  /** Its two pipes in the private folder, without the endings of their names. */
  readonly pair: string
}

/** A pair of the pool, or one that the relay has made. */
const ANNOUNCEMENT = /^([1-9][0-9]*) ((?:pool\/)?[0-9]+)$/

/** null: no relay has written it. No other user can write there. */
export const announced = (line: string): Relay | null => {
  const [, pid, pair] = ANNOUNCEMENT.exec(line) ?? []
  return pid === undefined || pair === undefined ? null : { pid: Number(pid), pair }
}

const nameOf = (folder: string, { pair }: Relay, end: 'in' | 'out' | 'claim'): string =>
  path.join(folder, `${pair}.${end}`)

/** What the relay reads first. */
const WORD: Readonly<Record<Way, string>> = { direct: 'direct\n', fifo: 'copy\n' }

export interface Opened {
  readonly ends: Ends
  /** Why the bytes go through the relay although they were to go directly, in a few words; null: they go as they were to. */
  readonly obstacle: string | null
}

/**
 * Opens the pipes that the relay has and takes their names away: from then on no other process can open them. The relay
 * holds both open before it announces itself, so nothing waits.
 *
 * Left: why it cannot be reached, in one sentence; when it lives it ends at once.
 */
export const open = (
  folder: string,
  relay: Relay,
  spare: Spare.Spare,
  way: Way
): E.Either<string, Opened> => {
  const { pid } = relay
  const opened: Array<number> = []
  const opening: Opening = (file, flags) => {
    const fd = spare.use(() => fs.openSync(file, flags | O_NONBLOCK))
    opened.push(fd)
    return fd
  }
  try {
    const input = opening(nameOf(folder, relay, 'in'), O_RDONLY)
    const output = opening(nameOf(folder, relay, 'out'), O_WRONLY)
    const own = way === 'fifo' ? null : daemonsPipes(pid, input, opening)
    const claim: Claim = new SharedArrayBuffer(4)
    const ends: Ends =
      own !== null && E.isRight(own)
        ? { ...own.right, claim, leash: { relay: input, host: output } }
        : { input, output, claim, leash: null }
    if (ends.leash === null) for (const fd of opened.splice(2)) fs.closeSync(fd)
    fs.writeSync(output, WORD[ends.leash === null ? 'fifo' : 'direct'])
    // In this order: without `in` alone the relay would be refused, and without the claim another one could take its pipes.
    for (const end of ['out', 'in'] as const) fs.unlinkSync(nameOf(folder, relay, end))
    remove(nameOf(folder, relay, 'claim'))
    return E.right({ ends, obstacle: own !== null && E.isLeft(own) ? own.left : null })
  } catch (thrown) {
    for (const fd of opened) fs.closeSync(fd)
    refuse(folder, relay)
    if (!isDead(thrown)) return E.left(`the relay ${pid} cannot be reached: ${Failure.describe(thrown)}`)
    for (const end of ['out', 'claim'] as const) remove(nameOf(folder, relay, end))
    return E.left(`the relay ${pid} cannot be reached: it has died`)
  }
}

type Opening = (file: string, flags: number) => number

/** A descriptor of another process, as proc(5) of Linux shows it. To open it makes a new description of the same pipe. */
const descriptorOf = (pid: number, fd: number): string => `/proc/${pid}/fd/${fd}`

/** Descriptors of the relay, see the file `relay`. Its stdin and stdout are other pipes while it reads or writes one. */
const DAEMONS_INPUT = 3
const DAEMONS_OUTPUT = 8
/** Its end of its pipe `in`. */
const OWN = 6

/**
 * Whether the process with this number holds our private pipe: then it is the relay, and has been since it announced
 * itself.
 */
const isRelay = (pid: number, leash: number): boolean => {
  const [own, ours] = [fs.statSync(descriptorOf(pid, OWN)), fs.fstatSync(leash)]
  return own.ino === ours.ino && own.dev === ours.dev
}

/** Another process has the number of the relay, or the relay is known by another number. */
const stranger = (pid: number): string => `the process ${pid} is another process in this namespace`

/**
 * The pipes that the daemon has given to the relay.
 *
 * Left: what is in the way, in a few words: another namespace, a security module, no descriptor that is free.
 */
const daemonsPipes = (
  pid: number,
  leash: number,
  opening: Opening
): E.Either<string, Pick<Ends, 'input' | 'output'>> => {
  try {
    if (!isRelay(pid, leash)) return E.left(stranger(pid))
    const isPipe = [DAEMONS_INPUT, DAEMONS_OUTPUT].every((fd) => fs.statSync(descriptorOf(pid, fd)).isFIFO())
    if (!isPipe) return E.left('the daemon does not talk to its child over pipes')
    const input = opening(descriptorOf(pid, DAEMONS_INPUT), O_RDONLY)
    const output = opening(descriptorOf(pid, DAEMONS_OUTPUT), O_WRONLY)
    // Once more: it may have died meanwhile, and another one may have its number.
    return isRelay(pid, leash) ? E.right({ input, output }) : E.left(stranger(pid))
  } catch (thrown) {
    return E.left(Failure.describe(thrown))
  }
}

/** ENXIO, EPIPE: nothing reads the pipe. ENOENT: it is not there. */
const isDead = (thrown: unknown): boolean => Failure.hasCode(thrown, 'ENXIO', 'EPIPE', 'ENOENT')

const remove = (file: string): void => {
  try {
    fs.unlinkSync(file)
  } catch {
    // Something else has removed it, or the whole folder: the relay sees no names either.
  }
}

/** Ends a relay whose pipes are not opened. It needs no descriptor: without the name `in` the relay leaves. */
export const refuse = (folder: string, relay: Relay): void => remove(nameOf(folder, relay, 'in'))

/** Those that are read: by a thread, once it has claimed them. */
const read = ({ input, leash }: Ends): ReadonlyArray<number> =>
  leash === null ? [input] : [input, leash.relay]

/** Those of the main thread. The daemon reads the end of its child before the child ends. */
const written = ({ output, leash }: Ends): ReadonlyArray<number> =>
  leash === null ? [output] : [output, leash.host]

/** Ends a relay that is attached, wherever its session is. */
export const close = (ends: Ends): void => {
  if (claim(ends.claim)) for (const fd of read(ends)) fs.closeSync(fd)
  for (const fd of written(ends)) fs.closeSync(fd)
}

/** Ends a relay that is attached, unless a thread has taken it. */
export const withdraw = (ends: Ends): boolean => {
  const isOurs = claim(ends.claim)
  if (isOurs) for (const fd of [...read(ends), ...written(ends)]) fs.closeSync(fd)
  return isOurs
}

/** What a session has of them. */
export interface Pipes {
  /** What the daemon sends. Nothing is read before there is a listener. */
  readonly input: Reader.Reader
  /** Says the text to the daemon. Throws when the relay is gone (EPIPE). */
  readonly write: (text: string) => void
}

/** null: the main thread has closed them. */
export const take = (ends: Ends): Pipes | null =>
  claim(ends.claim) ? { input: inputOf(ends), write: (text) => Pipe.write(ends.output, text) } : null

/**
 * With a leash the death of the relay ends the input, too: the daemon's own pipe stays open for as long as the host has
 * it.
 */
const inputOf = ({ input, leash }: Ends): Reader.Reader =>
  leash === null
    ? Reader.of(input)
    : Reader.boundTo(Reader.of(input), Reader.leash(leash.relay, 'the relay of the shard has died'))
