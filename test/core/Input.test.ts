import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Decision from '../../src/core/Decision'
import * as Failure from '../../src/core/Failure'
import * as Input from '../../src/core/Input'
import * as Action from '../../src/protocol/Action'

const failure = Failure.make('RangeError', 'oops', 'RangeError: oops')

/** One of each, and each action of the daemon. */
const inputs: ReadonlyArray<Input.Input> = [
  ...[
    Action.initialize('s', 'TRIM_HORIZON', 0),
    Action.processRecords([], null),
    Action.leaseLost,
    Action.shardEnded,
    Action.shutdownRequested,
    Action.shutdown('ZOMBIE'),
    Action.checkpointed('49', 0, 'ThrottlingException')
  ].map((action) => Input.received(action, 5, 0.25)),
  Input.begun([0, 1], 1, 5),
  Input.handled(0, Decision.emit('sink', { id: 1 })(Decision.checkpoint()), 5),
  Input.handled(0, true, 5, 1),
  Input.handled(0, Decision.ack(), 5, 0, 8),
  Input.threw(0, failure, 5, 1, true, 0.25),
  Input.delivered([0, 1], 5),
  Input.undelivered(0, 'dead-letter', failure, 5),
  Input.buried(0, failure, 5),
  Input.buried(0, null, 5),
  Input.ticked(5),
  Input.drained(5),
  Input.closed,
  Input.broken('a line that is no action'),
  Input.crashed(failure, 5)
]

describe('the inputs of a session', () => {
  it('are the same after they were written as JSON and read again', () => {
    assert.deepEqual(
      inputs.map((input) => JSON.parse(JSON.stringify(input)) as unknown),
      inputs
    )
  })

  it('have a version', () => assert.equal(Input.VERSION, 1))
})
