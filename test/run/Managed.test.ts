import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as Managed from '../../src/run/Managed'

/** What was opened and released, in this order. */
type Done = Array<string>

const opens = (name: string, done: Done): Managed.Managed<string> =>
  Managed.make(
    () => {
      done.push(`opens ${name}`)
      return Promise.resolve(E.right(name))
    },
    Managed.within(5000, name, () => void done.push(`releases ${name}`))
  )

const refuses = (name: string): Managed.Managed<string> =>
  Managed.fromEither(() => E.left(Managed.refusal([`${name} is wrong`])))

const throws = (name: string): Managed.Managed<string> =>
  Managed.fromEither(() => Promise.reject(new Error(`${name} throws`)))

const STEPS = ['configuration', 'module', 'log', 'destinations', 'resource']

/** A start of five steps of which the one at `broken` is another one. */
const start = (
  done: Done,
  broken = STEPS.length,
  instead: (name: string) => Managed.Managed<string> = refuses
): Managed.Managed<string> =>
  STEPS.map((name, index) => (index === broken ? instead(name) : opens(name, done))).reduce((before, step) =>
    pipe(
      before,
      Managed.chain(() => step)
    )
  )

const releasesOf = (done: Done): ReadonlyArray<string> => done.filter((one) => one.startsWith('releases '))

describe('a start', () => {
  it('releases in reverse order what it has opened', async () => {
    const done: Done = []
    const held = await start(done)()
    assert.ok(E.isRight(held))
    assert.deepEqual(await held.right.release(), [])
    assert.deepEqual(
      releasesOf(done),
      [...STEPS].reverse().map((name) => `releases ${name}`)
    )
  })

  for (const [broken, name] of STEPS.entries()) {
    const before = STEPS.slice(0, broken)
      .reverse()
      .map((one) => `releases ${one}`)

    it(`that is refused at its ${name} releases all that was opened before, in reverse order`, async () => {
      const done: Done = []
      assert.deepEqual(await start(done, broken)(), E.left({ code: 2, problems: [`${name} is wrong`] }))
      assert.deepEqual(releasesOf(done), before)
    })

    it(`whose ${name} throws releases all that was opened before, and throws`, async () => {
      const done: Done = []
      await assert.rejects(start(done, broken, throws)(), { message: `${name} throws` })
      assert.deepEqual(releasesOf(done), before)
    })
  }

  it('reports the problems of two steps that do not depend on each other', async () =>
    assert.deepEqual(
      await Managed.both(refuses('the module'), refuses('the file of dead letters'))(),
      E.left({ code: 2, problems: ['the module is wrong', 'the file of dead letters is wrong'] })
    ))

  it('releases the one of two such steps that has been opened, whichever it is', async () => {
    const done: Done = []
    await Managed.both(opens('first', done), refuses('second'))()
    await Managed.both(refuses('first'), opens('second', done))()
    await assert.rejects(Managed.both(opens('third', done), throws('fourth'))())
    assert.deepEqual(releasesOf(done), ['releases first', 'releases second', 'releases third'])
  })

  it('releases what lies beneath a step after it', async () => {
    const done: Done = []
    const held = await pipe(
      opens('sinks', done),
      Managed.beneath(() => opens('resource', done))
    )()
    assert.ok(E.isRight(held))
    await held.right.release()
    assert.deepEqual(done, ['opens sinks', 'opens resource', 'releases sinks', 'releases resource'])
  })
})

describe('a release', () => {
  const released = async (
    close: () => unknown
  ): Promise<{ readonly done: Done; readonly problems: ReadonlyArray<string> }> => {
    const done: Done = []
    const held = await pipe(
      opens('first', done),
      Managed.chain(() =>
        Managed.make(() => Promise.resolve(E.right('second')), Managed.within(5000, 'the sinks', close))
      ),
      Managed.chain(() => opens('third', done))
    )()
    assert.ok(E.isRight(held))
    const problems = await held.right.release()
    return { done: done.slice(2), problems }
  }

  it('that fails is reported, and what was opened before is released', async () => {
    const { done, problems } = await released(() => Promise.reject(new Error('EIO: no such disk')))
    assert.deepEqual(done, ['releases third', 'releases first'])
    assert.match(problems.join('\n'), /^the sinks cannot be closed: Error: EIO: no such disk\n/)
  })

  it('that hangs is given up after its time, and what was opened before is released', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    try {
      const { done, problems } = await released(() => {
        queueMicrotask(() => mock.timers.tick(5000))
        return new Promise(() => undefined)
      })
      assert.deepEqual(done, ['releases third', 'releases first'])
      assert.deepEqual(problems, [
        'the sinks cannot be closed: DeadlineExceeded: it took longer than 5000 ms'
      ])
    } finally {
      mock.timers.reset()
    }
  })

  it('that fails after a refused step is reported beside the refusal', async () => {
    const close = (): Promise<void> => Promise.reject(new Error('EIO'))
    const refused = await pipe(
      Managed.make(() => Promise.resolve(E.right('sinks')), Managed.within(5000, 'the sinks', close)),
      Managed.chain(() => refuses('resource'))
    )()
    assert.ok(E.isLeft(refused))
    assert.match(
      refused.left.problems.join('\n'),
      /^resource is wrong\nthe sinks cannot be closed: Error: EIO\n/
    )
  })

  it('takes place when what uses the value throws', async () => {
    const done: Done = []
    const used = pipe(
      opens('it', done),
      Managed.use(() => Promise.reject(new Error('broken')), assert.fail)
    )
    await assert.rejects(used(), { message: 'broken' })
    assert.deepEqual(done, ['opens it', 'releases it'])
  })
})
