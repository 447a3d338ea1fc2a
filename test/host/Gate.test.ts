import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as Gate from '../../src/host/Gate'

interface Rig {
  readonly gate: Gate.Gate
  readonly said: Array<string>
  readonly party: (name: string, then?: () => void) => Gate.Party & { isBusy: boolean }
  /** Lets the event loop turn. */
  readonly turn: () => void
}

const rig = (): Rig => {
  const due: Array<() => void> = []
  const said: Array<string> = []
  const gate = Gate.make((then) => void due.push(then))
  return {
    gate,
    said,
    party: (name, then = () => undefined) => {
      const party = {
        isBusy: false,
        isIdle: () => !party.isBusy,
        resume: () => {
          said.push(name)
          then()
        }
      }
      gate.enter(party)
      return party
    },
    turn: () => {
      for (const then of due.splice(0)) then()
    }
  }
}

describe('the gate', () => {
  it('lets all begin while none of them is a suspect', () => {
    const { gate, party } = rig()
    const [a, b] = [party('a'), party('b')]
    a.isBusy = true
    assert.deepEqual([gate.admit(a, false), gate.admit(b, false)], [true, true])
  })

  it('lets a suspect begin when nothing else is at work and the loop has turned, and nothing beside it', () => {
    const { gate, said, party, turn } = rig()
    const admitted: Array<boolean> = []
    const b = party('b')
    const a = party('a', () => {
      const isIn = gate.admit(a, true)
      a.isBusy = isIn
      admitted.push(isIn)
    })
    b.isBusy = true
    assert.equal(gate.admit(a, true), false)
    assert.equal(gate.admit(b, false), false)
    turn()
    assert.deepEqual(said, [])
    b.isBusy = false
    gate.mayHaveEnded(b)
    turn()
    assert.deepEqual([said, admitted, gate.isAlone(a)], [['a', 'b'], [true], true])
    assert.equal(gate.admit(b, false), false)
    assert.equal(gate.admit(b, true), false)
    a.isBusy = false
    gate.mayHaveEnded(a)
    assert.equal(gate.isAlone(a), false)
    assert.equal(gate.admit(b, false), true)
  })

  it('goes on when a session that waits, or is alone, is over', () => {
    const { gate, said, party, turn } = rig()
    const [a, b] = [party('a'), party('b')]
    gate.admit(a, true)
    assert.equal(gate.admit(b, false), false)
    gate.leave(a)
    turn()
    assert.deepEqual(said, ['b'])
    assert.equal(gate.admit(b, false), true)
  })

  it('lets others begin when the session that waits wants nothing any more', () => {
    const { gate, said, party, turn } = rig()
    const [a, b] = [party('a'), party('b')]
    gate.admit(a, true)
    turn()
    assert.deepEqual(said, ['a', 'b'])
    assert.equal(gate.admit(b, false), true)
  })
})
