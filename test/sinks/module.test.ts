import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { halt, reject } from '../../src/core/Decision'
import * as Failure from '../../src/core/Failure'
import * as Module from '../../src/sinks/module'
import * as Outbox from '../../src/sinks/Outbox'
import { entry, settings } from './Fake'
import * as Time from './Time'

const signal = new AbortController().signal

/** What the outbox is told of a request with one entry. */
const said = async (store: Module.ModuleSink): Promise<string> => {
  const [sent] = await Module.transport(store).send([entry('a')], signal)
  return sent === undefined || sent._tag === 'Done' ? 'Done' : `${sent._tag}: ${Failure.show(sent.failure)}`
}

describe('the function of a module', () => {
  it('gets the outputs with their ids and keys, and a signal', async () => {
    const got: Array<unknown> = []
    await Module.transport((...args) => Promise.resolve(got.push(...args))).send(
      [entry('a', 'x'), entry('b', 'y')],
      signal
    )
    assert.deepEqual(got, [
      [
        { id: 'a', key: 'x', value: 'a' },
        { id: 'b', key: 'y', value: 'b' }
      ],
      signal
    ])
  })

  it('stores them by a promise or a TaskEither', async () => {
    assert.equal(await said(() => Promise.resolve()), 'Done')
    assert.equal(await said(() => Promise.resolve(E.right(1))), 'Done')
    assert.equal(await said(() => TE.right(undefined)), 'Done')
  })

  it('fails by a Left, a rejection or a throw', async () => {
    const boom = new Error('boom')
    assert.equal(await said(() => TE.left(boom)), 'Again: Error: boom')
    assert.equal(await said(() => Promise.resolve(E.left('no'))), 'Again: NotAnError: no')
    assert.equal(await said(() => Promise.reject(boom)), 'Again: Error: boom')
    assert.equal(
      await said(() => {
        throw boom
      }),
      'Again: Error: boom'
    )
  })

  it('says by reject that they can never be stored', async () => {
    const never = 'Never: Rejected: no such column'
    assert.equal(await said(() => TE.left(reject('no such column'))), never)
    assert.equal(await said(() => Promise.resolve(E.left(reject('no such column')))), never)
  })

  it('has stored nothing when what it gives says so, however that came about', async () => {
    const boom = new Error('boom')
    const failing = (): Promise<void> => Promise.reject(boom)
    const again = 'Again: Error: boom'
    const cases: ReadonlyArray<readonly [string, unknown]> = [
      [again, [undefined, E.left(boom)]],
      [again, E.right([E.left(boom)])],
      [again, boom],
      [again, await Promise.allSettled([Promise.resolve(1), failing()])],
      [again, await Promise.allSettled([Promise.resolve(E.left(boom))])],
      ['Never: Rejected: no such column', [E.left(reject('no such column'))]],
      ['Again: Halt: enough', halt('enough')],
      [
        'Again: HttpError: the function returned a response with the status 500',
        new Response('', { status: 500 })
      ],
      // As undici and got, axios with validateStatus, and superagent give it.
      [
        'Again: HttpError: the function returned a response with the status 503',
        { statusCode: 503, headers: {}, body: '' }
      ],
      [
        'Again: HttpError: the function returned a response with the status 302',
        [{ status: 302, headers: {}, data: '' }]
      ],
      [
        'Again: HttpError: the function returned a response with the status 500',
        { ok: false, statusCode: 500 }
      ],
      ['Again: NoAnswer: the function returned an array with a hole in it', Array(2)],
      ...[
        { FailedRecordCount: 1, Records: [] },
        { FailedPutCount: 2 },
        { FailedEntryCount: 1 },
        { Successful: [], Failed: [{ Id: '1' }] },
        { UnprocessedItems: { orders: [{}] } },
        { took: 1, errors: true, items: [{ index: { status: 429 } }] },
        [{ UnprocessedItems: { orders: [{}] } }]
      ].map(
        (answer) =>
          [
            'Again: PartialFailure: the function returned an answer that says that a part of the batch failed',
            answer
          ] as const
      )
    ]
    for (const [expected, value] of cases) assert.equal(await said(() => Promise.resolve(value)), expected)
    for (const value of [TE.right(1), [TE.right(1)], [Promise.resolve(1)], E.right(TE.right(1))])
      assert.match(await said(() => Promise.resolve(value)), /^Never: NoPromise: .* without waiting for them/)
  })

  it('has stored them when it gives anything else', async () => {
    const circle: Array<unknown> = []
    circle.push(circle)
    for (const value of [
      null,
      false,
      0,
      [],
      [undefined, undefined],
      [{ id: 1 }],
      { rowCount: 0 },
      await Promise.allSettled([Promise.resolve(1)]),
      new Response('', { status: 201 }),
      { status: 500, id: 'a row with a column of that name' },
      { statusCode: 200, headers: {} },
      { status: 'rejected' },
      { FailedRecordCount: 0, Failed: [], UnprocessedItems: {} },
      circle
    ])
      assert.equal(await said(() => Promise.resolve(value)), 'Done')
  })

  it('that resolves to a refusal has stored nothing', async () => {
    assert.equal(
      await said(() => Promise.resolve(reject('no such column'))),
      'Never: Rejected: no such column'
    )
    assert.equal(await said(() => TE.right(reject('no such column'))), 'Never: Rejected: no such column')
  })

  it('that returns no promise has forgotten to', async () => {
    const forgotten: () => unknown = () => undefined
    const isSink = (f: unknown): f is Module.ModuleSink => typeof f === 'function'
    assert.ok(isSink(forgotten))
    assert.equal(
      await said(forgotten),
      'Never: NoPromise: the function returned nothing, expected a promise or a TaskEither'
    )
  })

  it('that hangs is aborted, and comes again until the deadline', async () => {
    const time = Time.make()
    const aborts: Array<number> = []
    const hanging: Module.ModuleSink = (_outputs, aborted) => {
      aborted.addEventListener('abort', () => aborts.push(time.now()))
      return new Promise(() => undefined)
    }
    const sink = Outbox.make(Module.transport(hanging), { ...settings, timeout: 1000, deadline: 2000 }, time)
    const pushed = sink.push(entry('a'))
    await time.run()
    assert.deepEqual(aborts, [1000, 2100])
    assert.deepEqual(
      pipe(
        await pushed,
        E.mapLeft(({ failure }) => Failure.show(failure))
      ),
      E.left(
        'DeadlineExceeded: not delivered within 2100 ms; the last failure: Timeout: no answer within 1000 ms'
      )
    )
  })
})

describe('a function that declares what its failure means', () => {
  /** What is stored and when each output has its end, where one row makes every request fail that it is in. */
  const lived = async (
    declared: Partial<Pick<Module.ModuleSink, 'allOrNothing' | 'remembersKeys'>>,
    isPoison: (id: string) => boolean = (id) => id === 'c'
  ) => {
    const time = Time.make()
    const requests: Array<string> = []
    const store: Module.ModuleSink = (outputs) => {
      requests.push(outputs.map(({ id }) => id).join(''))
      return outputs.some(({ id }) => isPoison(id)) ? Promise.reject(new Error('poison')) : Promise.resolve()
    }
    const sink = Outbox.make(
      Module.transport(Object.assign(store, declared)),
      { ...settings, deadline: 1000 },
      time
    )
    const ends = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(async (id) => {
      const end = await sink.push(entry(id, id))
      return `${id} ${E.isRight(end) ? 'stored' : end.left._tag} at ${time.now()}`
    })
    await time.run()
    return { requests, ends: await Promise.all(ends) }
  }

  it('has its group halved until the poison row stands alone, and the rest stored', async () => {
    for (const declared of [{ allOrNothing: true }, { remembersKeys: true }]) {
      const { requests, ends } = await lived(declared)
      assert.deepEqual(requests, ['abcdefgh', 'abcd', 'efgh', 'ab', 'cd', 'c', 'd', 'c', 'c', 'c', 'c'])
      assert.deepEqual(ends, [
        'a stored at 0',
        'b stored at 0',
        'c Late at 1000',
        'd stored at 100',
        'e stored at 0',
        'f stored at 0',
        'g stored at 0',
        'h stored at 0'
      ])
    }
  })

  it('is tried again as ever while everything fails', async () => {
    const { ends } = await lived({ allOrNothing: true }, () => true)
    assert.deepEqual(
      ends.map((end) => end.split(' ')[1]),
      Array(8).fill('Late')
    )
  })

  it('has them come again together, and end together, where it declares nothing', async () => {
    const { requests, ends } = await lived({})
    assert.deepEqual([...new Set(requests)], ['abcdefgh'])
    assert.deepEqual([...new Set(ends.map((end) => end.split(' ')[1]))], ['Late'])
  })
})
