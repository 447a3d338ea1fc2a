import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as ActionCodec from '../../src/protocol/wire/Action'
import * as Action from '../../src/protocol/Action'
import * as Conversation from '../../src/compat/Conversation'
import type { RecordProcessor, Checkpointer } from '../../src/compat/Processor'
import * as Processor from '../../src/compat/Processor'
import { aggregated, records } from '../../src/testing'

const [one, two] = records(2)
const SEQ = one?.sequenceNumber ?? ''
const LAST = two?.sequenceNumber ?? ''

const settings = { callbackDeadline: 300_000, shutdownDeadline: 8000, shardEndDeadline: 30_000 }

interface Stage {
  readonly say: (action: Action.Action) => void
  readonly conversation: Conversation.Conversation
  /** What was written and logged, and the exit code, in order; emptied when read. */
  readonly told: () => ReadonlyArray<string>
  readonly pass: (ms: number) => void
}

const stage = (processor: RecordProcessor): Stage => {
  const told: Array<string> = []
  let clock = 0
  let wait: { readonly until: number; readonly then: () => void } | null = null
  const conversation = Conversation.make(
    {
      now: () => clock,
      random: () => 1,
      write: (text) => told.push(...text.split('\n').filter((line) => line !== '')),
      log: (level, message) => told.push(`${level} ${message}`),
      wait: (until, then) => {
        wait = { until, then }
      },
      exit: (code) => told.push(`exit ${code}`)
    },
    settings,
    processor
  )
  return {
    conversation,
    say: (action) => conversation.line(Buffer.from(ActionCodec.encode(action))),
    told: () => told.splice(0),
    pass: (ms) => {
      clock += ms
      if (wait === null || wait.until > clock) return
      const { then } = wait
      wait = null
      then()
    }
  }
}

const initialize = Action.initialize('shardId-000000000000', 'TRIM_HORIZON', 0)
const batch = Action.processRecords(records(2), 5)
const status = (name: string): string => `{"action":"status","responseFor":"${name}"}`
const checkpoint = (seq: string | null, sub: number | null = seq === null ? null : 0): string =>
  `{"action":"checkpoint","sequenceNumber":${seq === null ? null : `"${seq}"`},"subSequenceNumber":${sub}}`
const stored = (seq: string | null, error: string | null = null) =>
  Action.checkpointed(seq, seq === null ? null : 0, error)

type Parts = Partial<Extract<RecordProcessor, { shardEnded: unknown }>>

/** A processor that completes everything at once, but for what is given. */
const processor = (parts: Parts = {}): RecordProcessor => ({
  initialize: (_input, complete) => complete(),
  processRecords: (_input, complete) => complete(),
  leaseLost: (_input, complete) => complete(),
  shardEnded: ({ checkpointer }, complete) => checkpointer.checkpoint(() => complete()),
  ...parts
})

/** A stage on which a shard is initialized, and a batch open whose callback and checkpointer are here. */
const inBatch = (parts: Parts = {}) => {
  let complete: Processor.Complete = () => assert.fail('it was not called')
  let checkpointer: Checkpointer | null = null
  const made = stage(
    processor({
      processRecords: (input, done) => {
        complete = done
        checkpointer = input.checkpointer
      },
      ...parts
    })
  )
  made.say(initialize)
  made.say(batch)
  made.told()
  const answers: Array<ReadonlyArray<unknown>> = []
  const callback = (...args: ReadonlyArray<unknown>): void => void answers.push(args)
  const through = checkpointer as Checkpointer | null
  assert.ok(through !== null)
  return { ...made, complete: () => complete(), checkpointer: through, callback, answers }
}

describe('a record processor of aws-kcl', () => {
  it('is initialized, gets records as the daemon sends them, and answers when it calls back', () => {
    const seen: Array<unknown> = []
    const { say, told } = stage(
      processor({
        initialize: (input, complete) => {
          seen.push(input)
          complete()
        },
        processRecords: ({ records: list, millisBehindLatest }, complete) => {
          seen.push(list[0], list.length, millisBehindLatest)
          complete()
        }
      })
    )
    say(initialize)
    say(batch)
    assert.deepEqual(told(), [status('initialize'), status('processRecords')])
    assert.deepEqual(seen, [
      { shardId: 'shardId-000000000000', sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
      {
        data: one?.base64,
        partitionKey: 'pk-0',
        sequenceNumber: SEQ,
        approximateArrivalTimestamp: one?.approximateArrivalTimestamp,
        subSequenceNumber: 0,
        action: 'record'
      },
      2,
      5
    ])
  })

  it('may call back later, and only once counts', () => {
    const { told, complete } = inBatch()
    assert.deepEqual(told(), [])
    complete()
    complete()
    assert.deepEqual(told(), [status('processRecords')])
  })

  it('that never calls back ends the child with a message, and acknowledges nothing', () => {
    const { told, pass } = inBatch()
    pass(299_999)
    assert.deepEqual(told(), [])
    pass(1)
    assert.deepEqual(told(), [
      'error the processor has neither called back from processRecords nor requested a checkpoint within callbackDeadline; the action is not acknowledged',
      'exit 1'
    ])
  })

  it('that never calls back from leaseLost ends the child, although a checkpoint was refused meanwhile', () => {
    const { say, told, pass } = stage(
      processor({
        processRecords: ({ checkpointer }, complete) => {
          checkpointer.checkpoint(() => undefined)
          complete()
        },
        leaseLost: () => undefined
      })
    )
    say(initialize)
    say(batch)
    // The daemon does not do so: it answers a checkpoint before it says anything else.
    say(Action.leaseLost)
    say(stored(LAST, 'ThrottlingException'))
    told()
    pass(310_000)
    assert.deepEqual(told(), [
      'error the processor has neither called back from leaseLost nor requested a checkpoint within callbackDeadline; the action is not acknowledged',
      'exit 1'
    ])
  })

  it('that throws ends the child, and acknowledges nothing', () => {
    const { say, told } = stage(
      processor({
        processRecords: () => {
          throw new Error('no database')
        }
      })
    )
    say(initialize)
    say(batch)
    assert.deepEqual(told().slice(1), [
      'error the record processor threw; the action in progress is not acknowledged',
      'exit 1'
    ])
  })

  it('of the older kind gets shutdown with a reason', () => {
    const reasons: Array<string> = []
    const older: RecordProcessor = {
      initialize: (_input, complete) => complete(),
      processRecords: (_input, complete) => complete(),
      shutdown: ({ reason, checkpointer }, complete) => {
        reasons.push(reason)
        if (checkpointer === undefined) complete()
        else checkpointer.checkpoint(() => complete())
      }
    }
    const lost = stage(older)
    for (const action of [initialize, Action.leaseLost]) lost.say(action)
    const ended = stage(older)
    for (const action of [initialize, Action.shardEnded, stored(null)]) ended.say(action)
    assert.deepEqual(
      [reasons, lost.told().at(-1), ended.told().slice(1)],
      [['ZOMBIE', 'TERMINATE'], status('leaseLost'), [checkpoint(null), status('shardEnded')]]
    )
  })

  it('without shutdownRequested completes it', () => {
    const { say, told } = stage(processor())
    say(initialize)
    say(Action.shutdownRequested)
    assert.deepEqual(told(), [status('initialize'), status('shutdownRequested')])
  })

  it('is refused when a method is missing', () => {
    assert.ok(Processor.isComplete(processor()))
    assert.ok(!Processor.isComplete({ ...processor(), shardEnded: undefined }))
    assert.ok(!Processor.isComplete({ ...processor(), processRecords: 5 }))
    assert.ok(!Processor.isComplete(null))
  })
})

describe('a checkpoint', () => {
  it('goes to the end of what was delivered, or to a record', () => {
    const { checkpointer, told, say, callback, answers } = inBatch()
    checkpointer.checkpoint(callback)
    assert.deepEqual(told(), [checkpoint(LAST)])
    say(stored(LAST))
    checkpointer.checkpoint(SEQ, callback)
    assert.deepEqual(told(), [checkpoint(SEQ)])
    say(stored(SEQ, 'IllegalArgumentException'))
    checkpointer.checkpoint(LAST, 7, callback)
    assert.deepEqual(told(), [checkpoint(LAST, 7)])
    say(Action.checkpointed(LAST, 7, null))
    checkpointer.checkpoint({ sequenceNumber: LAST, subSequenceNumber: 8 }, callback)
    assert.deepEqual(told(), [checkpoint(LAST, 8)])
    assert.deepEqual(answers, [
      [null, LAST],
      ['IllegalArgumentException', SEQ],
      [null, LAST]
    ])
  })

  it('without an argument covers the last record of an aggregate', () => {
    const { say, told } = stage(
      processor({ processRecords: ({ checkpointer }) => checkpointer.checkpoint() })
    )
    say(initialize)
    say(Action.processRecords(aggregated([{ text: 'a' }, { text: 'b' }]), 0))
    assert.equal(told().at(-1), checkpoint(SEQ, 1))
  })

  it('needs no callback', () => {
    const { checkpointer, told, say, complete } = inBatch()
    checkpointer.checkpoint()
    say(stored(LAST))
    complete()
    assert.deepEqual(told(), [checkpoint(LAST), status('processRecords')])
  })

  it('is one at a time, as with aws-kcl', () => {
    const { checkpointer, callback, answers } = inBatch()
    checkpointer.checkpoint()
    checkpointer.checkpoint(callback)
    assert.deepEqual(answers, [['Cannot checkpoint while another checkpoint is already in progress.', null]])
  })

  it('that is throttled is tried again, and the callback hears of the end alone', () => {
    const { checkpointer, told, say, pass, callback, answers } = inBatch()
    checkpointer.checkpoint(callback)
    say(stored(LAST, 'ThrottlingException'))
    assert.deepEqual(
      [told(), answers],
      [[checkpoint(LAST), 'warn checkpoint failed and will be tried again'], []]
    )
    pass(499)
    assert.deepEqual(told(), [])
    pass(1)
    assert.deepEqual(told(), [checkpoint(LAST)])
    say(stored(LAST))
    assert.deepEqual(answers, [[null, LAST]])
  })

  it('that is throttled does not hold up a batch that is done: it goes with the next action', () => {
    const { checkpointer, told, say, pass, complete, callback, answers } = inBatch()
    checkpointer.checkpoint(SEQ, callback)
    complete()
    assert.deepEqual(told(), [checkpoint(SEQ), status('processRecords')])
    say(stored(SEQ, 'ThrottlingException'))
    pass(10_000)
    assert.deepEqual(
      told(),
      ['warn checkpoint failed and will be tried again'],
      'between actions nothing is written'
    )
    say(Action.processRecords([], 0))
    assert.deepEqual(told(), [checkpoint(SEQ)])
    say(stored(SEQ))
    assert.deepEqual(answers, [[null, SEQ]])
  })

  it("that is tried again stands in no newer one's way: in flight it goes first", () => {
    const { checkpointer, told, say, pass, callback, answers } = inBatch()
    checkpointer.checkpoint(SEQ, callback)
    say(stored(SEQ, 'ThrottlingException'))
    pass(500)
    told()
    checkpointer.checkpoint(callback)
    assert.deepEqual([told(), answers], [[], []])
    say(stored(SEQ))
    assert.deepEqual([told(), answers], [[checkpoint(LAST)], [[null, SEQ]]])
    say(stored(LAST))
    assert.deepEqual(answers.slice(1), [[null, LAST]])
  })

  it('that is throttled once more when a newer one is asked for is given up, and the newer one waits as long', () => {
    const { checkpointer, told, say, pass, callback, answers } = inBatch()
    checkpointer.checkpoint(SEQ, callback)
    say(stored(SEQ, 'ThrottlingException'))
    pass(500)
    checkpointer.checkpoint(callback)
    told()
    say(stored(SEQ, 'ProvisionedThroughputExceededException'))
    assert.deepEqual([told(), answers], [[], [['ProvisionedThroughputExceededException', SEQ]]])
    pass(999)
    assert.deepEqual(told(), [])
    pass(1)
    assert.deepEqual(told(), [checkpoint(LAST)])
  })

  it('that waits to be tried again is replaced by a newer one, which waits in its place', () => {
    const { checkpointer, told, say, pass, callback, answers } = inBatch()
    checkpointer.checkpoint(SEQ, callback)
    say(stored(SEQ, 'ThrottlingException'))
    told()
    checkpointer.checkpoint(callback)
    assert.deepEqual([told(), answers], [[], [['ThrottlingException', SEQ]]])
    pass(500)
    assert.deepEqual(told(), [checkpoint(LAST)])
  })

  it('behind one that finds the lease gone hears the same', () => {
    const { checkpointer, say, pass, callback, answers } = inBatch()
    checkpointer.checkpoint(SEQ, callback)
    say(stored(SEQ, 'ThrottlingException'))
    pass(500)
    checkpointer.checkpoint(callback)
    say(stored(SEQ, 'ShutdownException'))
    assert.deepEqual(answers, [
      ['ShutdownException', LAST],
      ['ShutdownException', SEQ]
    ])
  })

  it('between two actions waits for the next one, and means what it meant', () => {
    const { checkpointer, told, say, complete } = inBatch()
    complete()
    told()
    checkpointer.checkpoint()
    assert.deepEqual(told(), [])
    say(Action.processRecords(records(4).slice(2), 0))
    assert.deepEqual(told(), [checkpoint(LAST)])
  })

  it('before the first record is a success at once, and covers nothing of the batch that follows', () => {
    let checkpointer: Checkpointer | null = null
    const answers: Array<unknown> = []
    const { say, told } = stage(
      processor({
        processRecords: (input, complete) => {
          checkpointer ??= input.checkpointer
          complete()
        }
      })
    )
    say(initialize)
    say(Action.processRecords([], 0))
    told()
    const through = checkpointer as Checkpointer | null
    through?.checkpoint((...args) => answers.push(args))
    say(batch)
    assert.deepEqual([answers, told()], [[[null, null]], [status('processRecords')]])
  })

  it('is not made after a ShutdownException, and nothing is processed any more', () => {
    const { checkpointer, told, say, complete, callback, answers } = inBatch()
    checkpointer.checkpoint(callback)
    say(stored(LAST, 'ShutdownException'))
    checkpointer.checkpoint(callback)
    complete()
    told()
    say(Action.processRecords(records(4).slice(2), 0))
    say(Action.leaseLost)
    assert.deepEqual(told(), [status('processRecords'), status('leaseLost')])
    assert.deepEqual(answers, [
      ['ShutdownException', LAST],
      ['ShutdownException', null]
    ])
  })

  it('at what is no sequence number is refused', () => {
    const { checkpointer, told, callback, answers } = inBatch()
    checkpointer.checkpoint('latest', callback)
    assert.deepEqual(
      [told(), answers],
      [
        ['error a checkpoint was requested at a value that is not a sequence number'],
        [['IllegalArgumentException', null]]
      ]
    )
  })

  it('that another answer is for ends the child: the daemon echoes the numbers', () => {
    const { checkpointer, told, say } = inBatch()
    checkpointer.checkpoint()
    say(stored(SEQ))
    assert.equal(told().at(-1), 'exit 3')
  })

  it('whose callback throws ends the child', () => {
    const { checkpointer, told, say } = inBatch()
    checkpointer.checkpoint(() => {
      throw new Error('oops')
    })
    told()
    say(stored(LAST))
    assert.equal(told().at(-1), 'exit 1')
  })
})

describe('the end of a shard', () => {
  const ending = (shardEnded: NonNullable<Parts['shardEnded']>): Stage => {
    const made = stage(processor({ shardEnded }))
    made.say(initialize)
    made.say(batch)
    made.told()
    made.say(Action.shardEnded)
    return made
  }

  it('is acknowledged when its checkpoint is stored, though it was throttled and the processor is done', () => {
    const { told, say, pass } = ending(({ checkpointer }, complete) => {
      checkpointer.checkpoint()
      complete()
    })
    assert.deepEqual(told(), [checkpoint(null)])
    say(stored(null, 'ThrottlingException'))
    pass(500)
    assert.deepEqual(told(), ['warn checkpoint failed and will be tried again', checkpoint(null)])
    say(stored(null))
    assert.deepEqual(told(), [status('shardEnded')])
  })

  for (const [words, ms] of [
    ['waits to be', 0],
    ['is being', 500]
  ] as const)
    it(`is stored though a checkpoint of the batch before ${words} tried again`, () => {
      const { checkpointer, told, say, pass, complete } = inBatch({
        shardEnded: (input, done) => input.checkpointer.checkpoint((error) => error === null && done())
      })
      checkpointer.checkpoint()
      complete()
      say(stored(LAST, 'ThrottlingException'))
      pass(ms)
      told()
      say(Action.shardEnded)
      if (ms > 0) {
        assert.deepEqual(told(), [checkpoint(LAST)])
        say(stored(LAST))
      } else pass(500)
      assert.deepEqual(told(), [checkpoint(null)])
      say(stored(null))
      assert.deepEqual(told(), [status('shardEnded')])
    })

  it('is not acknowledged without a checkpoint, or with one that was given up', () => {
    const { told } = ending((_input, complete) => complete())
    assert.equal(told().at(-1), 'exit 1')
    const throttled = ending(({ checkpointer }, complete) => checkpointer.checkpoint(() => complete()))
    throttled.pass(30_000)
    throttled.say(stored(null, 'ThrottlingException'))
    assert.equal(throttled.told().at(-1), 'exit 1')
  })

  it('is meant by a checkpoint at the last record', () => {
    const { told } = ending(({ checkpointer }) => checkpointer.checkpoint(LAST))
    assert.deepEqual(told(), [checkpoint(null)])
  })

  it('is not meant by a checkpoint before it', () => {
    const { told, say } = ending(({ checkpointer }, complete) =>
      checkpointer.checkpoint(SEQ, () => complete())
    )
    assert.deepEqual(told(), [checkpoint(SEQ)])
    say(stored(SEQ))
    assert.equal(told().at(-1), 'exit 1')
  })
})

describe('a stop', () => {
  it('is acknowledged when its checkpoint has an answer, or was given up', () => {
    const { say, told, pass } = stage({
      ...processor(),
      shutdownRequested: ({ checkpointer }, complete) => {
        checkpointer.checkpoint()
        complete()
      }
    })
    for (const action of [initialize, batch]) say(action)
    told()
    say(Action.shutdownRequested)
    assert.deepEqual(told(), [checkpoint(LAST)])
    pass(8000)
    say(stored(LAST, 'ThrottlingException'))
    assert.deepEqual(told(), [status('shutdownRequested')])
  })
})

describe('a checkpoint at a stop', () => {
  it('is given up at its deadline, though no answer comes after it', () => {
    const answers: Array<unknown> = []
    const { say, told, pass } = stage({
      ...processor(),
      shutdownRequested: ({ checkpointer }, complete) => {
        checkpointer.checkpoint((error) => {
          answers.push(error)
          complete()
        })
      }
    })
    for (const action of [initialize, batch, Action.shutdownRequested]) say(action)
    pass(7_900)
    say(stored(LAST, 'ThrottlingException'))
    told()
    pass(99)
    assert.deepEqual([told(), answers], [[], []])
    pass(1)
    assert.deepEqual([told(), answers], [[status('shutdownRequested')], ['ThrottlingException']])
  })
})

describe('the conversation', () => {
  it('ends with 0 between actions, and with 3 in the middle of one or of a line', () => {
    const idle = stage(processor())
    idle.say(initialize)
    idle.conversation.end(0)
    assert.equal(idle.told().at(-1), 'exit 0')
    const busy = inBatch()
    busy.conversation.end(0)
    assert.equal(busy.told().at(-1), 'exit 3')
    const cut = stage(processor())
    cut.conversation.end(9)
    assert.equal(cut.told().at(-1), 'exit 3')
  })

  it('ends with 3 at what is out of turn, or cannot be read', () => {
    for (const actions of [[batch], [initialize, initialize], [initialize, stored(SEQ)]]) {
      const { say, told } = stage(processor())
      actions.forEach(say)
      assert.equal(told().at(-1), 'exit 3')
    }
    const { conversation, told } = stage(processor())
    conversation.line(Buffer.from('hello'))
    const [said, exit] = told()
    assert.match(said ?? '', /^error a line from the daemon cannot be read \(not JSON: .*\): "hello"$/)
    assert.equal(exit, 'exit 3')
  })
})
