/**
 * Random record processors of aws-kcl against Amazon's half of the conversation (protocol/Daemon): callbacks that come
 * late or never, checkpoints at any time, throttled and refused, lost leases, stops, ends of shards.
 */
import * as assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as path from 'node:path'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import * as Dialogue from '../../src/compat/Dialogue'
import * as Action from '../../src/protocol/Action'
import * as Daemon from '../../src/protocol/Daemon'
import * as Position from '../../src/protocol/Position'
import { toArray } from '../../src/protocol/KinesisRecords'
import type * as Reply from '../../src/protocol/Reply'
import * as ActionCodec from '../../src/protocol/wire/Action'
import * as ReplyCodec from '../../src/protocol/wire/Reply'
import { checkpointError } from '../../src/testing/Arbitraries'
import { records } from '../../src/testing/Records'
import type * as CompatOracle from '../../tools/fuzz/compatOracle'
import { runs } from './Runs'

const Oracle = createRequire(path.resolve(process.env['KCLTS_ROOT'] ?? '.', 'package.json'))(
  './tools/fuzz/compatOracle.js'
) as typeof CompatOracle

const RUNS = 400

interface Move {
  readonly kind: 'say' | 'complete' | 'ask' | 'settle' | 'tick' | 'take'
  /** Milliseconds that pass before it. */
  readonly pause: number
  readonly random: number
  /** What the lease table answers. */
  readonly error: string | null
  /** Which action, which record. */
  readonly coin: number
}

const move: fc.Arbitrary<Move> = fc.record({
  kind: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom<Move['kind']>('say', 'complete', 'ask', 'settle') },
    { weight: 3, arbitrary: fc.constant<Move['kind']>('tick') },
    { weight: 1, arbitrary: fc.constant<Move['kind']>('take') }
  ),
  pause: fc.oneof(fc.constant(0), fc.nat({ max: 600 }), fc.nat({ max: 20_000 })),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  error: checkpointError,
  coin: fc.nat({ max: 15 })
})

const settings: fc.Arbitrary<Dialogue.Settings> = fc.record({
  callbackDeadline: fc.constantFrom(10_000, 300_000),
  shutdownDeadline: fc.constantFrom(0, 500, 8_000),
  shardEndDeadline: fc.constantFrom(0, 500, 30_000)
})

const all = records(60)

/** One life: the fold, the daemon's half of the conversation, and the oracle that the fuzzer has, too. */
const makeLife = (given: Dialogue.Settings) => {
  const step = Dialogue.step(given)
  let state = Dialogue.initial
  let daemon = Daemon.initial
  let now = 0
  let delivered = 0
  let wait = Infinity
  let hasRecords = false
  let requests = 0
  let answers = 0
  const unread: Array<string> = []
  const calls: Array<{ readonly number: number; readonly watched: CompatOracle.Call }> = []
  const oracle = Oracle.make(given, () => now)

  const perform = (output: Dialogue.Output): void => {
    switch (output._tag) {
      case 'Write':
        return write(output.reply)
      case 'Wait':
        wait = output.until
        return
      case 'Exit':
        return oracle.left(output.code)
      case 'Call': {
        const records = output.what._tag === 'ProcessRecords' ? toArray(output.what.records) : undefined
        const watched = oracle.called(Action.meaningOf(output.what), { records })
        calls.push({ number: output.call, watched })
        return
      }
      case 'Answer':
        answers += 1
        return oracle.answered(output.request, output.error)
      case 'Log':
        return oracle.logged(output.level)
    }
  }

  const write = (reply: Reply.Reply): void => {
    const text = ReplyCodec.encode(reply)
    oracle.wrote(text)
    unread.push(text.trim())
    read()
  }

  /** The daemon reads on, up to a checkpoint that it stores. */
  const read = (): void => {
    while (daemon._tag === 'Awaiting' && unread.length > 0) {
      const [following, output] = Daemon.step(daemon, Daemon.hear(unread.shift() ?? ''))
      daemon = following
      assert.ok(!['Dies', 'Failed', 'Skips'].includes(output._tag), `the daemon ${output._tag}`)
    }
  }

  const feed = (input: Dialogue.Input): void => {
    if (oracle.hasLeft()) return
    wait = Infinity
    const [following, outputs] = step(state, input)
    state = following
    outputs.forEach(perform)
  }

  const hear = (action: Action.Action, random: number): void => {
    oracle.reads(Buffer.from(ActionCodec.encode(action)))
    feed({ _tag: 'Received', action, now, random })
    oracle.hasRead()
  }

  const say = (action: Action.Answerable, random: number): void => {
    if (daemon._tag !== 'Idle' || oracle.hasLeft()) return
    daemon = Daemon.step(daemon, Daemon.say(action))[0]
    hasRecords ||= action._tag === 'ProcessRecords' && action.records.length > 0
    hear(action, random)
    read()
  }

  const topic = ({ coin }: Move): Action.Answerable => {
    if (delivered === 0) {
      delivered = 1
      return Action.initialize('s', 'TRIM_HORIZON', 0)
    }
    if (coin === 0) return Action.leaseLost
    if (coin === 1) return Action.shardEnded
    if (coin === 2) return Action.shutdownRequested
    const from = delivered
    delivered = Math.min(all.length, from + (coin % 4))
    return Action.processRecords(all.slice(from, delivered), 0)
  }

  const settle = ({ error, random }: Move): void => {
    if (daemon._tag !== 'Storing') return
    const [following, output] = Daemon.step(daemon, Daemon.settle(error))
    daemon = following
    if (output._tag !== 'Says') return
    hear(output.action, random)
    read()
  }

  const ask = ({ coin }: Move): void => {
    // A processor has its checkpointer from its first batch on, which may be empty.
    if (delivered < 1 || oracle.hasLeft()) return
    const record = all[Math.max(1, delivered - 1 - (coin % 3))]
    const target =
      coin < 8 || record === undefined || !hasRecords ? null : Position.make(record.sequenceNumber, 0)
    requests += 1
    feed({ _tag: 'Asked', request: oracle.asks(target), target, now })
  }

  const complete = (): void => {
    const call = calls.shift()
    if (call === undefined) return
    oracle.completed(call.watched)
    feed({ _tag: 'Completed', call: call.number, now })
  }

  const play = (made: Move): void => {
    now += made.pause
    if (wait <= now) feed({ _tag: 'Ticked', now })
    switch (made.kind) {
      case 'say':
        return say(topic(made), made.random)
      case 'complete':
        return complete()
      case 'ask':
        return ask(made)
      case 'settle':
        return settle(made)
      case 'tick':
        return feed({ _tag: 'Ticked', now })
      case 'take':
        daemon = Daemon.step(daemon, Daemon.taken)[0]
        return
    }
  }

  return {
    play,
    /** Nothing goes wrong any more: everything is answered, called back and waited for. */
    rest: () => {
      for (let turns = 0; turns < 200 && !oracle.hasLeft(); turns++) {
        const fine: Move = { kind: 'settle', pause: 0, random: 0.5, error: null, coin: 0 }
        if (daemon._tag === 'Storing') settle(fine)
        else if (calls.length > 0) play({ ...fine, kind: 'complete' })
        else if (wait < Infinity) play({ ...fine, kind: 'tick', pause: Math.max(0, wait - now) })
        else break
      }
      oracle.rests()
    },
    say,
    findings: oracle.findings,
    seen: () => ({ hasLeft: oracle.hasLeft(), requests, answers, hasBegun: delivered > 0 })
  }
}

const check = (of: (life: ReturnType<typeof makeLife>) => void): void =>
  fc.assert(
    fc.property(settings, fc.array(move, { maxLength: 80, size: 'max' }), (given, moves) => {
      const life = makeLife(given)
      moves.forEach(life.play)
      of(life)
      assert.deepEqual(life.findings, [])
    }),
    runs(RUNS)
  )

describe('a record processor, whatever happens', () => {
  it('says nothing out of turn, one checkpoint at a time, and gets each answer once, and a true one', () => {
    check(() => undefined)
  })

  it('comes to rest: each action gets its status, or the child has left', () => {
    check((life) => life.rest())
  })

  it('hears of every checkpoint by the end of the conversation', () => {
    check((life) => {
      life.rest()
      life.say(Action.leaseLost, 0.5)
      life.rest()
      const { hasLeft, requests, answers, hasBegun } = life.seen()
      if (!hasLeft && hasBegun) assert.equal(answers, requests)
    })
  })

  it('ends a shard only when its end is stored, or another worker has the lease', () => {
    check((life) => {
      life.rest()
      life.say(Action.shardEnded, 0.5)
      life.rest()
    })
  })
})
