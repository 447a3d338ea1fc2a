/**
 * Entries waiting for a transport: batched by count, bytes and time, retried exactly where they failed, in order
 * per key, one request at a time.
 */
import * as E from 'fp-ts/Either'
import * as Failure from '../core/Failure'
import type { Clock } from '../run/Clock'
import * as Backoff from '../protocol/Backoff'
import { Lanes, type Lane, type Picked, type Waiting } from './Lanes'
import { again, type Entry, type GivenUp, type Queued, type Sent, type Sink, type Transport } from './Sink'

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

/** How the sink has done: the requests in a row of which nothing was taken, when the next may go, when it last took one. */
interface Health {
  readonly failures: number
  readonly pausedUntil: number
  readonly lastDone: number
}

/** The state of a request. */
interface Round {
  readonly picked: ReadonlyArray<Picked>
  /** To be sent again, in order, by lane. */
  readonly kept: ReadonlyMap<Lane, Array<Waiting>>
  readonly failed: Array<Again>
  isTaken: boolean
}

/** How long the next request waits: as long as the sink asked, and never beyond the first deadline of an entry. */
interface Wait {
  readonly random: number
  readonly asked: number
  readonly untilDeadline: number
}

/** Doubled for each failure, jittered; no later than the first deadline, so that what is given up was tried then. */
const waitAfter = (count: number, backoff: number, { random, asked, untilDeadline }: Wait): number => {
  const wait = Math.max(asked, Backoff.jittered({ first: backoff, most: MAX_BACKOFF }, count, random))
  return Math.min(wait, Math.max(untilDeadline, backoff / 2))
}

type OnOutage = (failure: Failure.Failure | null) => void

class Outbox implements Sink {
  readonly #lanes: Lanes
  #isClosed = false
  #underWay: Request | null = null
  #timer: { readonly at: number; readonly cancel: () => void } | null = null
  #health: Health = { failures: 0, pausedUntil: 0, lastDone: -Infinity }

  constructor(
    private readonly transport: Transport,
    private readonly settings: Settings,
    private readonly world: World,
    private readonly onOutage: OnOutage
  ) {
    const { answersPerEntry, limits, laneOf } = transport
    this.#lanes = new Lanes(
      { count: Math.min(settings.count, limits.count), bytes: Math.min(settings.bytes, limits.bytes) },
      answersPerEntry,
      laneOf
    )
  }

  // -- when -----------------------------------------------------------------------------------------------------------

  #plan(): void {
    if (this.#underWay !== null || this.#isClosed) return
    const { linger } = this.settings
    const due = Math.min(this.#lanes.due(linger), this.#lanes.nextWake())
    const at = Math.max(this.#health.pausedUntil, due)
    // A timer that is sooner looks again.
    if (at === Infinity || (this.#timer !== null && this.#timer.at <= at)) return
    this.#timer?.cancel()
    const wait = Math.max(0, at - this.world.now())
    this.#timer = { at, cancel: this.world.later(wait, () => this.#onTime()) }
  }

  #onTime(): void {
    this.#timer = null
    const now = this.world.now()
    this.#lanes.wake(now)
    if (this.#health.pausedUntil <= now && this.#lanes.due(this.settings.linger) <= now) this.#next()
    else this.#plan()
  }

  #next(): void {
    const { picked, recalled } = this.#lanes.pick()
    for (const waiting of recalled) waiting.settle(E.left(recall))
    if (picked.length > 0) this.#send(picked)
    else this.#plan()
  }

  // -- a request ------------------------------------------------------------------------------------------------------

  #send(picked: ReadonlyArray<Picked>): void {
    const { timeout } = this.settings
    const aborting = new AbortController()
    const conclude = (answers: ReadonlyArray<Sent>): void => {
      if (this.#underWay !== request) return
      cancel()
      this.#underWay = null
      this.#settle(picked, answers)
      this.#plan()
    }
    const allFailed = (failure: Failure.Failure): void => {
      const failed = again(failure)
      conclude(picked.map(() => failed))
    }
    const cancel = this.world.later(timeout, () => {
      allFailed(Failure.make('Timeout', `no answer within ${timeout} ms`))
      aborting.abort()
    })
    const request: Request = {
      picked,
      end: () => {
        cancel()
        aborting.abort()
      }
    }
    this.#underWay = request
    for (const { waiting } of picked) waiting.tried ??= this.world.now()
    const entries = picked.map(({ waiting }) => waiting.entry)
    attempt(this.transport, entries, aborting.signal).then(conclude, (thrown: unknown) =>
      allFailed(Failure.fromUnknown(thrown))
    )
  }

  // -- its answers ----------------------------------------------------------------------------------------------------

  #settle(picked: ReadonlyArray<Picked>, answers: ReadonlyArray<Sent>): void {
    const { length } = picked
    const round: Round = {
      picked,
      kept: new Map(picked.map(({ lane }) => [lane, []])),
      failed: [],
      isTaken: false
    }
    const miscount = answers.length === length ? null : miscounted(answers.length, length)
    picked.forEach((one, i) => this.#judge(round, one, miscount ?? answers[i] ?? miscounted(i, length)))
    this.#goOn(round)
  }

  #judge(round: Round, one: Picked, sent: Sent): void {
    switch (sent._tag) {
      case 'Done':
        round.isTaken = true
        return this.#finish(one, E.right(undefined))
      case 'Again':
        round.failed.push(sent)
        if (this.#isLate(one.waiting)) this.#finish(one, E.left(this.#late(one.waiting, sent)))
        else round.kept.get(one.lane)?.push(one.waiting)
        return
      case 'Never':
        if (this.transport.answersPerEntry) return this.#finish(one, E.left(refused(sent.failure)))
        return this.#divide(round, one, sent.failure)
      case 'Split':
        return this.#divide(round, one, sent.failure)
    }
  }

  /** One of them made the whole request impossible: smaller requests show which. */
  #divide({ picked, kept }: Round, one: Picked, failure: Failure.Failure): void {
    if (picked.length === 1) return this.#finish(one, E.left(refused(failure)))
    kept.get(one.lane)?.push(one.waiting)
    if (this.transport.answersPerEntry) one.lane.part = Math.ceil(picked.length / 2)
    else one.lane.alone = picked.length
  }

  #finish(one: Picked, result: E.Either<GivenUp, void>): void {
    this.#lanes.settled(one)
    one.waiting.settle(result)
  }

  #goOn({ kept, failed, isTaken }: Round): void {
    const { backoff, deadline } = this.settings
    const now = this.world.now()
    const wait: Wait = {
      random: this.world.random(),
      asked: failed.reduce((most, one) => Math.max(most, one.wait), 0),
      untilDeadline: [...kept.values()]
        .flat()
        .reduce((least, { tried }) => Math.min(least, (tried ?? now) + deadline - now), Infinity)
    }
    for (const [lane, waiting] of kept) {
      const isAgain = failed.length > 0 && waiting.length > 0
      lane.failures = isAgain ? lane.failures + 1 : 0
      this.#lanes.putBack(lane, waiting, isAgain ? now + waitAfter(lane.failures, backoff, wait) : 0)
    }
    const last = failed[failed.length - 1]
    const lastDone = isTaken ? now : this.#health.lastDone
    const wasDown = this.#health.failures > 0
    if (last === undefined || isTaken) {
      if (wasDown) this.onOutage(null)
      this.#health = { failures: 0, pausedUntil: 0, lastDone }
      return
    }
    if (!wasDown) this.onOutage(last.failure)
    const failures = this.#health.failures + 1
    this.#health = { failures, pausedUntil: now + waitAfter(failures, backoff, wait), lastDone }
    if (now >= lastDone + deadline) this.#giveUpUntried(last)
  }

  // -- deadlines ------------------------------------------------------------------------------------------------------

  #isLate({ tried }: Waiting): boolean {
    return tried !== null && this.world.now() >= tried + this.settings.deadline
  }

  /** The sink is down: gives up the entries that have waited for their turn longer than their deadline. */
  #giveUpUntried(last: Again): void {
    const now = this.world.now()
    const { deadline } = this.settings
    const given = this.#lanes.remove(({ tried, pushed }) => tried === null && now >= pushed + deadline)
    for (const waiting of given) waiting.settle(E.left(this.#late(waiting, last)))
  }

  #late(one: Waiting, { failure, isDenied }: Again): GivenUp {
    const millis = Math.round(this.world.now() - one.pushed)
    return {
      _tag: isDenied ? 'Refused' : 'Late',
      failure: Failure.make(
        'DeadlineExceeded',
        `not delivered within ${millis} ms; the last failure: ${Failure.show(failure)}`,
        failure.stack
      )
    }
  }

  // -- as a sink ------------------------------------------------------------------------------------------------------

  get largest(): number {
    return this.transport.limits.entryBytes
  }

  readonly queued = (): Queued => this.#lanes.queued()

  readonly refusal = (entry: Entry): Failure.Failure | null =>
    entry.bytes > this.largest
      ? Failure.make('TooLarge', `the output has ${entry.bytes} bytes, and the sink takes ${this.largest}`)
      : (this.transport.refusal?.(entry) ?? null)

  readonly push: Sink['push'] = (entry, recalled) => {
    const hopeless = this.refusal(entry)
    if (this.#isClosed) return Promise.resolve(E.left(closed))
    if (hopeless !== null) return Promise.resolve(E.left(refused(hopeless)))
    const size = this.transport.sizeOf?.(entry) ?? entry.bytes
    return new Promise((settle) => {
      this.#lanes.add({ entry, size, pushed: this.world.now(), settle, recalled, tried: null })
      this.#plan()
    })
  }

  readonly close = async (): Promise<void> => {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#timer?.cancel()
    const request = this.#underWay
    this.#underWay = null
    request?.end()
    for (const one of request?.picked ?? []) this.#finish(one, E.left(closed))
    for (const waiting of this.#lanes.remove(() => true)) waiting.settle(E.left(closed))
    await this.transport.close()
  }
}

/**
 * @param onOutage called with the failure when the sink begins to fail altogether, and with null when it takes
 * something again
 */
export const make = (
  transport: Transport,
  settings: Settings,
  world: World,
  onOutage: OnOutage = () => undefined
): Sink => new Outbox(transport, settings, world, onOutage)

/** A transport that throws rejects. */
const attempt = async (
  transport: Transport,
  entries: ReadonlyArray<Entry>,
  signal: AbortSignal
): Promise<ReadonlyArray<Sent>> => transport.send(entries, signal)
