/**
 * The turns of the event loop, which everything on a thread shares: the shards of the host, the local daemon, the user's
 * own timers. Work may take BREATH milliseconds of a turn, over all sessions; what is left then waits here, and each
 * has its next go in the order in which it came. So a thread with a hundred busy shards still turns after some 20 ms, and
 * none of the shards waits for another's whole batch.
 *
 * A turn is noticed by an immediate, which runs once the loop has looked at sockets and timers. Batches of a few records have one
 * per millisecond: a turn that began with some of these may take a little more time, and none that goes on is missed. Answers that wait for
 * nothing are microtasks: they run on before the loop turns, so the time is counted from the first work of the turn and
 * not from the answer.
 */
import { BREATH } from './Interpreter'
import * as Clock from './Clock'

/** When work of this turn began; null: none has. */
let began: number | null = null
let isExpected = false
let waiting: Array<() => void> = []
let schedule = (then: () => void): void => void setImmediate(then)

const expect = (): void => {
  if (isExpected) return
  isExpected = true
  schedule(turn)
}

const turn = (): void => {
  isExpected = false
  began = null
  if (waiting.length === 0) return
  const due = waiting
  const until = since(Clock.monotonic()) + BREATH
  waiting = []
  let done = 0
  try {
    do due[done++]?.()
    while (done < due.length && Clock.monotonic() < until)
  } finally {
    // Also when one of them throws: the others are not to blame.
    if (done < due.length) waiting = [...due.slice(done), ...waiting]
    if (waiting.length > 0) expect()
  }
}

/** Milliseconds of short work before its turn is noticed, since an immediate takes as long as a batch of one record. */
const SHORT_MS = 1

export const since: Clock.Clock['turned'] = (now, isShort = false) => {
  const isUnnoticed = began !== null && !isExpected && now - began >= SHORT_MS
  if (began === null || isUnnoticed) began = now
  if (!isShort || isUnnoticed) expect()
  return began
}

export const soon: Clock.Clock['soon'] = (then) => {
  waiting.push(then)
  expect()
}

/** Nothing has waited for the loop meanwhile, as when the process was held up in a read: that counts as a turn. */
export const renew = (): void => {
  began = null
}

/** The immediates are made by `apart`: who watches whether anything waits for the loop does not count them. */
export const keepApart = (apart: (begin: () => void) => void): void => {
  schedule = (then) => apart(() => void setImmediate(then))
}

/** The machine's clock, and the event loop of this thread. */
export const clock: Clock.Clock = {
  now: Clock.monotonic,
  wall: Clock.wall,
  later: Clock.later,
  soon,
  turned: since
}
