/** Brings the dialogue to life: calls the processor, writes to the daemon. */
import * as E from 'fp-ts/Either'
import * as ActionCodec from '../protocol/wire/Action'
import * as BufferPool from '../protocol/wire/BufferPool'
import * as Lines from '../protocol/wire/Lines'
import * as ReplyCodec from '../protocol/wire/Reply'
import * as Failure from '../core/Failure'
import type { Speaker } from '../edge/Channel'
import type { Capabilities } from '../run/Capabilities'
import * as Checkpointing from './Checkpointing'
import * as Logged from '../run/Logged'
import * as Dialogue from './Dialogue'
import * as Processor from './Processor'

/** The world: tests own it. */
export type World = Pick<Capabilities, 'now' | 'random' | 'write' | 'log' | 'wait' | 'exit'>

export interface Conversation extends Speaker {
  /** User code failed outside of a call. */
  readonly crashed: (thrown: unknown) => void
}

const NOWHERE = 'IllegalArgumentException'

const checkpointerOf = (
  { log }: World,
  ask: (request: Checkpointing.Request) => void
): Processor.Checkpointer => ({
  checkpoint: (...args: ReadonlyArray<unknown>) => {
    const { target, callback } = Checkpointing.understand(args)
    if (target !== undefined) return ask({ target, callback })
    const { level, message, fields } = Logged.make(
      'error',
      'a checkpoint was requested at a value that is not a sequence number',
      { found: args[0] }
    )
    log(level, message, fields)
    return callback?.(NOWHERE, null)
  }
})

class ProcessorConversation implements Conversation {
  readonly #step: ReturnType<typeof Dialogue.step>
  readonly #checkpointer: Processor.Checkpointer
  readonly #callbacks = new Map<number, Processor.CheckpointCallback>()
  #requests = 0
  #state = Dialogue.initial
  /** What has happened: the first of it is being dealt with. */
  #inputs: Array<Dialogue.Input> = []

  constructor(
    private readonly world: World,
    settings: Dialogue.Settings,
    private readonly processor: Processor.RecordProcessor
  ) {
    this.#step = Dialogue.step(settings)
    this.#checkpointer = checkpointerOf(world, (request) => this.#ask(request))
  }

  readonly line: Speaker['line'] = (line) => {
    if (Lines.isBlank(line)) return BufferPool.release(line)
    const action = ActionCodec.read(this.#state.shardId, line)
    if (E.isLeft(action)) return this.broken(action.left)
    this.#feed({
      _tag: 'Received',
      action: action.right,
      now: this.world.now(),
      random: this.world.random()
    })
    // The processor has its own copy of each record.
    if (action.right._tag === 'ProcessRecords') action.right.records.release?.()
  }

  readonly end: Speaker['end'] = (pending) =>
    pending > 0
      ? this.broken(`stdin ended in the middle of a line, after ${pending} bytes of it`)
      : this.#feed({ _tag: 'Closed' })

  readonly broken: Speaker['broken'] = (problem) => this.#feed({ _tag: 'Broken', problem })

  readonly crashed: Conversation['crashed'] = (thrown) =>
    this.#feed({ _tag: 'Crashed', failure: Failure.fromUnknown(thrown) })

  #ask({ target, callback }: Checkpointing.Request): void {
    const request = (this.#requests += 1)
    if (callback !== null) this.#callbacks.set(request, callback)
    this.#feed({ _tag: 'Asked', request, target, now: this.world.now() })
  }

  /** One input after the other: the processor may call back while it is called. */
  #feed(input: Dialogue.Input): void {
    this.#inputs.push(input)
    if (this.#inputs.length > 1) return
    for (const next of this.#inputs) {
      const [following, outputs] = this.#step(this.#state, next)
      this.#state = following
      for (const output of outputs) this.#perform(output)
    }
    this.#inputs = []
  }

  #perform(output: Dialogue.Output): void {
    const world = this.world
    switch (output._tag) {
      case 'Write':
        return world.write(ReplyCodec.encode(output.reply))
      case 'Wait':
        return world.wait(output.until, () => this.#feed({ _tag: 'Ticked', now: world.now() }))
      case 'Log':
        return world.log(output.level, output.message, { shard: this.#state.shardId, ...output.fields })
      case 'Exit':
        return world.exit(output.code)
      case 'Call': {
        const complete = (): void => this.#feed({ _tag: 'Completed', call: output.call, now: world.now() })
        return this.#guarded(() => Processor.call(this.processor, output.what, this.#checkpointer, complete))
      }
      case 'Answer': {
        const callback = this.#callbacks.get(output.request)
        this.#callbacks.delete(output.request)
        return this.#guarded(() => callback?.(output.error, output.sequenceNumber))
      }
    }
  }

  #guarded(run: () => void): void {
    try {
      run()
    } catch (thrown) {
      this.crashed(thrown)
    }
  }
}

export const make = (
  world: World,
  settings: Dialogue.Settings,
  processor: Processor.RecordProcessor
): Conversation => new ProcessorConversation(world, settings, processor)
