/**
 * Entries waiting for a transport: batched by count, bytes and time, retried exactly where they failed, in order
 * per key, one request at a time.
 */
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import type { Clock } from '../run/Clock'
import * as Backoff from '../protocol/Backoff'
import { Lanes, type Lane, type Picked, type Waiting } from './Lanes'
import { again, type Entry, type GivenUp, type Sent, type Sink, type Transport } from './Sink'

/** Durations in milliseconds. */
export interface Settings {
  readonly count: number
  readonly bytes: number
  /** How long an entry may wait for others to fill its request. */
  readonly linger: number
  /** How long a request may take; then it has failed. */
  readonly timeout: number
  /** The wait after a first failure; it doubles, jittered, up to MAX_BACKOFF. */
  readonly backoff: number
  /**
   * An entry that fails so long after it was first sent is given up, and so is one that has waited so long for its
   * turn while the sink acknowledged nothing at all. A sink that is slow, but works, has all the time it needs.
   */
  readonly deadline: number
}

/** The world of an outbox: tests own it. */
export interface World extends Pick<Clock, 'now' | 'later'> {
  readonly random: () => number
}

export const MAX_BACKOFF = 30_000

/** Which of the entries have an answer is then unknown. */
const miscounted = (answers: number, entries: number): Sent =>
  again(Failure.make('NoAnswer', `the sink gave ${answers} answers for ${entries} entries`))

const refused = (failure: Failure.Failure): GivenUp => ({ _tag: 'Refused', failure })

const closed: GivenUp = {
  _tag: 'Withdrawn',
  failure: Failure.make('Closed', 'the sink was closed before it acknowledged this output')
}

const recall: GivenUp = {
  _tag: 'Withdrawn',
  failure: Failure.make('Recalled', 'the output was recalled before it was sent')
}

type Again = Extract<Sent, { readonly _tag: 'Again' }>

interface Request {
  readonly picked: ReadonlyArray<Picked>
  readonly end: () => void
}

/**
 * @param onOutage called with the failure when the sink begins to fail altogether, and with null when it takes
 * something again
 */
export const make = (
  transport: Transport,
  settings: Settings,
  world: World,
  onOutage: (failure: Failure.Failure | null) => void = () => undefined
): Sink => {
  const { answersPerEntry, limits } = transport
  const lanes = new Lanes(
    { count: Math.min(settings.count, limits.count), bytes: Math.min(settings.bytes, limits.bytes) },
    answersPerEntry,
    transport.laneOf
  )
  let isClosed = false
  let underWay: Request | null = null
  let timer: { readonly at: number; readonly cancel: () => void } | null = null
  /** Requests in a row of which nothing was taken, and when the next may go. */
  let failures = 0
  let pausedUntil = 0
  let lastDone = -Infinity

  // -- when ---------------------------------------------------------------------------------------------------------

  const plan = (): void => {
    if (underWay !== null || isClosed) return
    const at = Math.max(pausedUntil, Math.min(lanes.due(settings.linger), lanes.nextWake()))
    // A timer that is sooner looks again.
    if (at === Infinity || (timer !== null && timer.at <= at)) return
    timer?.cancel()
    timer = { at, cancel: world.later(Math.max(0, at - world.now()), onTime) }
  }

  const onTime = (): void => {
    timer = null
    const now = world.now()
    lanes.wake(now)
    if (pausedUntil <= now && lanes.due(settings.linger) <= now) next()
    else plan()
  }

  const next = (): void => {
    const { picked, recalled } = lanes.pick()
    for (const waiting of recalled) waiting.settle(E.left(recall))
    if (picked.length > 0) send(picked)
    else plan()
  }

  /** Doubled for each failure, jittered; no later than the first deadline, so that what is given up was tried then. */
  const waitAfter = (count: number, random: number, asked: number, untilDeadline: number): number => {
    const wait = Math.max(
      asked,
      Backoff.jittered({ first: settings.backoff, most: MAX_BACKOFF }, count, random)
    )
    return Math.min(wait, Math.max(untilDeadline, settings.backoff / 2))
  }

  // -- a request ----------------------------------------------------------------------------------------------------

  const send = (picked: ReadonlyArray<Picked>): void => {
    const aborting = new AbortController()
    const conclude = (answers: ReadonlyArray<Sent>): void => {
      if (underWay !== request) return
      cancel()
      underWay = null
      const { length } = picked
      settle(
        picked,
        answers.length === length ? answers : picked.map(() => miscounted(answers.length, length))
      )
      plan()
    }
    const cancel = world.later(settings.timeout, () => {
      const late = again(Failure.make('Timeout', `no answer within ${settings.timeout} ms`))
      conclude(picked.map(() => late))
      aborting.abort()
    })
    const request: Request = {
      picked,
      end: () => {
        cancel()
        aborting.abort()
      }
    }
    underWay = request
    for (const { waiting } of picked) waiting.tried ??= world.now()
    const entries = picked.map(({ waiting }) => waiting.entry)
    attempt(transport, entries, aborting.signal).then(conclude, (thrown: unknown) => {
      const failed = again(Failure.fromUnknown(thrown))
      conclude(picked.map(() => failed))
    })
  }

  // -- its answers --------------------------------------------------------------------------------------------------

  const isLate = ({ tried }: Waiting): boolean => tried !== null && world.now() >= tried + settings.deadline

  const finish = (one: Picked, result: E.Either<GivenUp, void>): void => {
    lanes.settled(one)
    one.waiting.settle(result)
  }

  const settle = (picked: ReadonlyArray<Picked>, answers: ReadonlyArray<Sent>): void => {
    const kept = new Map<Lane, Array<Waiting>>(picked.map(({ lane }) => [lane, []]))
    const failed: Array<Again> = []
    let isTaken = false
    const keep = ({ lane, waiting }: Picked): void => void kept.get(lane)?.push(waiting)
    const judge = (one: Picked, sent: Sent): void => {
      switch (sent._tag) {
        case 'Done':
          isTaken = true
          return finish(one, E.right(undefined))
        case 'Again':
          failed.push(sent)
          return isLate(one.waiting) ? finish(one, E.left(late(one.waiting, sent))) : keep(one)
        case 'Never':
          return answersPerEntry ? finish(one, E.left(refused(sent.failure))) : divide(one, sent.failure)
        case 'Split':
          return divide(one, sent.failure)
      }
    }
    /** One of them made the whole request impossible: smaller requests show which. */
    const divide = (one: Picked, failure: Failure.Failure): void => {
      if (picked.length === 1) return finish(one, E.left(refused(failure)))
      keep(one)
      if (answersPerEntry) one.lane.part = Math.ceil(picked.length / 2)
      else one.lane.alone = picked.length
    }
    // There are as many answers as entries.
    picked.forEach((one, i) => judge(one, answers[i] ?? miscounted(i, picked.length)))
    goOn(kept, failed, isTaken)
  }

  const goOn = (
    kept: ReadonlyMap<Lane, ReadonlyArray<Waiting>>,
    failed: ReadonlyArray<Again>,
    isTaken: boolean
  ): void => {
    const now = world.now()
    const random = world.random()
    const asked = failed.reduce((most, { wait }) => Math.max(most, wait), 0)
    const untilDeadline = [...kept.values()]
      .flat()
      .reduce((least, { tried }) => Math.min(least, (tried ?? now) + settings.deadline - now), Infinity)
    for (const [lane, waiting] of kept) {
      const isAgain = failed.length > 0 && waiting.length > 0
      lane.failures = isAgain ? lane.failures + 1 : 0
      lanes.putBack(lane, waiting, isAgain ? now + waitAfter(lane.failures, random, asked, untilDeadline) : 0)
    }
    const last = failed[failed.length - 1]
    const isDown = last !== undefined && !isTaken
    if (isTaken) lastDone = now
    if (isDown ? failures === 0 : failures > 0) onOutage(isDown ? last.failure : null)
    failures = isDown ? failures + 1 : 0
    pausedUntil = isDown ? now + waitAfter(failures, random, asked, untilDeadline) : 0
    if (isDown && now >= lastDone + settings.deadline) giveUpUntried(last)
  }

  /** The sink is down: what has not come to its turn since its own deadline will not either. */
  const giveUpUntried = (last: Again): void => {
    const now = world.now()
    const given = lanes.remove(({ tried, pushed }) => tried === null && now >= pushed + settings.deadline)
    for (const waiting of given) waiting.settle(E.left(late(waiting, last)))
  }

  const late = (one: Waiting, { failure, isDenied }: Again): GivenUp => ({
    _tag: isDenied ? 'Refused' : 'Late',
    failure: Failure.make(
      'DeadlineExceeded',
      `not delivered within ${Math.round(world.now() - one.pushed)} ms; the last failure: ${Failure.show(failure)}`,
      failure.stack
    )
  })

  const refusal = (entry: Entry): Failure.Failure | null =>
    entry.bytes > limits.entryBytes
      ? Failure.make(
          'TooLarge',
          `the output has ${entry.bytes} bytes, and the sink takes ${limits.entryBytes}`
        )
      : (transport.refusal?.(entry) ?? null)

  return {
    refusal,
    largest: limits.entryBytes,
    held: lanes.held,
    push: (entry, recalled) => {
      const hopeless = refusal(entry)
      if (isClosed) return Promise.resolve(E.left(closed))
      if (hopeless !== null) return Promise.resolve(E.left(refused(hopeless)))
      const size = transport.sizeOf?.(entry) ?? entry.bytes
      return new Promise((settled) => {
        lanes.add({ entry, size, pushed: world.now(), settle: settled, recalled, tried: null })
        plan()
      })
    },
    close: async () => {
      if (isClosed) return
      isClosed = true
      timer?.cancel()
      const request = underWay
      underWay = null
      request?.end()
      for (const one of request?.picked ?? []) finish(one, E.left(closed))
      for (const waiting of lanes.remove(() => true)) waiting.settle(E.left(closed))
      await transport.close()
    }
  }
}

/** A transport that throws rejects. */
const attempt = async (
  transport: Transport,
  entries: ReadonlyArray<Entry>,
  signal: AbortSignal
): Promise<ReadonlyArray<Sent>> => transport.send(entries, signal)
