'use strict'
/** Amazon's half of the conversation with one child, as `protocol/Daemon` has it: what the stand-ins are held to. */
const Action = require('../dist/protocol/Action')
const Daemon = require('../dist/protocol/Daemon')
const ActionCodec = require('../dist/protocol/wire/Action')
const Wire = require('./Wire')

/** Records, of which the daemon looks at the position of the last one. */
const upTo = (sequenceNumber) => [{ sequenceNumber, subSequenceNumber: 0 }]

const begin = (shard) => {
  let state = Daemon.initial

  const feed = (input) => {
    const [following, output] = Daemon.step(state, input)
    state = following
    return output
  }

  const perform = (output, fault) => {
    switch (output._tag) {
      case 'Stores':
        return perform(feed(Daemon.settle(fault)), null)
      case 'Says':
        return { isOver: false, answer: ActionCodec.encode(output.action) }
      case 'Answered':
        return { isOver: true, answer: null }
      case 'Dies':
        throw new Error(Daemon.showProblem(output.problem))
      default:
        return { isOver: false, answer: null }
    }
  }

  return {
    /** The line for it is `Wire.initializeLine`. */
    initializes: () => void feed(Daemon.say(Action.initialize(shard, 'TRIM_HORIZON', 0))),
    /** @param last the sequence number of the last record of the batch */
    delivers: (last) => void feed(Daemon.say(Action.processRecords(upTo(last), 0))),
    /**
     * @param line of the child, without its newline
     * @param fault what comes of the write to the lease table: null, or the name of an exception
     * @returns whether the action is answered, and the line that answers a checkpoint
     */
    hears: (line, fault = null) => {
      const isFirst = Wire.isFirstDialect(line)
      const { isOver, answer } = perform(
        feed(Daemon.hear(isFirst ? Wire.fromFirstDialect(line) : line)),
        fault
      )
      return { isOver, answer: isFirst && answer !== null ? Wire.toFirstDialect(answer) : answer }
    }
  }
}

module.exports = { begin }
