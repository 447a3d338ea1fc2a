/** The conversation of one consumer with its child: `protocol/Daemon` on a link, in the time of a clock. */
import type * as Action from '../protocol/Action'
import * as Daemon from '../protocol/Daemon'
import * as ActionCodec from '../protocol/wire/Action'
import type { Clock } from '../run/Clock'
import type { ChildHandle, Open } from './ChildHandle'

/** The end of the conversation. */
export interface Events {
  /** Writes a checkpoint. Out: the simple name of a Java exception, or null: nothing stands against the verdict. */
  readonly stores: (request: Daemon.Stores) => string | null
  readonly answered: (meaning: Action.Meaning) => void
  /** The last action is answered; the child is to leave once its stdin ends. */
  readonly closes: (meaning: Action.Meaning) => void
  readonly failed: (problem: Daemon.Problem) => void
  readonly skipped: (line: string) => void
  /** The child is gone. */
  readonly left: (code: number | null, during: Action.Name | null) => void
}

export interface Conversation {
  readonly link: ChildHandle
  readonly state: () => Daemon.State
  readonly say: (action: Action.Answerable) => void
  /** Another worker takes the lease. */
  readonly taken: () => void
  /** Nothing that the child still does matters. */
  readonly end: () => void
}

class LinkConversation implements Conversation {
  readonly link: ChildHandle
  readonly #unread: Array<string> = []
  #daemon = Daemon.initial
  #closed: { readonly code: number | null } | null = null
  #isOver = false

  constructor(
    shardId: string,
    open: Open,
    clock: Clock,
    private readonly events: Events
  ) {
    const soon = (): void => clock.soon(() => this.#pump())
    this.link = open(shardId, {
      hear: (text) => {
        this.#unread.push(text)
        soon()
      },
      closed: (code) => {
        this.#closed = { code }
        soon()
      }
    })
  }

  readonly state = (): Daemon.State => this.#daemon

  say(action: Action.Answerable): void {
    this.#feed(Daemon.say(action))
  }

  taken(): void {
    this.#feed(Daemon.taken)
  }

  end(): void {
    this.#isOver = true
  }

  #pump(): void {
    while (this.#daemon._tag === 'Awaiting' && !this.#isOver) {
      const text = this.#unread.shift()
      if (text === undefined) break
      if (this.#feed(Daemon.hear(text))._tag === 'Skips') this.events.skipped(text)
    }
    if (this.#closed === null || this.#isOver) return
    this.events.left(this.#closed.code, this.#daemon._tag === 'Awaiting' ? this.#daemon.action.name : null)
  }

  #feed(input: Daemon.Input): Daemon.Output {
    const [following, output] = Daemon.step(this.#daemon, input)
    this.#daemon = following
    this.#perform(output)
    return output
  }

  #perform(output: Daemon.Output): void {
    switch (output._tag) {
      case 'Waits':
      case 'Skips':
        return
      case 'Says':
        return this.link.send(ActionCodec.encode(output.action))
      case 'Stores':
        return void this.#feed(Daemon.settle(this.events.stores(output)))
      case 'Answered':
        return this.events.answered(output.meaning)
      case 'Closes':
        return this.events.closes(output.meaning)
      case 'Failed':
      case 'Dies':
        return this.events.failed(output.problem)
    }
  }
}

export const begin = (shardId: string, open: Open, clock: Clock, events: Events): Conversation =>
  new LinkConversation(shardId, open, clock, events)
