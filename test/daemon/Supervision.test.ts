import * as assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Listener } from '../../src/daemon/Launch'
import * as Supervision from '../../src/daemon/Supervision'

interface Stage {
  readonly supervision: Supervision.Supervision
  /** What was done and logged, in order; emptied when read. */
  readonly told: () => ReadonlyArray<string>
  /** The running daemon's end of things. */
  readonly daemon: () => Listener
  readonly pass: (millis: number) => void
}

const stage = ({ isDeserted = () => false }: Partial<Supervision.World> = {}): Stage => {
  const events: Array<string> = []
  let clock = 0
  let timers: ReadonlyArray<{ readonly at: number; readonly then: () => void }> = []
  let listener: Listener | null = null
  const supervision = Supervision.make(
    { grace: 10_000, attempts: 2, quick: 60_000, backoff: 1000, maxBackoff: 10_000 },
    {
      now: () => clock,
      random: () => 1,
      later: (millis, then) => {
        const mine = { at: clock + millis, then }
        timers = [...timers, mine]
        return () => {
          timers = timers.filter((one) => one !== mine)
        }
      },
      start: (given) => {
        events.push('start')
        listener = given
        return { pid: 1, terminate: () => events.push('terminate'), kill: () => events.push('kill') }
      },
      isDeserted,
      drain: () => events.push('drain'),
      log: (level, message, { cause }) =>
        events.push(`${level} ${message}${cause === undefined ? '' : ` (${String(cause)})`}`),
      exit: (code) => events.push(`exit ${code}`)
    }
  )
  return {
    supervision,
    told: () => events.splice(0),
    daemon: () => {
      assert.ok(listener !== null)
      return listener
    },
    pass: (millis) => {
      clock += millis
      const due = timers.filter(({ at }) => at <= clock)
      timers = timers.filter(({ at }) => at > clock)
      for (const { then } of due) then()
    }
  }
}

const REFUSED =
  'ERROR\tsoftware.amazon.kinesis.coordinator.Scheduler\tCaught exception\tjava.net.ConnectException: Connection refused: /127.0.0.1:1\\n'

describe('supervision', () => {
  it('starts, starts again, and gives up with the reason', () => {
    const { supervision, told, daemon, pass } = stage()
    supervision.begin()
    daemon().onExit('exit code 1')
    pass(1000)
    daemon().onExit('exit code 1')
    pass(2000)
    supervision.troubled('the handler halted at 49590/0')
    daemon().onExit('exit code 1')
    assert.deepEqual(told(), [
      'start',
      'warn the daemon ended by itself (exit code 1); it is started again in 1.0 s',
      'start',
      'warn the daemon ended by itself (exit code 1); it is started again in 2.0 s',
      'start',
      'error giving up, the daemon ended 3 times in a row soon after its start (exit code 1): the handler halted at 49590/0',
      'exit 1'
    ])
  })

  it('says why the daemon ends, from the halt of a session until the next daemon is at work', () => {
    const { supervision, daemon, pass } = stage()
    const atWork = () =>
      daemon().onLine('INFO\ta.b.Scheduler\tInitialization complete. Starting worker loop.\t')
    const ending = () => supervision.state().ending
    supervision.begin()
    atWork()
    assert.equal(ending(), null)
    supervision.troubled('shardId-000000000000: 20 failures in a row')
    assert.equal(ending(), 'the daemon ends: shardId-000000000000: 20 failures in a row')
    daemon().onExit('exit code 1')
    const ended = 'the daemon ended by itself (exit code 1): shardId-000000000000: 20 failures in a row'
    assert.equal(ending(), ended)
    pass(1000)
    assert.equal(ending(), ended)
    atWork()
    assert.equal(ending(), null)
  })

  it('ends a daemon that waits for its grace after a halt, once no shard is left for a second', () => {
    let shards = 2
    const { supervision, told, daemon, pass } = stage({ isDeserted: () => shards === 0 })
    supervision.begin()
    supervision.troubled('the handler halted')
    pass(1000)
    shards = 0
    pass(1000)
    shards = 1
    pass(1000)
    shards = 0
    told()
    pass(1000)
    assert.deepEqual(told(), [])
    pass(1000)
    assert.deepEqual(told(), ['debug no shard is left after the halt: ending the daemon', 'kill'])
    daemon().onExit('SIGKILL')
    assert.deepEqual(told(), [
      'warn the daemon ended by itself (SIGKILL): the handler halted; it is started again in 1.0 s'
    ])
  })

  it('gives up with what Java did not catch, unless a trouble is known', () => {
    const { supervision, told, daemon, pass } = stage()
    const uncaught = [
      'java.lang.RuntimeException: java.lang.reflect.InvocationTargetException',
      '\tat a.b.C.main(C.java:1)',
      'Caused by: java.lang.IllegalStateException: no such thing'
    ]
    const region =
      'Caused by: a.b.SdkClientException: Unable to load region from any of the providers in the chain'
    supervision.begin()
    uncaught.forEach(daemon().onLine)
    told()
    daemon().onExit('exit code 1')
    assert.deepEqual(told(), [
      'warn the daemon ended by itself (exit code 1): java.lang.IllegalStateException: no such thing; it is started again in 1.0 s'
    ])
    pass(1000)
    for (const line of [region, ...uncaught]) daemon().onLine(line)
    told()
    daemon().onExit('exit code 1')
    assert.deepEqual(told(), [
      'warn the daemon ended by itself (exit code 1): the AWS region is not known; set daemon.region or AWS_REGION; it is started again in 2.0 s'
    ])
  })

  it('drains, terminates, and kills what does not stop', () => {
    const { supervision, told, daemon, pass } = stage()
    supervision.begin()
    daemon().onLine('INFO\ta.b.Scheduler\tInitialization complete. Starting worker loop.\t')
    told()
    supervision.signal('SIGTERM')
    assert.deepEqual(told(), ['info SIGTERM: stopping; a second signal stops at once', 'drain', 'terminate'])
    pass(10_000)
    assert.deepEqual(told(), ['warn the daemon has not stopped in time: killing it', 'kill'])
    daemon().onExit('SIGKILL')
    assert.deepEqual(told(), [
      'warn the daemon was killed before it had stopped; records that no checkpoint covers come again',
      'exit 1'
    ])
  })

  it('passes the log on, chatter at debug, and reports a trouble once a minute', () => {
    const { supervision, told, daemon, pass } = stage()
    supervision.begin()
    told()
    daemon().onLine('INFO\ta.b.Scheduler\tInitializing attempt 1\t')
    daemon().onLine('WARN\ta.b.Lease\tlate\tjava.lang.Error: x\\n\tat y')
    daemon().onLine('OpenJDK 64-Bit Server VM warning')
    daemon().onLine('')
    assert.deepEqual(told(), [
      'debug Initializing attempt 1',
      'warn late (java.lang.Error: x)',
      'debug OpenJDK 64-Bit Server VM warning'
    ])
    const sentence = 'error nothing listens at 127.0.0.1:1; check the endpoints and the network'
    const line = 'debug Caught exception (java.net.ConnectException: Connection refused: /127.0.0.1:1)'
    daemon().onLine(REFUSED)
    daemon().onLine(REFUSED)
    assert.deepEqual(told(), [sentence, line, line])
    pass(60_000)
    told()
    daemon().onLine(REFUSED)
    assert.deepEqual(told(), [sentence, line])
    assert.equal(
      supervision.state().trouble,
      'nothing listens at 127.0.0.1:1; check the endpoints and the network'
    )
  })

  const WORKS = 'INFO\ta.b.Scheduler\tInitialization complete. Starting worker loop.\t'
  const infos = (told: ReadonlyArray<string>) => told.filter((event) => event.startsWith('info'))

  it('says what a start waits for, and how long it usually takes, at least every 10 s', () => {
    const { supervision, told, daemon, pass } = stage({ isDeserted: () => true })
    const EMPTY = 'INFO\ta.b.Scheduler\tLease table is still empty. Checking again in 3000 ms\t'
    supervision.begin()
    pass(10_000)
    daemon().onLine('INFO\ta.b.DynamoDBLeaseRefresher\tCreating Lease table GSI LeaseOwnerToLeaseKeyIndex\t')
    pass(10_000)
    daemon().onLine(EMPTY)
    daemon().onLine(EMPTY)
    pass(10_000)
    pass(10_000)
    daemon().onLine(WORKS)
    daemon().onLine('INFO\ta.b.LeaseAssignmentManager\tCurrent worker host-1 is not a leader, ignore\t')
    pass(10_000)
    assert.deepEqual(infos(told()), [
      'info waiting for 10 s: the daemon is starting; this usually takes 5 to 15 s',
      'info DynamoDB creates the index of the lease table, which happens once; this usually takes one to five minutes',
      'info waiting for 10 s: DynamoDB creates the index of the lease table, which happens once; this usually takes one to five minutes',
      'info the lease table is empty, and the daemon waits in case another worker fills it; this usually takes 1 to 30 s',
      'info waiting for 10 s: the lease table is empty, and the daemon waits in case another worker fills it; this usually takes 1 to 30 s',
      'info waiting for 20 s: the lease table is empty, and the daemon waits in case another worker fills it; this usually takes 1 to 30 s',
      'info the daemon is ready and waits for the leader to assign shards to this worker; this usually takes less than a minute',
      'info waiting for 10 s: another worker is the leader, which assigns the shards; this usually takes less than a minute'
    ])
  })

  it('no longer waits once a shard is there, the daemon has ended, or other workers have all shards', () => {
    let isDeserted = false
    const { supervision, told, daemon, pass } = stage({ isDeserted: () => isDeserted })
    supervision.begin()
    daemon().onLine(WORKS)
    told()
    pass(10_000)
    daemon().onLine('INFO\ta.b.LeaseAssignmentManager\tCurrent worker host-1 is not a leader, ignore\t')
    pass(10_000)
    assert.deepEqual(told(), ['debug Current worker host-1 is not a leader, ignore'])
    daemon().onExit('exit code 1')
    pass(1000)
    isDeserted = true
    daemon().onLine(WORKS)
    told()
    for (let i = 0; i < 10; i++) pass(10_000)
    assert.deepEqual(infos(told()).slice(5), [
      'info this worker holds no shard: other workers may hold them all; it takes over when one of them stops'
    ])
  })
})
