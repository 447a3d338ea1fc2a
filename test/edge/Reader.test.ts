import * as assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { after, describe, it, mock } from 'node:test'
import type { IdleDetector } from '../../src/edge/IdleDetector'
import * as Reader from '../../src/edge/Reader'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kclts-reader-'))
after(() => fs.rmSync(folder, { recursive: true }))

/** Says in turn what it is told to, and at last for ever. */
const idle = (...says: ReadonlyArray<ReturnType<IdleDetector['now']>>): IdleDetector => {
  const left = [...says]
  return {
    now: () => (left.length > 1 ? left.shift() : left[0]) ?? 'yes',
    loaded: () => undefined,
    apart: (begin) => begin(),
    end: () => undefined
  }
}

interface Heard {
  readonly events: Array<string>
  readonly over: Promise<void>
}

const listen = (reader: Reader.Reader, awaits: () => Reader.Awaited = () => 'bytes'): Heard => {
  const events: Array<string> = []
  const over = new Promise<void>((resolve) => {
    const last = (event: string): void => {
      if (!events.includes(event)) events.push(event)
      resolve()
    }
    reader.listen({
      awaits,
      chunk: (bytes) => events.push(`${bytes.length} of ${String.fromCharCode(bytes[0] ?? 0)}`),
      end: () => last('end'),
      broken: (problem) => last(problem.message)
    })
  })
  return { events, over }
}

const fileOf = (text: string): number => {
  const file = path.join(folder, 'file')
  fs.writeFileSync(file, text)
  return fs.openSync(file, 'r')
}

/** Both ends of a pipe whose reading end does not wait. */
const pipe = (name: string): { readonly read: number; readonly write: number } => {
  const file = path.join(folder, name)
  execFileSync('mkfifo', [file])
  const read = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  return { read, write: fs.openSync(file, fs.constants.O_WRONLY) }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const CHUNK = 65_536

describe('a reader while nothing else waits', () => {
  it('reads all that is there in one turn of the event loop, to the end', async () => {
    const { events } = listen(Reader.whileIdle(fileOf('a'.repeat(CHUNK) + 'b'.repeat(10)), idle('yes')))
    assert.deepEqual(events, [])
    await turn()
    assert.deepEqual(events, [`${CHUNK} of a`, '10 of b', 'end'])
  })

  it('lets the event loop turn when something passes, and goes on', async () => {
    const reader = Reader.whileIdle(fileOf('a'.repeat(CHUNK) + 'b'), idle('yes', 'turn', 'yes'))
    const { events } = listen(reader)
    await turn()
    assert.deepEqual(events, [`${CHUNK} of a`])
    await turn()
    assert.deepEqual(events, [`${CHUNK} of a`, '1 of b', 'end'])
  })

  it('leaves the rest to the event loop when something waits for it, and loses nothing', async () => {
    const { read, write } = pipe('waits')
    const { events, over } = listen(Reader.whileIdle(read, idle('yes', 'no')))
    fs.writeSync(write, 'a')
    await turn()
    assert.deepEqual(events, ['1 of a'])
    fs.writeSync(write, 'bb')
    fs.closeSync(write)
    await over
    assert.deepEqual(events, ['1 of a', '2 of b', 'end'])
  })

  it('leaves the rest to the event loop when a record is at work', async () => {
    const { read, write } = pipe('works')
    const { events, over } = listen(Reader.whileIdle(read, idle('yes')), () => 'else')
    fs.writeSync(write, 'a')
    fs.closeSync(write)
    await over
    assert.deepEqual(events, ['1 of a', 'end'])
  })

  it('leaves it to the event loop where the pipe does not wait', async () => {
    const { read, write } = pipe('empty')
    const { events, over } = listen(Reader.whileIdle(read, idle('yes')))
    await turn()
    assert.deepEqual(events, [])
    fs.writeSync(write, 'a')
    fs.closeSync(write)
    await over
    assert.deepEqual(events, ['1 of a', 'end'])
  })

  it('takes what there is while a batch breathes, and waits for nothing', async () => {
    const { read, write } = pipe('breathes')
    let awaits: Reader.Awaited = 'turn'
    const { events, over } = listen(Reader.whileIdle(read, idle('yes')), () => awaits)
    await turn()
    fs.writeSync(write, 'a')
    await turn()
    await turn()
    assert.deepEqual(events, ['1 of a'])
    fs.writeSync(write, 'bb')
    awaits = 'bytes'
    await turn()
    fs.closeSync(write)
    await over
    assert.deepEqual(events, ['1 of a', '2 of b', 'end'])
  })

  it('reads on when a listener throws: a session that halts waits for an answer', () => {
    const scheduled: Array<() => void> = []
    const immediate = mock.method(globalThis, 'setImmediate', ((then: (x: unknown) => void, x: unknown) => {
      scheduled.push(() => then(x))
    }) as unknown as typeof setImmediate)
    try {
      const events: Array<string> = []
      Reader.whileIdle(fileOf('a'.repeat(CHUNK) + 'b'), idle('yes')).listen({
        awaits: () => 'bytes',
        chunk: (bytes) => {
          events.push(`${bytes.length}`)
          if (events.length === 1) throw new Error('of user code')
        },
        end: () => events.push('end'),
        broken: ({ message }) => events.push(message)
      })
      assert.throws(() => scheduled.shift()?.(), /of user code/)
      scheduled.shift()?.()
      assert.deepEqual(events, [`${CHUNK}`, '1', 'end'])
    } finally {
      immediate.mock.restore()
    }
  })

  it('reads no more once it is closed', async () => {
    const reader = Reader.whileIdle(fileOf('a'), idle('yes'))
    const { events } = listen(reader)
    reader.close()
    await turn()
    assert.deepEqual(events, [])
  })

  it('reports what cannot be read', async () => {
    const { events, over } = listen(Reader.whileIdle(fs.openSync(folder, 'r'), idle('yes')))
    await over
    assert.deepEqual(events, ['EISDIR: illegal operation on a directory, read'])
  })
})

describe('a reader of the event loop', () => {
  it('reads no further while it is paused', async () => {
    const { read, write } = pipe('paused')
    const reader = Reader.of(read)
    const events: Array<string> = []
    await new Promise<void>((resolve) => {
      reader.listen({
        awaits: () => 'else',
        chunk: (bytes) => {
          events.push(bytes.toString())
          if (bytes.toString() !== 'a') return
          reader.pause()
          fs.writeSync(write, 'b')
          fs.closeSync(write)
          setImmediate(() => {
            events.push('paused')
            reader.resume()
          })
        },
        end: resolve,
        broken: () => resolve()
      })
      fs.writeSync(write, 'a')
    })
    assert.deepEqual(events, ['a', 'paused', 'b'])
  })

  it('puts the bytes of a line that has begun where its listener wants them', async () => {
    const { read, write } = pipe('into')
    const home = Buffer.alloc(2 * CHUNK)
    const events: Array<string> = []
    let isBegun = false
    await new Promise<void>((resolve) => {
      Reader.of(read).listen({
        awaits: () => 'bytes',
        chunk: (bytes) => {
          events.push(`chunk ${bytes.toString()}`)
          isBegun = true
          fs.writeSync(write, 'b')
        },
        into: {
          space: () => assert.fail(),
          next: () => (isBegun ? { place: home, from: 10 } : null),
          filled: (count) => {
            events.push(`filled ${home.toString('latin1', 10, 10 + count)}`)
            if (events.length === 2) {
              isBegun = false
              fs.writeSync(write, 'c')
            } else fs.closeSync(write)
          }
        },
        end: resolve,
        broken: () => assert.fail()
      })
      fs.writeSync(write, 'a')
    })
    assert.deepEqual(events, ['chunk a', 'filled b', 'chunk c', 'filled b'])
  })
})
