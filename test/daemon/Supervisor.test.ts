import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import * as Supervisor from '../../src/daemon/Supervisor'

const settings: Supervisor.Settings = {
  grace: 20_000,
  attempts: 3,
  quick: 60_000,
  backoff: 1000,
  maxBackoff: 60_000
}
const step = Supervisor.step(settings)

const ready: Supervisor.Input = { _tag: 'Ready', now: 0 }
const worked: Supervisor.Input = { _tag: 'Worked' }
const exits = (now: number, how = 'exit code 1', random = 1): Supervisor.Input => ({
  _tag: 'Exited',
  how,
  now,
  random
})
const signal = (now: number, name = 'SIGTERM'): Supervisor.Input => ({ _tag: 'Signalled', signal: name, now })
const deserted: Supervisor.Input = { _tag: 'Deserted' }
const tick = (now: number): Supervisor.Input => ({ _tag: 'Ticked', now })
const trouble = (text: string): Supervisor.Input => ({ _tag: 'Troubled', trouble: text })

/** Each effect in a word; of the last input alone. */
const effectsOf = (...inputs: ReadonlyArray<Supervisor.Input>): ReadonlyArray<string> => {
  let state = Supervisor.initial
  let last: ReadonlyArray<Supervisor.Effect> = []
  for (const input of inputs) [state, last] = step(state, input)
  return last.map((effect) => {
    switch (effect._tag) {
      case 'Log':
        return `${effect.level}: ${effect.message}`
      case 'Wait':
        return `wait until ${effect.until}`
      case 'Exit':
        return `exit ${effect.code}`
      case 'Start':
      case 'Drain':
      case 'Terminate':
      case 'Kill':
        return effect._tag.toLowerCase()
    }
  })
}

describe('the daemon', () => {
  it('is started when all is prepared, once', () => {
    assert.deepEqual(effectsOf(ready), ['start'])
    assert.deepEqual(effectsOf(ready, ready), [])
  })

  it('that ends by itself is started again, after a wait that doubles', () => {
    assert.deepEqual(effectsOf(ready, exits(10)), [
      'warn: the daemon ended by itself (exit code 1); it is started again in 1.0 s',
      'wait until 1010'
    ])
    assert.deepEqual(effectsOf(ready, exits(10), tick(1009)), ['wait until 1010'])
    assert.deepEqual(effectsOf(ready, exits(10), tick(1010)), ['start'])
    assert.deepEqual(effectsOf(ready, exits(10), tick(1010), exits(1020)), [
      'warn: the daemon ended by itself (exit code 1); it is started again in 2.0 s',
      'wait until 3020'
    ])
  })

  it('that is left without a shard after a halt is ended, unless it stops already', () => {
    assert.deepEqual(effectsOf(ready, deserted), [
      'debug: no shard is left after the halt: ending the daemon',
      'kill'
    ])
    assert.deepEqual(effectsOf(ready, signal(5), deserted), [])
    assert.deepEqual(effectsOf(ready, exits(5), deserted), [])
  })

  it('waits at random for half to the whole of the time', () =>
    assert.deepEqual(effectsOf(ready, exits(0, 'SIGKILL', 0)), [
      'warn: the daemon ended by itself (SIGKILL); it is started again in 0.5 s',
      'wait until 500'
    ]))

  it('is given up after the configured number of quick failures, with the reason that was found', () =>
    assert.deepEqual(
      effectsOf(
        ready,
        exits(10),
        tick(5000),
        exits(5010),
        tick(9000),
        exits(9010),
        tick(19_000),
        trouble('there are no AWS credentials; log in'),
        exits(19_010)
      ),
      [
        'error: giving up, the daemon ended 4 times in a row soon after its start (exit code 1): there are no AWS credentials; log in',
        'exit 1'
      ]
    ))

  it('that has worked for a while begins to count anew', () =>
    assert.deepEqual(
      effectsOf(
        ready,
        exits(10),
        tick(5000),
        exits(5010),
        tick(9000),
        exits(9010),
        tick(19_000),
        worked,
        exits(79_000)
      ),
      ['warn: the daemon ended by itself (exit code 1); it is started again in 1.0 s', 'wait until 80000']
    ))

  it('that never worked has failed quickly, however long it took', () =>
    assert.deepEqual(effectsOf(ready, exits(1e6), tick(2e6), exits(3e6)).slice(1), ['wait until 3002000']))

  it('forgets the trouble of the run before', () =>
    assert.deepEqual(effectsOf(ready, trouble('throttled'), exits(10), tick(1010), exits(1020)), [
      'warn: the daemon ended by itself (exit code 1); it is started again in 2.0 s',
      'wait until 3020'
    ]))
})

describe('a signal', () => {
  it('lets the sessions drain and asks the daemon to stop', () =>
    assert.deepEqual(effectsOf(ready, signal(5)), [
      'info: SIGTERM: stopping; a second signal stops at once',
      'drain',
      'terminate',
      'wait until 20005'
    ]))

  it('ends with 0 when the daemon has stopped, whatever its exit code', () =>
    assert.deepEqual(effectsOf(ready, signal(5), exits(100, 'exit code 143')), ['info: stopped', 'exit 0']))

  it('that comes again kills at once, and the end is 1', () => {
    assert.deepEqual(effectsOf(ready, signal(5), signal(6, 'SIGINT')), [
      'warn: SIGINT again: killing the daemon',
      'kill'
    ])
    assert.deepEqual(effectsOf(ready, signal(5), signal(6), signal(7)), [])
    assert.deepEqual(effectsOf(ready, signal(5), signal(6), exits(8)), [
      'warn: the daemon was killed before it had stopped; records that no checkpoint covers come again',
      'exit 1'
    ])
  })

  it('kills a daemon that takes longer than the grace', () => {
    assert.deepEqual(effectsOf(ready, signal(0), tick(19_999)), ['wait until 20000'])
    assert.deepEqual(effectsOf(ready, signal(0), tick(20_000)), [
      'warn: the daemon has not stopped in time: killing it',
      'kill'
    ])
  })

  it('before the start, or between two, ends at once', () => {
    assert.deepEqual(effectsOf(signal(0)), ['info: SIGTERM: stopped', 'exit 0'])
    assert.deepEqual(effectsOf(ready, exits(1), signal(2)), ['info: SIGTERM: stopped', 'exit 0'])
  })
})

const inputs: fc.Arbitrary<Supervisor.Input> = fc.oneof(
  fc.constant(ready),
  fc.constant(worked),
  fc.constant(trouble('it rains')),
  fc
    .record({ now: fc.nat(1e6), random: fc.double({ min: 0, max: 0.99, noNaN: true }) })
    .map(({ now, random }) => exits(now, 'x', random)),
  fc.nat(1e6).map((now) => signal(now)),
  fc.nat(1e6).map(tick)
)

describe('whatever happens', () => {
  it('one daemon runs at a time, and nothing follows the exit', () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 40 }), (list) => {
        let state = Supervisor.initial
        let running = 0
        let exited = false
        for (const input of list) {
          if (input._tag === 'Exited') {
            if (running === 0) continue
            running -= 1
          }
          const [next, effects] = step(state, input)
          state = next
          assert.ok(!exited || effects.length === 0, 'silent after the exit')
          for (const { _tag } of effects) {
            if (_tag === 'Start') running += 1
            if (_tag === 'Exit') exited = true
            if (_tag === 'Kill' || _tag === 'Terminate') assert.equal(running, 1)
          }
          assert.ok(running <= 1)
          assert.ok(!exited || running === 0, 'it leaves no daemon behind')
        }
      })
    )
  })

  it('is in doubt after it ended, until it has worked for longer than it had, from a minute to ten', () => {
    const after = (lasted: number, works: number): string | null => {
      let state = Supervisor.initial
      const end = lasted + 1000
      for (const input of [ready, worked, trouble('20 failures in a row'), exits(lasted), tick(end), worked])
        [state] = step(state, input)
      return Supervisor.doubt(settings, state, end + works)
    }
    const why = 'the daemon ended by itself (exit code 1): 20 failures in a row; it was started again'
    assert.deepEqual(
      [
        after(10, 60_000),
        after(10, 60_001),
        after(90_000, 80_000),
        after(90_000, 90_001),
        after(1e9, 600_001)
      ],
      [`${why} 60 s ago`, null, `${why} 80 s ago`, null, null]
    )
  })
})
