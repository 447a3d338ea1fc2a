/** `protocol/Daemon` against each conversation with Amazon's real daemon: what it says, stores, and does not survive. */
import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type * as Action from '../../src/protocol/Action'
import * as Daemon from '../../src/protocol/Daemon'
import * as Captures from './Captures'

/** What the lease table or the network does to a write: the daemon hears of it, and does not decide it. */
const FAULTS = ['ThrottlingException', 'KinesisClientLibDependencyException', 'ShutdownException']

interface Played {
  /** What the fold says to the child in answer to what it hears. */
  readonly answers: ReadonlyArray<Action.Action>
  readonly stored: ReadonlyArray<string>
  readonly problems: ReadonlyArray<Daemon.Problem['_tag']>
  /** Lines of the child that no action was there for. */
  readonly unread: ReadonlyArray<string>
  readonly state: Daemon.State['_tag']
}

const answersOf = ({ lines }: Captures.Capture): ReadonlyArray<Action.Checkpointed> =>
  lines.flatMap((line) =>
    line._tag === 'Daemon' && line.action._tag === 'Checkpointed' ? [line.action] : []
  )

const play = (capture: Captures.Capture): Played => {
  const expected = answersOf(capture)
  const answers: Array<Action.Action> = []
  const stored: Array<string> = []
  const problems: Array<Daemon.Problem['_tag']> = []
  const unread: Array<string> = []
  let state: Daemon.State = Daemon.initial

  const feed = (input: Daemon.Input): void => {
    const [next, output] = Daemon.step(state, input)
    state = next
    if (output._tag === 'Failed' || output._tag === 'Dies') problems.push(output.problem._tag)
    if (output._tag === 'Stores') {
      const error = expected[answers.length]?.error ?? null
      const isFault = error !== null && FAULTS.includes(error) && output.verdict._tag !== 'Refused'
      if (output.verdict._tag === 'Writes' && !isFault)
        stored.push(`${output.verdict.place.sequenceNumber}/${output.verdict.place.subSequenceNumber}`)
      feed(Daemon.settle(isFault ? error : null))
    }
    if (output._tag === 'Says' && output.action._tag === 'Checkpointed') answers.push(output.action)
  }

  const read = (): void => {
    while (state._tag === 'Awaiting' && unread.length > 0) feed(Daemon.hear(unread.shift() ?? ''))
  }

  for (const line of capture.lines) {
    switch (line._tag) {
      case 'Daemon':
        if (line.action._tag === 'Checkpointed') break
        assert.equal(state._tag, 'Idle', `${line.action._tag} is said while another action is unanswered`)
        feed(Daemon.say(line.action))
        break
      case 'Child':
        unread.push(line.text)
        break
      case 'Stolen':
        feed(Daemon.taken)
        break
      case 'Exit':
        feed(Daemon.left)
        break
      case 'Eof':
        break
    }
    read()
  }
  return { answers, stored, problems, unread, state: state._tag }
}

const checkpointsOf = (capture: Captures.Capture): Omit<Played, 'problems' | 'state'> => ({
  answers: answersOf(capture),
  stored: capture.stored ?? play(capture).stored,
  unread: []
})

/** The conversations that did not end in good order, and what the daemon's log said of each. */
const PROBLEMS: Readonly<Record<string, ReadonlyArray<Daemon.Problem['_tag']>>> = {
  'a-status-for-a-number': ['WrongStatus'],
  'a-status-for-nothing': ['WrongStatus'],
  'a-wrong-status-at-a-stop': ['WrongStatus'],
  'an-exit-at-a-stop': ['LeftEarly'],
  exit: ['LeftEarly'],
  'null-at-a-stop': ['PrintedNull', 'LeftEarly'],
  'null-in-a-batch': ['PrintedNull'],
  wrongresponse: ['WrongStatus'],
  // The daemon was halted, and the child left at the end of its stdin.
  extrackpt: ['LeftEarly'],
  extrafield: ['LeftEarly'],
  silent: ['LeftEarly'],
  silentinit: ['LeftEarly']
}

describe("protocol/Daemon agrees with Amazon's daemon", () => {
  for (const capture of Captures.all)
    it(capture.name, () => {
      const { problems, state, ...rest } = play(capture)
      assert.deepEqual(rest, checkpointsOf(capture))
      assert.deepEqual(problems, PROBLEMS[capture.name] ?? [])
      const isClosed = capture.lines.some(
        (line) => line._tag === 'Daemon' && /LeaseLost|ShardEnded/.test(line.action._tag)
      )
      if (isClosed) assert.equal(state, 'Closed')
    })
})
