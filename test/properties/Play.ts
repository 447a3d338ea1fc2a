/** Plays a scenario: Amazon's daemon as a model, its lease table, and a session for each life. */
import * as Action from '../../src/protocol/Action'
import * as Decision from '../../src/core/Decision'
import type * as Effect from '../../src/core/Effect'
import * as Failure from '../../src/core/Failure'
import * as Input from '../../src/core/Input'
import type { KinesisRecord } from '../../src/protocol/KinesisRecord'
import * as Daemon from '../../src/protocol/Daemon'
import * as Position from '../../src/protocol/Position'
import * as ReplyCodec from '../../src/protocol/wire/Reply'
import type * as Reply from '../../src/protocol/Reply'
import * as Session from '../../src/core/Session'
import type { Fact, Life, Stored, What } from './Fact'
import type { Behaviour, Move, Scenario } from './Scenario'

export type Step = ReturnType<typeof Session.step>

const failure = Failure.make('RangeError', 'the world is broken')

const outcome = (as: Behaviour, index: number, now: number): Input.Input => {
  switch (as) {
    case 'ack':
      return Input.handled(index, Decision.ack(), now)
    case 'false':
      return Input.handled(index, false, now)
    case 'forgotten':
      return Input.handled(index, undefined, now)
    case 'skip':
      return Input.handled(index, Decision.skip('not for us'), now)
    case 'checkpoint':
      return Input.handled(index, Decision.checkpoint(), now)
    case 'true':
      return Input.handled(index, true, now)
    case 'reject':
      return Input.handled(index, Decision.reject('poison'), now)
    case 'throw':
      return Input.threw(index, failure, now)
    case 'garbage':
      return Input.handled(index, null, now)
    case 'promise':
      return Input.handled(index, Promise.resolve(true), now)
    case 'halt':
      return Input.handled(index, Decision.halt('enough'), now)
  }
}

/** KCL 1 has one action for three. */
const REASONS = { stop: 'REQUESTED', lost: 'ZOMBIE', end: 'TERMINATE' } as const

const action = (
  what: What,
  kcl1: boolean,
  from: Stored,
  records: ReadonlyArray<KinesisRecord>
): Action.Answerable => {
  switch (what) {
    case 'start':
      return from === null || from === 'SHARD_END'
        ? Action.initialize('shard', 'TRIM_HORIZON', 0)
        : Action.initialize('shard', from.sequenceNumber, from.subSequenceNumber)
    case 'batch':
      return Action.processRecords(records, 0)
    case 'stop':
      return kcl1 ? Action.shutdown(REASONS.stop) : Action.shutdownRequested
    case 'lost':
      return kcl1 ? Action.shutdown(REASONS.lost) : Action.leaseLost
    case 'end':
      return kcl1 ? Action.shutdown(REASONS.end) : Action.shardEnded
  }
}

/** Without an end: the world in which nothing goes wrong. */
const SMOOTH: Move = { kind: 'go', pause: 7, count: 4, error: null, random: 0.5, coin: 9 }
const PATIENCE = 1_000

/** One life of a session, from the stored position on. */
const live = (
  scenario: Scenario,
  step: Step,
  from: Stored,
  start: number,
  moves: ReadonlyArray<Move> | null
): Life => {
  const facts: Array<Fact> = []
  let now = start
  let state = Session.initial
  let daemon = Daemon.initial
  let open: What | null = null
  let asked: Reply.Checkpoint | null = null
  const unread: Array<Reply.Reply> = []
  let batch: ReadonlyArray<KinesisRecord> = []
  let cursor = scenario.records.findIndex(
    (record) => from === null || (from !== 'SHARD_END' && Position.compare(record, from) > 0)
  )
  if (cursor < 0) cursor = scenario.records.length
  let began = false
  let leaseGone = false
  let last: What = 'start'
  // the world
  let burying = -1
  let wait: number | null = null
  let exited = false

  const read = (reply: Reply.Reply): void => {
    daemon = Daemon.step(daemon, Daemon.hear(ReplyCodec.encode(reply).trim()))[0]
    if (reply._tag === 'Checkpoint') asked = reply
    else open = null
  }

  const buriedRecord = (): KinesisRecord => {
    const record = batch[burying]
    if (record === undefined) throw new RangeError(`there is no record ${burying} to bury`)
    return record
  }

  const perform = (effect: Effect.Effect): void => {
    switch (effect._tag) {
      case 'Write':
        facts.push({ _tag: 'Wrote', reply: effect.reply, now })
        if (asked === null && unread.length === 0) read(effect.reply)
        else unread.push(effect.reply)
        return
      case 'Bury':
        burying = effect.index
        facts.push({ _tag: 'Burying', record: buriedRecord(), now })
        return
      case 'Wait':
        facts.push({ _tag: 'Waits', until: effect.until, now })
        wait = effect.until
        return
      case 'Exit':
        facts.push({ _tag: 'Exited', code: effect.code, now })
        exited = true
        return
      // Handlers of these lives answer at once and give no outputs: `effects.test.ts` has those that do.
      case 'Deliver':
      case 'Abort':
      case 'Recall':
      case 'Log':
        return
    }
  }

  const feed = (input: Input.Input): void => {
    const [following, effects] = step(state, input)
    state = following
    effects.forEach(perform)
    facts.push({ _tag: 'Counted', replay: Session.replayCount(state), next: Session.next(state), now })
  }

  const say = (what: What, move: Move): void => {
    const kcl1 = move.coin === 0 && what !== 'start' && what !== 'batch'
    batch = what === 'batch' ? scenario.records.slice(cursor, cursor + move.count) : []
    cursor += batch.length
    open = what
    last = what
    began = true
    const said = action(what, kcl1, from, batch)
    daemon = Daemon.step(daemon, Daemon.say(said))[0]
    facts.push({ _tag: 'Said', name: Action.nameOf(said), what, records: batch, now })
    feed(Input.received(said, now, move.random))
  }

  /** What the daemon has to say; undefined when it only closes the pipe. */
  const topic = (move: Move): What | undefined => {
    if (!began) return 'start'
    if (last === 'lost' || last === 'end') return undefined
    const all = cursor === scenario.records.length
    if (move.kind === 'lost' || leaseGone) return 'lost'
    if (last === 'stop') return move.coin === 1 ? 'batch' : 'lost'
    if (move.kind === 'stop') return 'stop'
    return all && (move.kind === 'end' || moves === null) ? 'end' : 'batch'
  }

  const answer = ({ error, random }: Move): void => {
    const [settled, output] = Daemon.step(daemon, Daemon.settle(leaseGone ? 'ShutdownException' : error))
    if (output._tag !== 'Says' || output.action._tag !== 'Checkpointed') throw new Error('nothing was asked')
    daemon = settled
    leaseGone = !daemon.lease.isHeld
    asked = null
    facts.push({ _tag: 'Answered', error: output.action.error, now })
    feed(Input.received(output.action, now, random))
    while (asked === null && unread.length > 0) {
      const reply = unread.shift()
      if (reply !== undefined) read(reply)
    }
  }

  const begin = (index: number): Behaviour => {
    const record = batch[index]
    if (record === undefined)
      throw new RangeError(`the session wants to run record ${index} of ${batch.length}`)
    const as = behaviourOf(record)
    facts.push({ _tag: 'Ran', index, record, as, now })
    return as
  }

  const behaviourOf = (record: KinesisRecord): Behaviour =>
    scenario.behaviours[scenario.records.indexOf(record)] ?? 'ack'

  /** Records that are plainly acknowledged may be told of in one word, as the runner does; each coin has its most. */
  const run = (index: number, { coin }: Move): void => {
    const most = Math.min(coin, Session.row(state))
    const others = batch.slice(index, index + most).findIndex((record) => behaviourOf(record) !== 'ack')
    const count = others < 0 ? most : others
    if (count === 0) return feed(outcome(begin(index), index, now))
    for (let i = index; i < index + count; i++) begin(i)
    feed(Input.handled(index, Decision.ack(), now, 0, count))
  }

  const bury = (ok: boolean): void => {
    const index = burying
    const record = buriedRecord()
    burying = -1
    facts.push({ _tag: 'Buried', record, ok, now })
    feed(Input.buried(index, ok ? null : failure, now))
  }

  const tick = (): void => {
    if (wait !== null && wait <= now) wait = null
    facts.push({ _tag: 'Ticked', now })
    feed(Input.ticked(now))
  }

  /** Whether the session has said no status yet, read or not. */
  const unanswered = (): boolean => open !== null && !unread.some((reply) => reply._tag === 'Status')

  const garbage = (move: Move): void => {
    facts.push({ _tag: 'Garbage', now })
    if (move.coin < 3) feed(Input.broken('the daemon no longer reads our replies'))
    else if (move.coin < 6) feed(Input.received(Action.checkpointed('7', 7, null), now, move.random))
    else feed(Input.received(unanswered() ? Action.leaseLost : Action.initialize('x', null, null), now, 0))
  }

  const stray = (move: Move): void => {
    facts.push({ _tag: 'Stray', now })
    const awaited = Session.next(state)
    feed(
      burying >= 0 || move.coin < 5
        ? move.coin % 2 === 0
          ? Input.handled(awaited + 1 + move.count, true, now)
          : Input.handled(awaited + 1, Decision.ack(), now, 0, 2)
        : Input.buried(move.count, null, now)
    )
  }

  const go = (move: Move): void => {
    const index = Session.next(state)
    if (burying >= 0) return bury(scenario.calm || moves === null || move.coin > 0)
    if (index >= 0) return run(index, move)
    if (asked !== null) return answer(move)
    if (open !== null && wait !== null) {
      now = Math.max(now, wait)
      return tick()
    }
    const what = open === null ? topic(move) : undefined
    if (what !== undefined) return say(what, move)
    if (open !== null) facts.push({ _tag: 'Stuck', now })
    exited ||= open !== null
    if (!exited) close()
  }

  const close = (): void => {
    facts.push({ _tag: 'Closed', now })
    feed(Input.closed)
  }

  const make = (move: Move): void => {
    now += move.pause
    switch (move.kind) {
      case 'answer':
        return asked === null ? go(move) : answer(move)
      case 'tick':
        return tick()
      case 'drain':
        facts.push({ _tag: 'Drained', now })
        return feed(Input.drained(now))
      case 'close':
        return close()
      case 'crash':
        if (scenario.calm) return go(move)
        facts.push({ _tag: 'Crashed', now })
        return feed(Input.crashed(failure, now))
      case 'garbage':
        return began ? garbage(move) : go(move)
      case 'stray':
        return stray(move)
      case 'go':
      case 'stop':
      case 'lost':
      case 'end':
        return go(move)
    }
  }

  const all = moves ?? Array.from({ length: PATIENCE }, () => SMOOTH)
  for (const move of all) {
    if (exited) break
    make(move)
  }
  if (exited) {
    // Nobody is there any more: whatever else is said changes nothing.
    feed(Input.ticked(now))
    feed(Input.received(Action.processRecords(scenario.records, 0), now, 0))
    feed(Input.closed)
  } else facts.push({ _tag: moves === null ? 'Stuck' : 'Killed', now })
  // A request that was on its way may have been stored, though nobody heard the answer.
  const last0 = all[all.length - 1]
  const arrived = asked !== null && !leaseGone && last0 !== undefined && last0.coin % 2 === 1
  return {
    from,
    facts,
    stored: began ? Daemon.stored(arrived ? Daemon.step(daemon, Daemon.settle(null))[0] : daemon) : from
  }
}

/** All lives of the shard, one after the other; the last without trouble. */
export const play = (scenario: Scenario, step: Step = Session.step(scenario.env)): ReadonlyArray<Life> => {
  const lives: Array<Life> = []
  let stored: Stored = null
  let now = 1_000
  for (const moves of [...scenario.lives, null]) {
    if (stored === 'SHARD_END') break
    const life = live(scenario, step, stored, now, moves)
    lives.push(life)
    stored = life.stored
    now = life.facts[life.facts.length - 1]?.now ?? now
  }
  return lives
}
