/** Decode, step, perform: brings the fold to life with the capabilities it is given. */
import * as E from 'fp-ts/Either'
import * as ActionCodec from '../codec/Action'
import * as ReplyCodec from '../codec/Reply'
import type { Effect } from '../core/Effect'
import * as Failure from '../core/Failure'
import type { Handler } from '../core/Handler'
import * as Input from '../core/Input'
import type { KinesisRecord } from '../core/KinesisRecord'
import * as Session from '../core/Session'
import type { Capabilities } from './Capabilities'

export interface Interpreter {
  /** One line from the daemon, without its newline. */
  readonly line: (line: Uint8Array) => void
  /** The daemon's stream ended, with so many bytes of an unfinished line. */
  readonly end: (pending: number) => void
  /** The conversation cannot go on: an unreadable stdin, a stdout that is gone. */
  readonly broken: (problem: string) => void
  /** User code failed outside a record. */
  readonly crashed: (thrown: unknown) => void
  /** The worker is stopping: begin no further record. */
  readonly drain: () => void
  readonly state: () => Session.State
}

/** Within a batch the event loop is let run after so many milliseconds of work. */
export const BREATH = 20

const EXCERPT = 120

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

const excerpt = (line: Uint8Array): string => {
  const text = textOf(line.subarray(0, EXCERPT * 4)).slice(0, EXCERPT)
  return JSON.stringify(text) + (line.length > EXCERPT ? ` and more, ${line.length} bytes` : '')
}

const isBlank = (line: Uint8Array): boolean => line.length === 0 || (line.length === 1 && line[0] === 0x0d)

/** A line too long for a string, some 512 MB, cannot be parsed by anything in Node. */
const decode = (shardId: string, line: Uint8Array): ReturnType<ReturnType<typeof ActionCodec.decode>> => {
  try {
    return ActionCodec.decode(shardId)(textOf(line))
  } catch (problem) {
    return E.left(E.toError(problem).message)
  }
}

export const make = (world: Capabilities, env: Session.Env, handler: Handler): Interpreter => {
  const step = Session.step(env)
  let state = Session.initial
  let out = ''
  let pausing = false

  const feed = (input: Input.Input): void => {
    let todo: Input.Input | null = input
    while (todo !== null) {
      const [following, effects] = step(state, todo)
      state = following
      todo = null
      for (const effect of effects) todo = perform(effect) ?? todo
    }
    flush()
  }

  /** A checkpoint and its status leave in one write. */
  const flush = (): void => {
    if (out === '') return
    const text = out
    out = ''
    world.write(text)
  }

  /** Gives the input that reports the effect's outcome, when it has one. */
  const perform = (effect: Effect): Input.Input | null => {
    switch (effect._tag) {
      case 'Write':
        out += ReplyCodec.encode(effect.reply)
        return null
      case 'Bury': {
        const stored = world.bury(effect.letter)
        return Input.buried(effect.index, E.isLeft(stored) ? stored.left : null, world.now())
      }
      case 'Wait':
        world.wait(effect.until, tick)
        return null
      case 'Log':
        world.log(effect.level, effect.message, { shard: state.shardId, ...effect.fields })
        return null
      case 'Exit':
        flush()
        world.exit(effect.code)
        return null
    }
  }

  const tick = (): void => {
    feed(Input.ticked(world.now()))
    run()
  }

  const outcome = (index: number, record: KinesisRecord): Input.Input => {
    try {
      const value: unknown = handler(record)
      if (value instanceof Promise) value.catch(() => undefined) // a failure already; not an unhandled one too
      return Input.handled(index, value, world.now())
    } catch (thrown) {
      return Input.threw(index, Failure.fromUnknown(thrown), world.now())
    }
  }

  /** Runs the open batch as far as it goes, with a breath whenever it has taken long. */
  const run = (): void => {
    if (pausing) return
    const began = world.now()
    for (let index = Session.next(state); index >= 0; index = Session.next(state)) {
      const record = state.batch?.records[index]
      if (record === undefined) return
      feed(outcome(index, record))
      if (world.now() - began >= BREATH && Session.next(state) >= 0) {
        pausing = true
        world.breathe(() => {
          pausing = false
          tick()
        })
        return
      }
    }
  }

  return {
    line: (line) => {
      if (isBlank(line)) return
      const action = decode(state.shardId, line)
      feed(
        E.isLeft(action)
          ? Input.broken(`a line from the daemon cannot be read (${action.left}): ${excerpt(line)}`)
          : Input.received(action.right, world.now(), world.random())
      )
      run()
    },
    end: (pending) =>
      feed(
        pending > 0
          ? Input.broken(`stdin ended in the middle of a line, after ${pending} bytes of it`)
          : Input.closed
      ),
    broken: (problem) => feed(Input.broken(problem)),
    crashed: (thrown) => feed(Input.crashed(Failure.fromUnknown(thrown), world.now())),
    drain: () => feed(Input.drained(world.now())),
    state: () => state
  }
}
