/**
 * Entries waiting for a transport: batched by count, bytes and time, retried exactly where they failed, in order
 * per key, one request at a time.
 */
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import { again, type Entry, type Sent, type Sink, type Transport } from './Sink'

export interface Settings {
  readonly count: number
  readonly bytes: number
  /** How long an entry may wait for others to fill its request; milliseconds. */
  readonly linger: number
  /** The wait after a first failure; it doubles, jittered, up to MAX_BACKOFF. Milliseconds. */
  readonly backoff: number
  /** When an entry is given up, counted from its push; milliseconds. */
  readonly deadline: number
}

/** The world of an outbox: tests own it. */
export interface Clock {
  readonly now: () => number
  readonly random: () => number
  /** Calls back once after so many milliseconds. */
  readonly after: (millis: number, then: () => void) => void
}

export const MAX_BACKOFF = 30_000

interface Waiting {
  readonly entry: Entry
  readonly until: number
  readonly pushed: number
  readonly settle: (result: E.Either<Failure.Failure, void>) => void
}

const unanswered = again(Failure.make('NoAnswer', 'the sink gave no answer for this entry'))

export const make = (transport: Transport, settings: Settings, clock: Clock): Sink => {
  const count = Math.min(settings.count, transport.limits.count)
  const bytes = Math.min(settings.bytes, transport.limits.bytes)
  const closing = new AbortController()
  let queue: ReadonlyArray<Waiting> = []
  let isSending = false
  let isScheduled = false
  let failures = 0

  /** The entries of the next request: from the front, within the limits, no key twice where answers are single. */
  const pick = (): ReadonlyArray<Waiting> => {
    const picked: Array<Waiting> = []
    const keys = new Set<string>()
    let size = 0
    for (const one of queue) {
      if (picked.length >= count) break
      if (picked.length > 0 && size + one.entry.bytes > bytes) break
      if (transport.answersPerEntry && keys.has(one.entry.key)) continue
      keys.add(one.entry.key)
      picked.push(one)
      size += one.entry.bytes
    }
    return picked
  }

  const isFull = (): boolean =>
    queue.length >= count || queue.reduce((sum, { entry }) => sum + entry.bytes, 0) >= bytes

  const schedule = (millis: number): void => {
    if (isScheduled || isSending || queue.length === 0) return
    isScheduled = true
    clock.after(millis, () => {
      isScheduled = false
      void send()
    })
  }

  const send = async (): Promise<void> => {
    if (isSending || queue.length === 0) return
    isSending = true
    const picked = pick()
    const answers = await request(picked)
    isSending = false
    settle(picked, answers)
    schedule(failures === 0 ? (isFull() ? 0 : settings.linger) : backoff())
  }

  const request = async (picked: ReadonlyArray<Waiting>): Promise<ReadonlyArray<Sent>> => {
    try {
      return await transport.send(
        picked.map(({ entry }) => entry),
        closing.signal
      )
    } catch (thrown) {
      const failed = again(Failure.fromUnknown(thrown))
      return picked.map(() => failed)
    }
  }

  const settle = (picked: ReadonlyArray<Waiting>, answers: ReadonlyArray<Sent>): void => {
    const gone = new Set<Waiting>()
    let progressed = false
    picked.forEach((one, i) => {
      const sent = answers[i] ?? unanswered
      if (sent._tag === 'Done') {
        progressed = true
        gone.add(one)
        one.settle(E.right(undefined))
      } else if (sent._tag === 'Never' || clock.now() >= one.until) {
        gone.add(one)
        one.settle(E.left(sent._tag === 'Never' ? sent.failure : late(one, sent.failure)))
      }
    })
    queue = queue.filter((one) => !gone.has(one))
    failures = progressed ? 0 : failures + 1
  }

  const late = (one: Waiting, last: Failure.Failure): Failure.Failure =>
    Failure.make(
      'DeadlineExceeded',
      `not delivered within ${Math.round(clock.now() - one.pushed)} ms; the last failure: ${Failure.show(last)}`,
      last.stack
    )

  const backoff = (): number => {
    const full = Math.min(MAX_BACKOFF, settings.backoff * 2 ** Math.min(failures - 1, 20))
    return full / 2 + (full / 2) * clock.random()
  }

  return {
    push: (entry) =>
      entry.bytes > transport.limits.entryBytes
        ? Promise.resolve(
            E.left(
              Failure.make(
                'TooLarge',
                `the output has ${entry.bytes} bytes, and the sink takes ${transport.limits.entryBytes}`
              )
            )
          )
        : new Promise((settle) => {
            const pushed = clock.now()
            queue = [...queue, { entry, pushed, until: pushed + settings.deadline, settle }]
            schedule(isFull() ? 0 : settings.linger)
          }),
    close: async () => {
      closing.abort()
      await transport.close()
    }
  }
}
